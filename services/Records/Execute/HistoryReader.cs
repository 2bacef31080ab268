using System.Data;
using Npgsql;
using Xingchen.Records.Changes;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>A batch that looks back: all of it sees one moment of the database.</summary>
/// <remarks>A trim says first from when on history is kept, then folds; so whoever sees anything folded sees that it
/// was, in one snapshot.</remarks>
internal sealed class HistoryBatch : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private HistoryBatch(NpgsqlConnection connection, NpgsqlTransaction transaction, OrgBatch batch)
    {
        this.connection = connection;
        this.transaction = transaction;
        Statements = batch;
    }

    /// <summary>Where the statements that look back go.</summary>
    public OrgBatch Statements { get; private set; }

    /// <param name="source">A pool whose plans suit what is read: of queries, or of exports.</param>
    /// <param name="prefixes">The objects whose records are read.</param>
    public static async Task<HistoryBatch> EnterAsync(
        NpgsqlDataSource source, AccountKey caller, AccountKey planned, StackVersions versions, int[] prefixes,
        DateTimeOffset at, CancellationToken ct)
    {
        var opened = await source.OpenConnectionAsync(ct);
        try
        {
            var begun = await opened.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var batch = OrgBatch.Enter(opened, begun, caller, versions, write: false);
            batch.AddReadGone(planned, prefixes, at);
            return new HistoryBatch(opened, begun, batch);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends the batch; the reader stands before the first of <see cref="Statements"/>.</summary>
    /// <exception cref="ProblemException"><c>history-gone</c></exception>
    public async Task<NpgsqlDataReader> ReadAsync(OrgId org, CancellationToken ct)
    {
        var reader = await Statements.ReadAsync(ct);
        try
        {
            if (await reader.ReadAsync(ct))
            {
                OrgBatch.AssertOrg(reader.GetInt64(0), org);
                throw new ProblemException(Problems.HistoryGone,
                    "History is not kept for that long. Ask for a later time.");
            }
            await reader.NextResultAsync(ct);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins another batch, of the same moment.</summary>
    /// <param name="prefixes">The objects whose records it reads.</param>
    public async ValueTask ContinueAsync(AccountKey planned, int[] prefixes, DateTimeOffset at)
    {
        await Statements.DisposeAsync();
        Statements = OrgBatch.Continue(connection, transaction);
        Statements.AddReadGone(planned, prefixes, at);
    }

    public async ValueTask DisposeAsync()
    {
        await Statements.DisposeAsync();
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}

/// <summary>Reads records as they were, and their versions. Safe for any thread.</summary>
internal sealed class HistoryReader(CellDatabase database)
{
    /// <summary>One record as a view showed it at a time; null where it was not there.</summary>
    /// <param name="schema">What was in force then.</param>
    /// <param name="clock">The time, and the zone that days are reckoned in.</param>
    /// <exception cref="ProblemException"><c>history-gone</c></exception>
    public async Task<ViewResult?> ReadAsync(
        AccountKey caller, AccountKey planned, InForce current, Schema.Schema schema, RecordView view, long id,
        QueryClock clock, CancellationToken ct)
    {
        var at = clock.Now;
        List<ObjectLayout> children = [.. view.Children.Select(child => ObjectLayout.Of(schema.Find(child.Object)!))];
        int[] prefixes = [.. view.Layouts.Concat(children).Select(layout => layout.Prefix).Distinct()];
        await using var batch = await HistoryBatch.EnterAsync(
            database.Queries, caller, planned, current.Versions, prefixes, at, ct);
        batch.Statements.AddReadAsOf(planned, id, view, at, schema);
        foreach (var (child, layout) in view.Children.Zip(children))
            batch.Statements.AddReadChildrenAsOf(
                planned, layout, layout.Find(child.Field), current.Schema, id, at, RecordEngine.MostChildren + 1,
                schema);
        ViewResult? read;
        await using (var reader = await batch.ReadAsync(caller.Org, ct))
            read = await RecordReader.ReadViewAsync(reader, view, caller.Org, ct);
        if (read is null || !view.IsComputed) return read;
        var computed = new ComputedReader(schema, clock);
        computed.Ask(view, read);
        computed.Plan(planned, current.Versions, at, current.Schema);
        await batch.ContinueAsync(planned, computed.AsOf, at);
        computed.AddTo(batch.Statements);
        await using (var reader = await batch.ReadAsync(caller.Org, ct))
            await computed.ReadAsync(reader, caller.Org, ct);
        return computed.Fill(read);
    }

    /// <summary>Versions of a record, the newest first; null where there is no such record, live or in the recycle
    /// bin.</summary>
    public async Task<List<StoredChange>?> ReadVersionsAsync(
        AccountKey caller, AccountKey planned, InForce current, long id, long before, int limit, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddReadVersions(planned, id, before, limit, current.Schema);
        await using var reader = await batch.ReadAsync(ct);
        var versions = new List<StoredChange>();
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
            versions.Add(ChangeFeed.Row(reader));
        }
        return versions.Count > 0 ? versions : null;
    }
}
