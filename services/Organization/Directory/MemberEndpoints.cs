using System.Globalization;
using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary><c>/v1/orgs/{code}/accounts</c> and <c>/v1/orgs/{code}/clients</c>.</summary>
public static class MemberEndpoints
{
    private static readonly string[] ForAdmins = [Scopes.Admin, Scopes.Data, Scopes.Publisher];
    private static readonly string[] ForOperators = [.. ForAdmins, Scopes.Platform];

    public static void MapMembers(this WebApplication app)
    {
        var org = app.MapGroup("/v1/orgs/{code}").RequireScope(Scopes.Platform, Scopes.Admin);
        org.MapPost("/accounts", AddAccountAsync);
        org.MapGet("/accounts", ListAccountsAsync);
        org.MapPatch("/accounts/{account}", ChangeAccountAsync);
        org.MapPost("/clients", AddClientAsync);
        org.MapGet("/clients", ListClientsAsync);
        org.MapGet("/clients/{id}",
            async (string code, string id, Caller caller, MemberStore store, CancellationToken ct) =>
            await store.ListClientsAsync(Reach.Of(caller), code, "", 1, id, ct) is [var client, ..] ? client
                : throw Reach.Nothing());
        org.MapPatch("/clients/{id}", ChangeClientAsync);
        org.MapDelete("/clients/{id}", RevokeAsync);
    }

    private static async Task<IResult> AddAccountAsync(
        string code, HttpContext http, Caller caller, MemberStore store, VersionStore directory, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var account = body.Text("code", Reach.Code);
        var name = body.Text("name", required: false);
        var zone = body.TimeZone("timeZone") ?? TimeZones.Default;
        body.Done();
        var view = new AccountView(account, name.Length == 0 ? account : name, zone);
        directory.Announce(await store.AddAccountAsync(Reach.Of(caller), code, view, ct));
        return Results.Json(view, statusCode: 201);
    }

    private static async Task<AccountView> ChangeAccountAsync(
        string code, string account, HttpContext http, Caller caller, MemberStore store, VersionStore directory,
        CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("name", required: false);
        var zone = body.TimeZone("timeZone");
        body.Done();
        var (view, version) =
            await store.ChangeAccountAsync(Reach.Of(caller), code, account, name.Length == 0 ? null : name, zone, ct);
        directory.Announce(version);
        return view;
    }

    private static async Task<IResult> ListAccountsAsync(
        string code, HttpContext http, Caller caller, MemberStore store, CancellationToken ct)
    {
        var purpose = $"GET /v1/orgs/{code}/accounts";
        var paging = Paging.Read(http, caller, purpose);
        var after = paging.After is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var (page, next) = paging.Cut(
            await store.ListAccountsAsync(Reach.Of(caller), code, after, paging.Limit, ct),
            row => row.Id.ToString(CultureInfo.InvariantCulture), http, caller, purpose);
        return new Page("accounts", page.Select(row => row.View), next);
    }

    private static async Task<IResult> AddClientAsync(
        string code, HttpContext http, Caller caller, MemberStore store, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("name");
        var scopes = body.SomeOf("scopes", caller.Context.Has(Scopes.Platform) ? ForOperators : ForAdmins);
        var account = body.Text("account", Reach.Code, required: false);
        var actsForUsers = body.Flag("actsForUsers", otherwise: false);
        var grants = GrantBody.Read(body);
        body.Done();
        var view = await store.AddClientAsync(Reach.Of(caller), code, name, scopes,
            account.Length == 0 ? null : account, actsForUsers, grants, ct);
        http.Response.Headers.CacheControl = "no-store"; // it carries a secret
        return Results.Created($"/v1/orgs/{code}/clients/{view.ClientId}", view);
    }

    private static async Task<ClientView> ChangeClientAsync(
        string code, string id, HttpContext http, Caller caller, MemberStore store, VersionStore directory,
        CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("name", required: false);
        bool? actsForUsers = body.Has("actsForUsers") ? body.Flag("actsForUsers", otherwise: false) : null;
        var grants = GrantBody.Read(body);
        body.Done();
        var (view, version) = await store.ChangeClientAsync(
            Reach.Of(caller), code, id, name.Length == 0 ? null : name, actsForUsers, grants, ct);
        directory.Announce(version);
        return view;
    }

    private static async Task<IResult> ListClientsAsync(
        string code, HttpContext http, Caller caller, MemberStore store, CancellationToken ct)
    {
        var purpose = $"GET /v1/orgs/{code}/clients";
        var paging = Paging.Read(http, caller, purpose);
        var (page, next) = paging.Cut(
            await store.ListClientsAsync(Reach.Of(caller), code, paging.After ?? "", paging.Limit, null, ct),
            client => client.ClientId, http, caller, purpose);
        return new Page("clients", page, next);
    }

    private static async Task<IResult> RevokeAsync(
        string code, string id, Caller caller, MemberStore store, VersionStore directory, CancellationToken ct)
    {
        directory.Announce(await store.RevokeAsync(Reach.Of(caller), code, id, ct));
        return Results.NoContent();
    }
}
