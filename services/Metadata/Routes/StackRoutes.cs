using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Metadata.Publication;

namespace Xingchen.Metadata.Routes;

/// <summary>The standard release of the cell, for the operator; accounts' stacks, for Delivery.</summary>
internal static class StackRoutes
{
    public static void MapStacks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/groups/{group}/release", ReleaseAsync).RequireScope(Scopes.Platform);
        app.MapGet("/v1/groups/{group}/release", ReadReleaseAsync).RequireScope(Scopes.Platform);
        app.MapPut("/internal/groups/{group}/pins/{org:long:min(1)}", (
            string group, long org, PinStandard wanted, StandardPublication publication,
            IOptions<ServiceOptions> service, CancellationToken ct) =>
        {
            CheckGroup(group, service.Value);
            return publication.PinAsync(new OrgId(org), wanted.Version, ct);
        }).RequireScope(Scopes.Internal);
        app.MapPut("/internal/stacks/packages",
            (SetPackages wanted, PackagePublication publication, CancellationToken ct) =>
            publication.ApplyAsync(wanted, ct)).RequireScope(Scopes.Internal);
        app.MapGet("/internal/stacks/{org:long:min(1)}/{account:int:min(1)}", (
            long org, int account, PackagePublication publication, CancellationToken ct) =>
            publication.ReadAsync(new AccountKey(new OrgId(org), new AccountId(account)), ct))
                .RequireScope(Scopes.Internal);
    }

    private static async Task<ReleaseState> ReleaseAsync(
        string group, HttpContext http, StandardPublication publication, IOptions<ServiceOptions> service,
            CancellationToken ct)
    {
        CheckGroup(group, service.Value);
        var body = await JsonBody.ReadAsync(http, ct);
        var (package, version) = (body.Text("package", Names.Package), body.Text("version", 100));
        body.Done();
        return await publication.ReleaseAsync(package, version, ct);
    }

    private static Task<ReleaseState> ReadReleaseAsync(
        string group, StandardPublication publication, IOptions<ServiceOptions> service, CancellationToken ct)
    {
        CheckGroup(group, service.Value);
        return publication.ReadAsync(ct);
    }

    private static void CheckGroup(string group, ServiceOptions service)
    {
        if (group != service.Group) throw new ProblemException(Problems.NotFound, "There is no such group here.");
    }
}
