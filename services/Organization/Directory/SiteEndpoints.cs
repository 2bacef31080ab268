using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary><c>/v1/idcs</c>, <c>/v1/groups</c> and <c>/v1/topology</c>: the platform's.</summary>
public static class SiteEndpoints
{
    public static void MapSites(this WebApplication app)
    {
        var platform = app.MapGroup("/v1").RequireScope(Scopes.Platform);
        platform.MapGet("/idcs", async (SiteStore store, CancellationToken ct) =>
            new { idcs = await store.ListIdcsAsync(ct) });
        platform.MapGet("/groups", async (SiteStore store, CancellationToken ct) =>
            new { groups = await store.ListGroupsAsync(ct) });
        platform.MapPost("/idcs", AddIdcAsync);
        platform.MapPost("/groups", AddGroupAsync);
        platform.MapGet("/topology", TopologyAsync);
    }

    private static async Task<IResult> AddIdcAsync(HttpContext http, SiteStore store, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var code = body.Text("code", Reach.Code);
        var name = body.Text("name", required: false);
        body.Done();
        return Results.Json(await store.AddIdcAsync(code, name.Length == 0 ? code : name, ct), statusCode: 201);
    }

    private static async Task<IResult> AddGroupAsync(
        HttpContext http, SiteStore store, VersionStore directory, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var code = body.Text("code", Reach.Code);
        var name = body.Text("name", required: false);
        var idc = body.Text("idc", Reach.Code);
        body.Done();
        var (view, version) = await store.AddGroupAsync(code, name.Length == 0 ? code : name, idc, ct);
        directory.Announce(version);
        return Results.Json(view, statusCode: 201);
    }

    private static async Task<object> TopologyAsync(
        SiteStore store, ServiceClient services, IOptions<OrganizationOptions> options, CancellationToken ct)
    {
        var groups = await store.ListGroupsAsync(ct);
        var idcs = await store.ListIdcsAsync(ct);
        IEnumerable<(string AppId, string? Idc, string? Group)> apps =
        [
            (AppIds.Gateway, null, null), (AppIds.Organization, null, null), (AppIds.Delivery, null, null),
            .. idcs.Select(idc => (AppIds.Metadata(idc.Code), (string?)idc.Code, (string?)null)),
            .. groups.Select(group => (AppIds.Records(group.Code), (string?)group.Idc, (string?)group.Code)),
            .. groups.Select(group => (AppIds.Extensions(group.Code), (string?)group.Idc, (string?)group.Code)),
        ];
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(TimeSpan.FromSeconds(options.Value.TopologySeconds));
        var asked = apps.Select(async app => new
        {
            app.AppId, app.Idc, app.Group, Instances = await InstancesAsync(services, app.AppId, late.Token, ct),
        });
        return new { idcs, groups, services = await Task.WhenAll(asked) };
    }

    /// <summary>The instance that answers the sidecar's call, or none.</summary>
    private static async Task<IReadOnlyList<InstanceView>> InstancesAsync(
        ServiceClient services, string appId, CancellationToken late, CancellationToken ct)
    {
        try
        {
            return [await services.GetAsync<InstanceView>(appId, "/health",
                ServiceClient.Internal(AppIds.Organization), late)];
        }
        catch (Exception exception) when (exception is ProblemException or System.Text.Json.JsonException
            || (exception is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return [];
        }
    }

    private sealed record InstanceView(string Version, string Status);
}
