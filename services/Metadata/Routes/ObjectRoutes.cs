using Xingchen.Hosting;
using Xingchen.Metadata.Stacks;

namespace Xingchen.Metadata.Routes;

/// <summary>Describe: what an account's requests are compiled against.</summary>
internal static class ObjectRoutes
{
    public static void MapObjects(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/objects", ListAsync).RequireScope(Scopes.Data, Scopes.Admin);
        app.MapGet("/v1/objects/{name}", DescribeAsync).RequireScope(Scopes.Data, Scopes.Admin);
        app.MapGet("/v1/pages/{name}/{type:regex(^(list|form)$)}", PageAsync).RequireScope(Scopes.Data, Scopes.Admin);
    }

    private static async Task<IResult> ListAsync(
        Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        var schema = (await ReadAsync(caller, http, cell, ct)).Schema;
        return Results.Json(new { objects = Describe.Objects(schema, http.Language(schema.Languages)) });
    }

    private static async Task<IResult> DescribeAsync(
        string name, Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        var schema = (await ReadAsync(caller, http, cell, ct)).Schema;
        return Results.Json(Describe.Object(schema, Known(schema, name), http.Language(schema.Languages)));
    }

    private static async Task<IResult> PageAsync(
        string name, string type, Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        var snapshot = await ReadAsync(caller, http, cell, ct);
        var pages = new Pages(snapshot, http.Language(snapshot.Schema.Languages));
        return Results.Json(pages.Of(Known(snapshot.Schema, name), type));
    }

    private static Schema.SchemaObject Known(Schema.Schema schema, string name) =>
        schema.Find(name) ?? throw (schema.Whole.Find(name) is null
            ? new ProblemException(Problems.NotFound, "There is no such object.")
            : new ProblemException(
                Problems.PermissionMissing, $"Your permission sets do not let you see records of {name}."));

    private static async Task<Snapshot> ReadAsync(
        Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        http.Response.Headers.Vary = "Accept-Language";
        using var stage = http.Timing("schema");
        var current = await cell.Snapshots.CurrentAsync(caller.Key, ct);
        http.Response.Headers.ContentLanguage = http.Language(current.Schema.Languages);
        return current with { Schema = current.Schema.For(caller.Context.Grants, caller.Context.Actor) };
    }
}
