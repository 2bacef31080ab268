using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;
using Xingchen.Schema;

namespace Xingchen.Records.Request;

/// <summary>The routes of records. Each handler is the whole path: request → schema → plan → execute →
/// response.</summary>
public static class RecordRoutes
{
    public static IServiceCollection AddRecords(this IServiceCollection services) =>
        services.AddSingleton<RecordEngine>().AddSingleton<RecordRemoval>();

    public static void MapRecords(this IEndpointRouteBuilder routes)
    {
        var records = routes.MapGroup("/v1").RequireScope(Scopes.Data);
        records.MapPost("/objects/{name}/records", Create);
        records.MapPut("/objects/{name}/records/by/{field}/{value}", Upsert);
        foreach (var one in new[] { "/objects/{name}/records/{id}", "/records/{id}" })
        {
            records.MapGet(one, Get);
            records.MapPatch(one, Patch);
            records.MapDelete(one, Delete);
            records.MapPost(one + "/restore", Restore);
        }
    }

    private static async Task Create(
        HttpContext http, string name, Caller caller, SchemaCache schemas, RecordEngine engine,
        CancellationToken ct)
    {
        using var body = await RecordBody.ReadAsync(http, ct);
        var mark = engine.Mark(caller, http.WantedLanguages());
        var (created, schema) = await schemas.RunAsync(caller, async current =>
        {
            RecordDraft draft;
            using (http.Timing("plan")) draft = await PlanAsync(current, name, caller, engine, mark, body.RootElement,
                ct);
            using (http.Timing("execute")) await engine.CreateAsync(caller.Key, mark, current, draft, ct);
            return (draft, current.Schema);
        }, ct);
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = $"/v1/objects/{Uri.EscapeDataString(name)}/records/{new RecordId(created.Id)}";
        await RecordResponse.WriteDraftAsync(http, created, mark, ct);
    }

    private static async Task Get(
        HttpContext http, string id, Caller caller, SchemaCache schemas, RecordEngine engine, HistoryReader history,
        TimeProvider time, CancellationToken ct)
    {
        if (http.Request.Query.ContainsKey("asOf"))
        {
            await HistoryRoutes.GetAsOfAsync(http, id, caller, schemas, history, time, ct);
            return;
        }
        var (view, read) = await schemas.RunAsync(caller, async current =>
        {
            RecordView shown;
            RecordId record;
            using (http.Timing("plan"))
            {
                record = RecordAddress.Parse(current.Schema, Named(http), id, out var item);
                shown = RecordView.Parse(
                    current.Schema, item, http.Request.Query["select"], http.Request.Query["expand"]);
            }
            using (http.Timing("execute"))
                return (shown, await engine.ShowAsync(caller.Key, caller.Key, current, shown, record.Value,
                    new QueryClock(time.GetUtcNow(), caller.Context.TimeZone), ct));
        }, ct);
        await RecordResponse.WriteUnlessKnownAsync(http, view, read ?? throw RecordAddress.NotFound(), ct);
    }

    private static async Task Patch(
        HttpContext http, string id, Caller caller, SchemaCache schemas, RecordEngine engine,
        CancellationToken ct)
    {
        using var body = await RecordBody.ReadAsync(http, ct);
        var mark = engine.Mark(caller, http.WantedLanguages());
        var (view, changed) = await schemas.RunAsync(caller, async current =>
        {
            var record = RecordAddress.Parse(current.Schema, Named(http), id, out var item);
            current.Schema.Require(item, RecordRight.Edit);
            var whole = RecordView.Whole(item);
            return (whole,
                await engine.PatchAsync(http, caller.Key, mark, current, whole, record.Value, body.RootElement, ct));
        }, ct);
        await RecordResponse.WriteAsync(http, view, new ViewResult([changed], []), ct);
    }

    private static async Task Upsert(
        HttpContext http, string name, string field, Caller caller, SchemaCache schemas, RecordEngine engine,
            CancellationToken ct)
    {
        using var body = await RecordBody.ReadAsync(http, ct);
        var mark = engine.Mark(caller, http.WantedLanguages());
        var value = RecordAddress.LastSegment(http);
        var (view, upserted) = await schemas.RunAsync(caller, async current =>
        {
            var item = RecordAddress.Object(current.Schema, name);
            var key = UpsertKey.Parse(current.Schema, item, field, value);
            return (RecordView.Whole(item),
                await engine.UpsertAsync(http, caller.Key, mark, current, item, key, body.RootElement, ct));
        }, ct);
        if (upserted.Created is { } created)
        {
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.Headers.Location =
                $"/v1/objects/{Uri.EscapeDataString(name)}/records/{new RecordId(created.Id)}";
            await RecordResponse.WriteDraftAsync(http, created, mark, ct);
        }
        else
        {
            await RecordResponse.WriteAsync(http, view, new ViewResult([upserted.Changed], []), ct);
        }
    }

    private static async Task Delete(
        HttpContext http, string id, bool? purge, Caller caller, SchemaCache schemas, RecordEngine engine,
            RecordRemoval removal,
        CancellationToken ct)
    {
        var mark = engine.Mark(caller, http.WantedLanguages());
        await schemas.RunAsync(caller, async current =>
        {
            var record = RecordAddress.Parse(current.Schema, Named(http), id, out var item);
            current.Schema.Require(item, RecordRight.Delete);
            using (http.Timing("execute"))
                await removal.DeleteAsync(http, caller.Key, mark, current, item, record.Value, purge ?? false, ct);
        }, ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task Restore(
        HttpContext http, string id, Caller caller, SchemaCache schemas, RecordEngine engine, RecordRemoval removal,
            CancellationToken ct)
    {
        var mark = engine.Mark(caller, http.WantedLanguages());
        var (view, restored) = await schemas.RunAsync(caller, async current =>
        {
            var record = RecordAddress.Parse(current.Schema, Named(http), id, out var item);
            current.Schema.Require(item, RecordRight.Delete);
            using (http.Timing("execute"))
                return (RecordView.Whole(item), await removal.RestoreAsync(
                    caller.Key, mark, current, item, record.Value, ct));
        }, ct);
        await RecordResponse.WriteAsync(http, view, restored, ct);
    }

    /// <summary>Plans a new record; where something is wrong, also asks which of its references are, to say all at
    /// once.</summary>
    private static async Task<RecordDraft> PlanAsync(
        InForce current, string name, Caller caller, RecordEngine engine, Sql.WriteMark mark,
        System.Text.Json.JsonElement body, CancellationToken ct)
    {
        var findings = new RecordFindings();
        var draft = new RecordPlanner(current.Schema, findings, mark)
            .Create(RecordAddress.Object(current.Schema, name), body);
        if (findings.Any) await engine.FindMissingAsync(caller.Key, caller.Key, current, draft, findings, ct);
        findings.ThrowIfAny();
        return draft;
    }

    private static string? Named(HttpContext http) => http.Request.RouteValues["name"] as string;
}
