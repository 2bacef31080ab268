using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Exports;

/// <summary>Streams all that a query gives, of any size, in memory that does not grow with it.</summary>
/// <remarks>
/// 1. Plan, as a query is. 2. One statement, read row by row as the reader of the answer takes them: one snapshot, in a
/// transaction that has no number of its own (PostgreSQL gives one to the first write), so that the change feed does
/// not wait for it. 3. What breaks before the first bytes have left is a problem as of any query; after that the
/// connection is cut, so that half a file never looks whole. Thread-safe.
/// </remarks>
internal sealed class ExportEngine(
    CellDatabase database, SchemaCache schemas, ExportGate gate, IOptions<ExportOptions> options,
    IOptions<CellOptions> cell, TimeProvider time, ILogger<ExportEngine> logger)
{
    /// <summary>Bytes that are collected before they leave.</summary>
    private const int PieceBytes = 64 * 1024;

    private readonly TimeSpan stall = TimeSpan.FromSeconds(options.Value.StallSeconds);

    /// <summary>Writes the whole answer.</summary>
    /// <param name="caller">The verified identity.</param>
    /// <param name="zone">The IANA name of the caller's account's time zone.</param>
    /// <exception cref="ProblemException"><c>query-invalid</c>, <c>history-gone</c>, <c>rate-limited</c>; nothing
    /// was written.</exception>
    /// <exception cref="PostgresException"><c>XC001</c>: get the schema anew and call again; nothing was
    /// written.</exception>
    public async Task ExportAsync(
        HttpContext http, AccountKey caller, string zone, InForce current, ExportRequest request,
        CancellationToken ct)
    {
        SelectPlan plan;
        QueryStatement statement;
        using (http.Timing("plan"))
        {
            if (request.AsOf is { } at) AsOfTime.RequirePast(at, time);
            var schema = request.AsOf is { } then
                ? await schemas.AtAsync(caller, current.Schema, then, ct) : current.Schema;
            var syntax = QueryParser.ParseQuery(request.Text);
            plan = QueryPlanner.Plan(syntax, schema, request.Parameters,
                new QueryClock(request.AsOf ?? time.GetUtcNow(), zone));
            if (request.Format == ExportFormat.Csv) RefuseChildren(syntax);
            statement = QuerySql.Build(plan, caller, null, plan.Limit ?? long.MaxValue, at: request.AsOf,
                present: current.Schema);
        }
        using var place = gate.Enter(caller.Org);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        // PostgreSQL's own timeout comes first, but not while it waits for us to take what it has.
        late.CancelAfter(TimeSpan.FromSeconds(cell.Value.ExportTimeoutSeconds + 5));
        try
        {
            await QueryEngine.GuardedAsync(() => RunAsync(http, caller, current, plan, statement, request,
                late.Token));
        }
        catch (Exception exception) when (http.Response.HasStarted)
        {
            if (!ct.IsCancellationRequested)
                logger.LogWarning("An export of account {Account} was cut: {Message}", caller, exception.Message);
            http.Abort();
        }
    }

    private static void RefuseChildren(QuerySyntax syntax)
    {
        var children = syntax.Items.Where(item => item.Children is not null).ToList();
        if (children.Count > 0)
            throw new ProblemException(Problems.QueryInvalid,
                "Children have no place in CSV: export them by a query of their own, or as application/x-ndjson.",
                [.. children.Select(item => new Finding("children-in-csv",
                    "Children have no place in CSV.", Position: item.Position))]);
    }

    private async Task RunAsync(
        HttpContext http, AccountKey caller, InForce current, SelectPlan plan, QueryStatement statement,
        ExportRequest request, CancellationToken ct)
    {
        var timing = http.Timing("execute");
        await using var past = request.AsOf is { } at
            ? await HistoryBatch.EnterAsync(
                database.Exports, caller, caller, current.Versions, [.. statement.AsOf], at, ct)
            : null;
        await using var connection = past is null ? await database.Exports.OpenConnectionAsync(ct) : null;
        await using var transaction = connection is null ? null
            : await connection.BeginTransactionAsync(ct); // sent with the first command
        await using var batch = past?.Statements
            ?? OrgBatch.Enter(connection!, transaction!, caller, current.Versions, write: false);
        batch.Add(statement.Text, [.. statement.Parameters
            .Select(parameter => OrgBatch.Parameter(parameter.Value, parameter.Type))]);
        var reader = await (past?.ReadAsync(caller.Org, ct) ?? batch.ReadAsync(ct));
        try
        {
            var any = await reader.ReadAsync(ct);
            timing.Dispose();
            http.Response.ContentType = request.Format.ContentType;
            http.Response.Headers.CacheControl = "no-store";
            using var writer = new ExportWriter(plan, statement, caller.Org, request.Format);
            for (; any; any = await reader.ReadAsync(ct))
            {
                writer.Write(reader);
                if (writer.Output.WrittenCount >= PieceBytes) await SendAsync(http, writer, ct);
            }
            await SendAsync(http, writer, ct);
        }
        catch
        {
            await StopAsync(batch, reader);
            throw;
        }
        await reader.DisposeAsync();
    }

    /// <summary>Ends a statement whose rows nobody wants any more: disposing alone would read them to their
    /// end.</summary>
    private static async Task StopAsync(OrgBatch batch, NpgsqlDataReader reader)
    {
        batch.Cancel();
        try
        {
            await reader.DisposeAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or NpgsqlException)
        {
            // As told: cancelled. What broke before is what counts.
        }
    }

    /// <exception cref="OperationCanceledException">The reader takes nothing any more, or is gone.</exception>
    private async Task SendAsync(HttpContext http, ExportWriter writer, CancellationToken ct)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stalled.CancelAfter(stall);
        await http.Response.BodyWriter.WriteAsync(writer.Output.WrittenMemory, stalled.Token);
        stalled.Token.ThrowIfCancellationRequested();
        writer.Output.ResetWrittenCount();
    }
}
