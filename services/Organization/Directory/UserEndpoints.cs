using System.Text.RegularExpressions;
using Xingchen.Hosting;

namespace Xingchen.Organization.Directory;

/// <summary><c>/v1/users</c>: the people of the caller's own org.</summary>
public static partial class UserEndpoints
{
    private const string Purpose = "GET /v1/users";

    [GeneratedRegex("^[^@\\s\\p{C}]{1,64}@[^@\\s\\p{C}]{1,189}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Email { get; }

    public static void MapUsers(this WebApplication app)
    {
        var users = app.MapGroup("/v1/users").RequireScope(Scopes.Admin);
        users.MapPost("", AddAsync);
        users.MapGet("", ListAsync);
        users.MapGet("/{id}", async (string id, Caller caller, UserStore store, CancellationToken ct) =>
            await store.ListAsync(caller.Context.Org, "", 1, id, ct) is [var user, ..] ? user : throw Reach.Nothing());
        users.MapPatch("/{id}", ChangeAsync);
        users.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> AddAsync(
        HttpContext http, Caller caller, UserStore store, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("name");
        var email = body.Text("email", Email);
        var grants = GrantBody.Read(body, setsRequired: true);
        body.Done();
        var view = await store.AddAsync(caller.Context.Org, name, email, grants, ct);
        return Results.Created($"/v1/users/{view.Id}", view);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, Caller caller, UserStore store, CancellationToken ct)
    {
        var paging = Paging.Read(http, caller, Purpose);
        var (page, next) = paging.Cut(
            await store.ListAsync(caller.Context.Org, paging.After ?? "", paging.Limit, null, ct),
            user => user.Id, http, caller, Purpose);
        return new Page("users", page, next);
    }

    private static async Task<UserView> ChangeAsync(
        string id, HttpContext http, Caller caller, UserStore store, VersionStore directory, CancellationToken ct)
    {
        var body = await JsonBody.ReadAsync(http, ct);
        var name = body.Text("name", required: false);
        var email = body.Text("email", Email, required: false);
        var grants = GrantBody.Read(body, setsRequired: true);
        body.Done();
        var (view, version) = await store.ChangeAsync(caller.Context.Org, id,
            name.Length == 0 ? null : name, email.Length == 0 ? null : email, grants, ct);
        directory.Announce(version);
        return view;
    }

    private static async Task<IResult> DeleteAsync(
        string id, Caller caller, UserStore store, VersionStore directory, CancellationToken ct)
    {
        directory.Announce(await store.DeleteAsync(caller.Context.Org, id, ct));
        return Results.NoContent();
    }
}
