using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Changes;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;
using Xingchen.Records.Upkeep;

namespace Xingchen.Records.Request;

/// <summary>A record as it was (<c>?asOf=</c>) and its versions (<c>/history</c>).</summary>
public static class HistoryRoutes
{
    private const string Purpose = "history";

    public static IServiceCollection AddHistory(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetentionOptions>()
            .Bind(configuration.GetSection(RetentionOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<HistoryReader>().AddSingleton<IUpkeepTask, RecordRetention>();
    }

    public static void MapHistory(this IEndpointRouteBuilder routes)
    {
        var records = routes.MapGroup("/v1").RequireScope(Scopes.Data);
        foreach (var one in new[] { "/objects/{name}/records/{id}", "/records/{id}" })
            records.MapGet(one + "/history", Versions);
    }

    /// <summary>Answers with a record as it was, by the schema of then.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>: not there then; <c>history-gone</c>,
    /// <c>request-invalid</c>.</exception>
    internal static async Task GetAsOfAsync(
        HttpContext http, string id, Caller caller, SchemaCache schemas, HistoryReader history, TimeProvider time,
        CancellationToken ct)
    {
        var arguments = new QueryArguments(http.Request.Query);
        var (asOf, select, expand) = (AsOfTime.Take(arguments), arguments.Text("select"), arguments.Text("expand"));
        arguments.Done();
        var at = asOf!.Value;
        AsOfTime.RequirePast(at, time);
        var (view, read) = await schemas.RunAsync(caller, async current =>
        {
            RecordView shown;
            RecordId record;
            Schema.Schema then;
            using (http.Timing("schema")) 
                then = await schemas.AtAsync(caller.Key, current.Schema, at, ct);
            using (http.Timing("plan"))
            {
                record = RecordAddress.Parse(then, http.Request.RouteValues["name"] as string, id, out var item);
                shown = RecordView.Parse(then, item, select, expand);
            }
            using (http.Timing("execute"))
                return (shown, await history.ReadAsync(caller.Key, caller.Key, current, then, shown, record.Value,
                    new QueryClock(at, caller.Context.TimeZone), ct));
        }, ct);
        await RecordResponse.WriteUnlessKnownAsync(http, view, read ?? throw RecordAddress.NotFound(), ct);
    }

    private static async Task Versions(
        HttpContext http, string id, Caller caller, SchemaCache schemas, HistoryReader history, CursorSigner signer,
        CancellationToken ct)
    {
        var arguments = new QueryArguments(http.Request.Query);
        var limit = arguments.Number("limit", 1, QueryLimits.PageSize, QueryListRequest.DefaultLimit);
        var cursor = arguments.Text("cursor");
        arguments.Done();
        var (layout, record, versions) = await schemas.RunAsync(caller, async current =>
        {
            var record = RecordAddress.Parse(
                current.Schema, http.Request.RouteValues["name"] as string, id, out var item);
            var before = cursor is null ? long.MaxValue : Open(signer, caller.Key, record, cursor);
            using (http.Timing("execute"))
                return (ObjectLayout.Of(item), record, await history.ReadVersionsAsync(
                    caller.Key, caller.Key, current, record.Value, before, limit + 1, ct));
        }, ct);
        if (versions is null) throw RecordAddress.NotFound();
        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, RecordWriter.Json);
        json.WriteStartObject();
        json.WriteStartArray("versions");
        foreach (var version in versions.Take(limit)) ChangeWriter.WriteVersion(json, layout, version);
        json.WriteEndArray();
        json.WriteString("next", versions.Count > limit
            ? signer.Sign(Purpose, caller.Key, Payload(record, versions[limit - 1].Version)) : null);
        json.WriteEndObject();
        await json.FlushAsync(ct);
    }

    private static string Payload(RecordId record, long version) =>
        string.Create(CultureInfo.InvariantCulture, $"{record}:{version}");

    private static long Open(CursorSigner signer, AccountKey caller, RecordId record, string cursor)
    {
        var parts = signer.Open(Purpose, caller, cursor).Split(':');
        return parts[0] == record.ToString()
            ? long.Parse(parts[1], CultureInfo.InvariantCulture)
            : throw new ProblemException(Problems.CursorInvalid, "The cursor belongs to another record.");
    }
}
