using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Xingchen.Hosting;
using Xingchen.Metadata.Publication;
using Xingchen.Metadata.Stacks;

namespace Xingchen.Metadata.Routes;

/// <summary>Effective definitions, and the account's own layer.</summary>
internal static class DefinitionRoutes
{
    /// <summary>Bytes of a definition's body.</summary>
    private const long MostBytes = 1024 * 1024;

    private const string Definition = "/v1/metadata/{kind}/{name}";
    private const string Field = "/v1/metadata/objects/{name}/fields/{field}";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static void MapDefinitions(this IEndpointRouteBuilder app)
    {
        app.MapGet(Definition, (string kind, string name, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => GetAsync(new What(kind, name), caller, http, cell, ct))
                .RequireScope(Scopes.Data, Scopes.Admin);
        app.MapGet(Field, (string name, string field, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => GetAsync(new What("objects", name, field), caller, http, cell, ct))
            .RequireScope(Scopes.Data, Scopes.Admin);
        app.MapPut(Definition,
            (string kind, string name, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => PutAsync(new What(kind, name), caller, http, cell, ct))
                .RequireScope(Scopes.Admin);
        app.MapPut(Field, (string name, string field, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => PutAsync(new What("objects", name, field), caller, http, cell, ct))
            .RequireScope(Scopes.Admin);
        app.MapDelete(
            Definition, (string kind, string name, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => DeleteAsync(new What(kind, name), caller, http, cell, ct))
                .RequireScope(Scopes.Admin);
        app.MapDelete(
            Field, (string name, string field, Caller caller, HttpContext http, Cell cell,
            CancellationToken ct) => DeleteAsync(new What("objects", name, field), caller, http, cell, ct))
            .RequireScope(Scopes.Admin);
    }

    private static async Task<IResult> GetAsync(
        What what, Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        // A definition shows all of itself: to whom is restricted GET /v1/objects shows what he sees.
        if (caller.Context.Grants is not null && !caller.Context.Has(Scopes.Admin))
            throw new ProblemException(Problems.PermissionMissing,
                "Definitions are shown to administrators, and to callers without permission sets.");
        var kind = TargetKind.Of(what.Kind);
        var explain = Flag(http, "explain");
        var resolution = (await cell.Snapshots.CurrentAsync(caller.Key, ct)).Resolution;
        var definition = Definitions.Find(resolution, kind, what.Name, what.Field, explain && what.Field is null)
            ?? throw new ProblemException(Problems.NotFound, "There is no such definition.");
        if (explain) return Results.Json(definition);
        var tag = Definitions.Tag(definition);
        http.Response.Headers.ETag = tag;
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(match => match.Tag == tag || match.Tag == "*")
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Json(definition);
    }

    private static async Task<IResult> PutAsync(
        What what, Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        var change = Change(what, http, await ReadAsync(http, ct));
        var outcome = await cell.Private.ApplyAsync(caller.Key, change, ct);
        var definition = Definitions.Find(outcome.After.Resolution, change)!.Value;
        http.Response.Headers.ETag = Definitions.Tag(definition);
        var status = outcome.Created && !change.DryRun ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        if (status == StatusCodes.Status201Created) http.Response.Headers.Location = PathSegments.RawPath(http);
        return Results.Json(With(outcome.Warnings, definition), statusCode: status);
    }

    /// <summary>The definition, with <c>warnings</c> beside what it has where there are any.</summary>
    private static object With(IReadOnlyList<Finding> warnings, JsonElement definition)
    {
        if (warnings.Count == 0) return definition;
        var whole = JsonObject.Create(definition)!;
        whole["warnings"] = JsonSerializer.SerializeToNode(
            warnings.Select(warning => new { warning.Code, warning.Detail }), JsonSerializerOptions.Web);
        return whole;
    }

    private static async Task<IResult> DeleteAsync(
        What what, Caller caller, HttpContext http, Cell cell, CancellationToken ct)
    {
        await cell.Private.ApplyAsync(caller.Key, Change(what, http, null), ct);
        return Results.NoContent();
    }

    private static PrivateChange Change(What what, HttpContext http, JsonObject? body) => new(
        TargetKind.Of(what.Kind), what.Name, what.Field, body, Precondition.Of(http.Request), Flag(http, "dryRun"));

    private static bool Flag(HttpContext http, string name) => http.Request.Query[name].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw new ProblemException(Problems.RequestInvalid, $"Say {name}=true or {name}=false."),
    };

    private static async Task<JsonObject> ReadAsync(HttpContext http, CancellationToken ct)
    {
        if (!http.Request.HasJsonContentType())
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send application/json.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostBytes;
        using var document = await JsonDocument.ParseAsync(http.Request.Body, Strict, ct);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? JsonObject.Create(document.RootElement.Clone())!
            : throw new ProblemException(Problems.DefinitionInvalid, "Nothing was changed. Mend what errors lists.",
                [new Finding("json-invalid", "A definition is a JSON object.", "")]);
    }

    private sealed record What(string Kind, string Name, string? Field = null);
}
