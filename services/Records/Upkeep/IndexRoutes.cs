using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Schema;

namespace Xingchen.Records.Upkeep;

/// <summary>An index of a field, as the API tells of it.</summary>
/// <param name="Kind"><c>index</c>, <c>unique</c> or <c>search</c>.</param>
/// <param name="Status"><c>building</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Done">Records that are in; 0 where the index came with the field.</param>
/// <param name="Total">Records there were when it was begun.</param>
/// <param name="Duplicates">The first values that several records have.</param>
internal sealed record IndexView(
    string Field, string Kind, string Status, long Done, long Total, string? Detail = null,
    JsonElement? Duplicates = null);

/// <summary><c>GET /v1/objects/{object}/indexes</c>: what finds records of an object, and how far it is.</summary>
internal static class IndexRoutes
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void MapIndexes(this IEndpointRouteBuilder app) =>
        app.MapGet("/v1/objects/{name}/indexes", GetAsync).RequireScope(Scopes.Data, Scopes.Admin);

    private static async Task<IResult> GetAsync(
        string name, Caller caller, SchemaCache schemas, FillStore store, CancellationToken ct)
    {
        var indexes = await schemas.RunAsync(caller, async current =>
        {
            var item = RecordAddress.Object(current.Schema, name);
            var fills = await store.ReadAsync(caller.Key, current.Versions, ct);
            // How many records there are, and which values, is told to who sees all of them.
            var all = current.Schema.SeesAll(item);
            return item.Fields.SelectMany(field => Of(item, field, fills))
                .Select(index => all ? index : index with { Done = 0, Total = 0, Detail = null, Duplicates = null })
                .ToList();
        }, ct);
        return Results.Json(new { indexes }, Json);
    }

    private static IEnumerable<IndexView> Of(
        SchemaObject item, SchemaField field, Dictionary<(int, string, string), FillState> fills)
    {
        IndexView View(FieldIndexes index)
        {
            var kind = FillKind.Of(index);
            var round = field.Place.Rounds.Of(index);
            var fill = round == 0 ? null : fills.GetValueOrDefault((item.Prefix.Value, field.Place.BodyKey, kind));
            if (fill?.Round != round) fill = null;
            if (round == 0) return new IndexView(field.Name, kind, "ready", 0, 0);
            if (fill is null) return new IndexView(field.Name, kind, "building", 0, 0, "It has not begun yet.");
            return new IndexView(field.Name, kind, fill.State, fill.Done, fill.Total,
                fill.Failures == 0 ? null
                    : $"{fill.Failures} records have a value that another one has. Change or delete one of each; it is "
                        + "tried again by itself.",
                fill.Failures == 0 ? null : JsonSerializer.Deserialize<JsonElement>(fill.Examples));
        }
        if (field.Indexed)
            yield return field.Place.Slot is null
                ? new IndexView(field.Name, "index", "failed", 0, 0,
                    $"{item.Name} has no column left for an index on such a field; queries read its records instead.")
                : View(FieldIndexes.Slot);
        if (field.Unique) yield return View(FieldIndexes.Unique);
        if (field.Searchable) yield return View(FieldIndexes.Search);
    }
}
