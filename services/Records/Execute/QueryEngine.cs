using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Upkeep;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Answers queries and lists: text → syntax → plan → SQL → rows → JSON, one type per stage.</summary>
/// <remarks>The database is reached once a page, after everything that can be judged without it. Safe for any
/// thread.</remarks>
public sealed class QueryEngine(
    CellDatabase database, SchemaCache schemas, CursorSigner cursors, IOptions<QueryOptions> options,
    StatisticsCache statistics, TimeProvider time)
{
    private const string QueryPurpose = "query";
    private const string ListPurpose = "list";
    private const int FirstBytes = 16 * 1024;
    private const int FlushBytes = 64 * 1024;

    private static readonly IReadOnlyDictionary<string, JsonElement> None = new Dictionary<string, JsonElement>();

    private static readonly JsonWriterOptions Json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one page of a query, or its plan, to the response.</summary>
    /// <param name="caller">The verified identity.</param>
    /// <param name="zone">The IANA name of the caller's account's time zone.</param>
    /// <param name="schema">What the caller's account has in force, as far as is known.</param>
    /// <param name="versions">The versions it was made from: the database refuses others.</param>
    /// <exception cref="ProblemException"><c>query-invalid</c>, <c>cursor-invalid</c>.</exception>
    /// <exception cref="PostgresException"><c>XC001</c>: get the schema anew and call again; nothing was
    /// written.</exception>
    public async Task AnswerAsync(
        HttpContext http, AccountKey caller, string zone, Schema.Schema schema, StackVersions versions,
        QueryRequest request, CancellationToken ct)
    {
        QueryRun run;
        using (http.Timing("plan"))
        {
            var page = request.Cursor is { } cursor
                ? QueryCursor.Open(cursors, QueryPurpose, caller, cursor, request.Text, request.Parameters)
                    .For(request.AsOf)
                : First(request.Text, request.Parameters, zone, request.AsOf);
            var then = await InForceAsync(caller, schema, page, ct);
            var plan = QueryPlanner.Plan(
                QueryParser.ParseQuery(page.Text!), then, page.Parameters ?? None, Clock(page));
            run = QueryRun.Create(QueryPurpose, page, plan, caller, versions, options.Value.PageRecords,
                statistics.Find(caller, versions, plan.Root.Object.Prefix), schema,
                check: !request.Explain);
            if (!request.Explain) Afford(run);
        }
        await OnceAsync(http, () => request.Explain
            ? ExplainAsync(http, caller, versions, run, ct)
            : RunAsync(http, caller, versions, run, ct));
    }

    /// <summary>Writes one page of a list to the response.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>: there is no such object; and as
    /// <see cref="AnswerAsync"/>.</exception>
    /// <inheritdoc cref="AnswerAsync"/>
    public async Task ListAsync(
        HttpContext http, AccountKey caller, string zone, Schema.Schema schema, StackVersions versions,
        QueryListRequest request, CancellationToken ct)
    {
        QueryRun run;
        using (http.Timing("plan"))
        {
            var page = request.Cursor is { } cursor
                ? QueryCursor.Open(cursors, ListPurpose, caller, cursor, request.IsBare ? null : request.Shape, None)
                    .For(request.AsOf)
                : First(request.Shape, null, zone, request.AsOf);
            var then = await InForceAsync(caller, schema, page, ct);
            then.RequireSeen(request.Object);
            var item = then.Find(request.Object)
                ?? throw new ProblemException(Problems.NotFound, "There is nothing here.");
            var plan = QueryPlanner.PlanList(request.Shaped(page.Text!).ToSyntax(), item, then, Clock(page));
            run = QueryRun.Create(ListPurpose, page, plan, caller, versions, request.Limit,
                statistics.Find(caller, versions, item.Prefix), schema, request.Count);
            Afford(run);
        }
        await OnceAsync(http, () => RunAsync(http, caller, versions, run, ct));
    }

    /// <exception cref="ProblemException"><c>query-too-expensive</c></exception>
    private void Afford(QueryRun run)
    {
        if (run.Driver is not { } driver || driver.Reads <= options.Value.MostReads) return;
        var detail = string.Create(CultureInfo.InvariantCulture,
            $"The query would read about {driver.Reads:N0} records; at most {options.Value.MostReads:N0} may be read.");
        throw new ProblemException(Problems.QueryTooExpensive, detail,
            [.. QueryDriver.Unindexed(run.Plan).Select(field =>
                new Finding("index-missing", $"An index on {field} would narrow what is read."))]);
    }

    /// <summary>A first page. As of a time, date names are reckoned from that.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>: the time is yet to come.</exception>
    private QueryCursor First(
        string? text, IReadOnlyDictionary<string, JsonElement>? parameters, string zone, DateTimeOffset? asOf)
    {
        if (asOf is { } at) AsOfTime.RequirePast(at, time);
        return new QueryCursor(
            text, parameters, null, (asOf ?? time.GetUtcNow()).ToUnixTimeMilliseconds(), zone, [], null)
        {
            AsOf = AsOfTime.Micros(asOf),
        };
    }

    /// <summary>What was in force when the page is as of; else what is.</summary>
    private async ValueTask<Schema.Schema> InForceAsync(
        AccountKey caller, Schema.Schema schema, QueryCursor page, CancellationToken ct) =>
        AsOfTime.FromMicros(page.AsOf) is { } at
            ? await schemas.AtAsync(caller, schema, at, ct) : schema;

    private static QueryClock Clock(QueryCursor page) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(page.Now), page.Zone);

    /// <summary>What a query's own values make PostgreSQL refuse is the query's problem.</summary>
    internal static async Task GuardedAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (PostgresException exception) when (exception.SqlState.StartsWith("22", StringComparison.Ordinal)
            || exception.SqlState == "54001")
        {
            throw new ProblemException(Problems.QueryInvalid,
                "A calculation of the query leaves the range of its values, or the query is too complex.");
        }
    }

    private static async Task OnceAsync(HttpContext http, Func<Task> run)
    {
        try
        {
            await GuardedAsync(run);
        }
        catch (ProblemException) when (http.Response.HasStarted)
        {
            http.Abort(); // neither a problem nor a second try has a place behind what was sent
        }
    }

    private async Task RunAsync(
        HttpContext http, AccountKey caller, StackVersions versions, QueryRun run, CancellationToken ct)
    {
        var timing = http.Timing("execute");
        await using var past = await EnterPastAsync(caller, versions, run, ct);
        await using var batch = past?.Statements ?? (run.Checks
            ? OrgBatch.EnterChecking(database.Queries, caller, write: false, run.Generic)
            : OrgBatch.Enter(database.Queries, caller, versions, write: false));
        if (run.Count is { } counting) batch.Add(counting.Text, Parameters(counting));
        batch.Add(run.Statement.Text, Parameters(run.Statement));
        await using var reader = await (past?.ReadAsync(caller.Org, ct) ?? batch.ReadAsync(ct));
        var count = run.Count is null ? null : (long?)await CountAsync(reader, caller.Org, ct);
        var any = await reader.ReadAsync(ct);
        timing.Dispose();
        http.Response.ContentType = "application/json; charset=utf-8";
        // Not into the response's own buffer, which cannot be emptied: what breaks in the first piece is a problem.
        var piece = new ArrayBufferWriter<byte>(FirstBytes);
        await using var json = new Utf8JsonWriter(piece, Json);
        var writer = new QueryWriter(json, run.Statement, caller.Org);
        json.WriteStartObject();
        json.WriteStartArray("records");
        var (written, keys, flushed) = (0, Array.Empty<string?>(), 0L);
        for (var full = false; any && !full; any = await reader.ReadAsync(ct))
        {
            writer.Write(reader);
            written++;
            var bytes = json.BytesCommitted + json.BytesPending;
            full = written >= run.Records || bytes > options.Value.PageBytes;
            if (full) keys = writer.Keys(reader); // where the next page begins, if there is one
            if (bytes - flushed <= FlushBytes) continue;
            await SendAsync(http, json, piece, ct);
            flushed = json.BytesCommitted;
        }
        json.WriteEndArray();
        json.WriteString("next", any && keys.Length > 0
            ? (run.Page with { Keys = keys, Left = run.Page.Left - written }).Sign(cursors, run.Purpose, caller)
                : null);
        if (count is { } all) json.WriteNumber("count", all);
        json.WriteEndObject();
        await SendAsync(http, json, piece, ct);
    }

    private static async Task SendAsync(
        HttpContext http, Utf8JsonWriter json, ArrayBufferWriter<byte> piece, CancellationToken ct)
    {
        await json.FlushAsync(ct);
        await http.Response.BodyWriter.WriteAsync(piece.WrittenMemory, ct);
        piece.ResetWrittenCount();
    }

    private async ValueTask<HistoryBatch?> EnterPastAsync(
        AccountKey caller, StackVersions versions, QueryRun run, CancellationToken ct) =>
        AsOfTime.FromMicros(run.Page.AsOf) is { } at
            ? await HistoryBatch.EnterAsync(
                database.Queries, caller, caller, versions, [.. run.Statement.AsOf], at, ct)
            : null;

    private static async Task<long> CountAsync(NpgsqlDataReader reader, OrgId org, CancellationToken ct)
    {
        await reader.ReadAsync(ct);
        var count = Counted(reader, org);
        await reader.NextResultAsync(ct);
        return count;
    }

    private static long Counted(NpgsqlDataReader reader, OrgId org)
    {
        OrgBatch.AssertOrg(reader.IsDBNull(0) || reader.GetBoolean(0) ? org.Value : 0, org);
        return reader.GetInt64(1);
    }

    private async Task ExplainAsync(
        HttpContext http, AccountKey caller, StackVersions versions, QueryRun run, CancellationToken ct)
    {
        string explained;
        using (http.Timing("execute"))
        {
            await using var batch = OrgBatch.Enter(database.Queries, caller, versions, write: false);
            batch.Add(QuerySql.Explain(run.Statement), Parameters(run.Statement));
            await using var reader = await batch.ReadAsync(ct);
            await reader.ReadAsync(ct);
            explained = reader.GetString(0);
        }
        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Json);
        QueryExplanation.Write(json, explained, run.Plan, run.Driver, options.Value.MostReads);
        await json.FlushAsync(ct);
        await http.Response.BodyWriter.FlushAsync(ct);
    }

    private static NpgsqlParameter[] Parameters(QueryStatement statement) =>
        [.. statement.Parameters.Select(parameter => OrgBatch.Parameter(parameter.Value, parameter.Type))];
}
