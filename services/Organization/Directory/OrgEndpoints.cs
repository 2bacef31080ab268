using System.Globalization;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary><c>/v1/orgs</c>, and what gateways poll and cells ask for.</summary>
public static class OrgEndpoints
{
    private static readonly string[] Statuses = ["active", "suspended"];

    public static void MapOrgs(this WebApplication app)
    {
        var orgs = app.MapGroup("/v1/orgs");
        orgs.MapPost("", CreateAsync).RequireScope(Scopes.Platform);
        orgs.MapGet("", ListAsync).RequireScope(Scopes.Platform);
        orgs.MapGet("/{code}", (string code, Caller caller, OrgStore store, CancellationToken ct) =>
            store.GetAsync(Reach.Of(caller), code, ct)).RequireScope(Scopes.Platform, Scopes.Admin);
        orgs.MapPatch("/{code}", ChangeAsync).RequireScope(Scopes.Platform);
        orgs.MapDelete("/{code}", EraseAsync).RequireScope(Scopes.Platform);
        app.MapGet("/internal/revocations", (VersionStore directory, long? known, CancellationToken ct) =>
            directory.ReadAsync(known ?? 0, ct))
            .RequireScope(Scopes.Internal);
        app.MapGet("/internal/accounts", (
            string group, long org, int account, int limit, OrgStore store, CancellationToken ct) =>
            store.AccountsAsync(group, org, account, Math.Clamp(limit, 1, 1000), ct)).RequireScope(Scopes.Internal);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext http, OrgStore store, VersionStore directory, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var code = body.Text("code", Names.OrgCode);
        var name = body.Text("name");
        var group = body.Text("group", Reach.Code, required: false);
        var zone = body.TimeZone("timeZone");
        var publisher = body.Object("publisher");
        var space = publisher?.Text("namespace", Names.Namespace);
        publisher?.Done();
        body.Done();
        var (created, version) = await store.CreateAsync(
            new NewOrg(code, name, group.Length == 0 ? null : group, space, zone ?? TimeZones.Default), ct);
        directory.Announce(version);
        http.Response.Headers.CacheControl = "no-store"; // it carries a secret
        return Results.Created($"/v1/orgs/{code}", created);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, OrgStore store, CancellationToken ct)
    {
        const string Purpose = "GET /v1/orgs";
        var paging = Paging.Read(http, caller, Purpose);
        var after = paging.After is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
        var (page, next) = paging.Cut(
            await store.ListAsync(after, paging.Limit, ct), row => row.Id.ToString(CultureInfo.InvariantCulture), http,
                caller, Purpose);
        return new Page("orgs", page.Select(row => row.View), next);
    }

    private static async Task<OrgView> ChangeAsync(
        string code, HttpContext http, OrgStore store, VersionStore directory, ServiceClient services,
        CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var standard = body.Text("standard", required: false);
        var name = body.Text("name", required: false);
        var status = body.OneOf("status", Statuses, required: false);
        var limits = body.Object("limits");
        var rate = limits?.Number("requestsPerSecond", 1, 1_000_000);
        limits?.Done();
        body.Done();
        var change = new OrgChange(
            name.Length == 0 ? null : name, status.Length == 0 ? null : status, body.Has("limits"), rate,
            body.Has("standard"), standard.Length == 0 ? null : standard);
        var (view, version) = await store.ChangeAsync(code, change,
            org => PinAsync(services, org, change.Standard, ct), ct);
        directory.Announce(version);
        return view;
    }

    /// <summary>Has the org's cell put the release in force for it.</summary>
    private static Task PinAsync(ServiceClient services, OrgPlace org, string? version, CancellationToken ct) =>
        services.SendAsync<PinState>(HttpMethod.Put, AppIds.Metadata(org.Idc),
            $"/internal/groups/{org.Group}/pins/{org.Org}", new PinStandard(version),
            ServiceClient.Internal(AppIds.Organization), ct);

    private static async Task<ErasureView> EraseAsync(string code, OrgStore store, VersionStore directory,
        CancellationToken ct)
    {
        var (receipt, version) = await store.EraseAsync(code, ct);
        directory.Announce(version);
        return receipt;
    }
}

/// <summary>A page of a list: <c>{"&lt;name&gt;":[…],"next":cursor|null}</c>.</summary>
/// <remarks><c>next</c> is there also when it is null, unlike other absent members.</remarks>
internal sealed class Page(string name, IEnumerable<object> rows, string? next) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) =>
        Results.Ok(new Dictionary<string, object?> { [name] = rows, ["next"] = next }).ExecuteAsync(httpContext);
}
