using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Response;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Answers queries: text → syntax → plan → SQL → rows → JSON, one type per stage.</summary>
/// <remarks>The database is reached once a page, after everything that can be judged without it. Safe for any
/// thread.</remarks>
public sealed class QueryEngine(
    CellDatabase database, CursorSigner cursors, IOptions<QueryOptions> options, TimeProvider time)
{
    private const string Purpose = "query";
    private const int FlushBytes = 64 * 1024;

    private static readonly JsonWriterOptions Json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one page of a query, or its plan, to the response.</summary>
    /// <param name="caller">The verified identity.</param>
    /// <param name="schema">What the caller's account has in force, as far as is known.</param>
    /// <param name="versions">The versions it was made from: the database refuses others.</param>
    /// <exception cref="ProblemException"><c>query-invalid</c>, <c>cursor-invalid</c>.</exception>
    /// <exception cref="PostgresException"><c>XC001</c>: get the schema anew and call again; nothing was
    /// written.</exception>
    public async Task AnswerAsync(
        HttpContext http, AccountKey caller, Schema.Schema schema, StackVersions versions, QueryRequest request,
            CancellationToken ct)
    {
        var page = Open(request, caller);
        SelectPlan plan;
        QueryStatement statement;
        var wanted = Math.Min(page.Left ?? long.MaxValue, options.Value.PageRecords + 1L);
        using (http.Timing("plan"))
        {
            plan = Plan(page, schema);
            page = page with { Left = page.Left ?? plan.Limit };
            wanted = Math.Min(page.Left ?? long.MaxValue, wanted);
            statement = Sql(page, plan, caller, wanted);
        }
        try
        {
            if (request.Explain) await ExplainAsync(http, caller, versions, plan, statement, ct);
            else await RunAsync(http, caller, versions, page, statement, plan, ct);
        }
        catch (PostgresException exception) when (exception.SqlState.StartsWith("22", StringComparison.Ordinal)
            || exception.SqlState == "54001")
        {
            throw new ProblemException(Problems.QueryInvalid,
                "A calculation of the query leaves the range of its values, or the query is too complex.");
        }
    }

    private QueryCursor Open(QueryRequest request, AccountKey caller) => request.Cursor is { } cursor
        ? QueryCursor.Open(cursors, Purpose, caller, cursor, request.Text, request.Parameters)
        : new QueryCursor(request.Text, request.Parameters, null, time.GetUtcNow().ToUnixTimeMilliseconds(), [], null);

    private static SelectPlan Plan(QueryCursor page, Schema.Schema schema) => QueryPlanner.Plan(
        QueryParser.ParseQuery(page.Text!), schema, page.Parameters ?? new Dictionary<string, JsonElement>(),
        DateTimeOffset.FromUnixTimeMilliseconds(page.Now));

    private static QueryStatement Sql(QueryCursor page, SelectPlan plan, AccountKey caller, long rows)
    {
        var after = page.Keys.Count == 0 ? null
            : QueryPage.Keys(plan.Order, page.Keys) ?? throw QueryCursor.Invalid(
                "The cursor does not fit the query any more: start without one.");
        return QuerySql.Build(plan, caller, after, rows);
    }

    private async Task RunAsync(
        HttpContext http, AccountKey caller, StackVersions versions, QueryCursor page, QueryStatement statement,
        SelectPlan plan, CancellationToken ct)
    {
        var timing = http.Timing("execute");
        await using var batch = OrgBatch.Enter(database.Queries, caller, versions, write: false);
        batch.Add(statement.Text, Parameters(statement));
        await using var reader = await batch.ReadAsync(ct);
        var any = await reader.ReadAsync(ct);
        timing.Dispose();
        http.Response.ContentType = "application/json; charset=utf-8";
        var output = http.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(output, Json);
        var writer = new QueryWriter(json, statement, caller.Org);
        json.WriteStartObject();
        json.WriteStartArray("records");
        var (written, keys, pending) = (0, Array.Empty<string?>(), 0L);
        for (; any; any = await reader.ReadAsync(ct))
        {
            var bytes = json.BytesCommitted + json.BytesPending;
            if (written >= options.Value.PageRecords || bytes > options.Value.PageBytes) break;
            writer.Write(reader);
            written++;
            keys = Keys(reader, statement, plan);
            if (json.BytesCommitted + json.BytesPending - pending <= FlushBytes) continue;
            await json.FlushAsync(ct);
            await output.FlushAsync(ct);
            pending = json.BytesCommitted;
        }
        json.WriteEndArray();
        json.WriteString("next", any && keys.Length > 0
            ? (page with { Keys = keys, Left = page.Left - written }).Sign(cursors, Purpose, caller) : null);
        json.WriteEndObject();
        await json.FlushAsync(ct);
        await output.FlushAsync(ct);
    }

    private static string?[] Keys(NpgsqlDataReader reader, QueryStatement statement, SelectPlan plan)
    {
        var keys = new string?[plan.Order.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = reader.IsDBNull(statement.FirstKey + i) ? null : reader.GetString(statement.FirstKey + i);
        return keys;
    }

    private async Task ExplainAsync(
        HttpContext http, AccountKey caller, StackVersions versions, SelectPlan plan, QueryStatement statement,
            CancellationToken ct)
    {
        string explained;
        using (http.Timing("execute"))
        {
            await using var batch = OrgBatch.Enter(database.Queries, caller, versions, write: false);
            batch.Add(QuerySql.Explain(statement), Parameters(statement));
            await using var reader = await batch.ReadAsync(ct);
            await reader.ReadAsync(ct);
            explained = reader.GetString(0);
        }
        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Json);
        QueryExplanation.Write(json, explained, plan);
        await json.FlushAsync(ct);
        await http.Response.BodyWriter.FlushAsync(ct);
    }

    internal static NpgsqlParameter[] Parameters(QueryStatement statement) =>
        [.. statement.Parameters.Select(parameter => OrgBatch.Parameter(parameter.Value, parameter.Type))];
}
