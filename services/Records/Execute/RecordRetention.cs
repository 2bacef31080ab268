using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Upkeep;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Forgets by policy: purges what has lain in the recycle bin for long, folds the log's old entries.</summary>
/// <remarks>
/// <para>An object's policy is its <c>recycleBinDays</c> and <c>historyDays</c>, else the cell's. An object that is not
/// in force is left alone.</para>
/// <para>A round goes through an account in the order of ids, in transactions of a few records; how far it is is noted
/// in each. It may be killed between any two lines, and run twice at once: what is folded stays what it is when it is
/// folded again. From when on history is kept is said in a transaction before the first that folds, so that whoever
/// sees a fold sees that.</para>
/// </remarks>
internal sealed class RecordRetention(CellDatabase database, IOptions<RetentionOptions> options, TimeProvider time)
    : IUpkeepTask
{
    /// <summary>Who purges, as the log has it.</summary>
    public const string Actor = "retention";

    /// <summary>How long one account is worked on before others have their turn.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    string IUpkeepTask.Due { get; } = RetentionSql.Due(options.Value.RoundHours);

    Task<bool> IUpkeepTask.RunAsync(UpkeepVisit visit, CancellationToken ct) =>
        RunAsync(visit.Account, visit.Schemas, ct);

    /// <summary>Does a slice of a round, if one is due: once a day, one round trip finds out.</summary>
    /// <returns>Whether there is more to do.</returns>
    public async Task<bool> RunAsync(AccountKey account, SchemaCache schemas, CancellationToken ct)
    {
        var (doneAt, after) = await ReadRoundAsync(account, ct);
        if (doneAt is { } done && after == 0 && done > time.GetUtcNow().AddHours(-options.Value.RoundHours))
            return false;
        return await schemas.RunAsync(account, current => SliceAsync(account, current, after, ct), ct);
    }

    private async Task<bool> SliceAsync(AccountKey account, InForce current, long after, CancellationToken ct)
    {
        var (now, started) = (time.GetUtcNow(), time.GetTimestamp());
        foreach (var item in current.Schema.Objects.OrderBy(item => item.Prefix.Value))
        {
            var (first, last) = RecordId.Range(item.Prefix);
            if (last <= after) continue;
            after = Math.Max(after, first - 1);
            if ((item.RecycleBinDays ?? options.Value.RecycleBinDays) is { } binDays)
                while (await PurgeAsync(account, current, item, now.AddDays(-binDays), ct))
                    if (time.GetElapsedTime(started) > Slice) return true;
            if ((item.HistoryDays ?? options.Value.HistoryDays) is { } days)
            {
                while (await FoldAsync(account, current, item, after, last, now.AddDays(-days), ct) is { } folded)
                {
                    after = folded;
                    if (time.GetElapsedTime(started) > Slice) return true;
                }
            }
            after = last;
        }
        await using var batch = OrgBatch.Enter(database.Records, account, current.Versions, write: false);
        batch.AddRound(account, 0, now);
        await batch.ExecuteAsync(ct);
        return false;
    }

    /// <summary>Purges some of what is old in the recycle bin, as a caller would.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> PurgeAsync(
        AccountKey account, InForce current, SchemaObject item, DateTimeOffset before, CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        List<long> ids;
        await using (var find = OrgBatch.Enter(connection, transaction, account, current.Versions, write: true))
        {
            find.AddFindOldInBin(account, item.Prefix.Value, before, options.Value.BatchRecords);
            ids = await IdsAsync(find, ct);
        }
        if (ids.Count == 0) return false;
        var layout = ObjectLayout.Of(item);
        List<(StoredRecord, ObjectLayout)> searched = [];
        if (layout.Searchables.Length > 0)
        {
            await using var read = OrgBatch.Continue(connection, transaction);
            read.AddReadForgotten(account, [.. ids]);
            await using var reader = await read.ReadAsync(ct);
            searched.AddRange((await RecordReader.ReadAllAsync(reader, account.Org, ct)).Select(one => (one, layout)));
        }
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddForget(account, searched);
        var now = time.GetUtcNow().UtcDateTime;
        batch.AddPurge(new WriteMark(account, Actor, "", now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond))),
            [.. ids.Order()]);
        await batch.ExecuteAsync(ct);
        await transaction.CommitAsync(ct);
        return ids.Count == options.Value.BatchRecords;
    }

    /// <summary>Folds the old entries of some records.</summary>
    /// <returns>The last of them; null where nothing was left to fold.</returns>
    private async Task<long?> FoldAsync(
        AccountKey account, InForce current, SchemaObject item, long after, long last, DateTimeOffset until,
        CancellationToken ct)
    {
        long[] ids;
        await using (var find = OrgBatch.Enter(database.Records, account, current.Versions, write: false))
        {
            find.AddFindFoldable(account, after, last, until, options.Value.BatchRecords);
            ids = [.. await IdsAsync(find, ct)];
        }
        if (ids.Length == 0) return null;
        await using (var say = OrgBatch.Enter(database.Records, account, current.Versions, write: true))
        {
            say.AddKeptFrom(account, item.Prefix.Value, until);
            await say.ExecuteAsync(ct);
        }
        // A purge takes the values out of the entries: it must not find them put back by a fold that read them before.
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var hold = OrgBatch.Enter(connection, transaction, account, current.Versions, write: true))
        {
            hold.AddHoldAgainstPurge(account, ids);
            await hold.ExecuteAsync(ct);
        }
        await using var fold = OrgBatch.Continue(connection, transaction);
        fold.AddFold(account, ids, until);
        fold.AddRound(account, ids[^1], null);
        await fold.ExecuteAsync(ct);
        await transaction.CommitAsync(ct);
        return ids[^1];
    }

    private async Task<(DateTimeOffset? DoneAt, long After)> ReadRoundAsync(AccountKey account, CancellationToken ct)
    {
        await using var batch = database.Records.CreateBatch();
        batch.AddReadRound(account);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        if (!await reader.ReadAsync(ct)) return (null, 0);
        OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
        return (await reader.IsDBNullAsync(1, ct) ? null : new DateTimeOffset(reader.GetDateTime(1)),
            reader.GetInt64(2));
    }

    private static async Task<List<long>> IdsAsync(OrgBatch batch, CancellationToken ct)
    {
        await using var reader = await batch.ReadAsync(ct);
        var ids = new List<long>();
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetInt64(0));
        return ids;
    }
}
