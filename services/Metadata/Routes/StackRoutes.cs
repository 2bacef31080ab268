using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Metadata.Stacks;

namespace Xingchen.Metadata.Routes;

/// <summary>The standard release of the cell, for the operator; accounts' stacks, for Delivery.</summary>
internal static class StackRoutes
{
    public static void MapStacks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/groups/{group}/release", ReleaseAsync).RequireScope(Scopes.Platform);
        app.MapGet("/v1/groups/{group}/release", (Cell cell, CancellationToken ct) => cell.Standard.ReadAsync(ct))
            .RequireScope(Scopes.Platform);
        app.MapPut("/internal/groups/{group}/pins/{org:long:min(1)}", (
            long org, PinStandard wanted, Cell cell, CancellationToken ct) =>
            cell.Standard.PinAsync(new OrgId(org), wanted.Version, ct)).RequireScope(Scopes.Internal);
        app.MapPut("/internal/stacks/packages", (SetPackages wanted, Cell cell, CancellationToken ct) =>
            cell.Packages.ApplyAsync(wanted, ct)).RequireScope(Scopes.Internal);
        app.MapGet("/internal/stacks/{org:long:min(1)}/{account:int:min(1)}", (
            long org, int account, Cell cell, CancellationToken ct) =>
            cell.Packages.ReadAsync(new AccountKey(new OrgId(org), new AccountId(account)), ct))
                .RequireScope(Scopes.Internal);
    }

    private static async Task<ReleaseState> ReleaseAsync(HttpContext http, Cell cell, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var (package, version) = (body.Text("package", Names.Package), body.Text("version", 100));
        body.Done();
        return await cell.Standard.ReleaseAsync(package, version, ct);
    }
}
