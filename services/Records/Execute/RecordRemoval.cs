using Microsoft.AspNetCore.Http;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>Deletes to the recycle bin, restores from it, purges: with all that a record takes along, in one
/// transaction.</summary>
/// <remarks>
/// The record is locked first. A writer that refers to it holds it for share (<c>RecordSql.AddRequire</c>), so
/// either it is seen here or it finds the record gone. Children of a master go and come back with it; other references
/// restrict, clear or cascade as their field says.
/// </remarks>
internal sealed class RecordRemoval(CellDatabase database)
{
    /// <summary>Records that one request may take along.</summary>
    private const int MostRecords = 10_000;

    /// <exception cref="ProblemException"><c>not-found</c>, <c>version-mismatch</c>, <c>record-in-use</c>.</exception>
    public Task DeleteAsync(
        HttpContext http, AccountKey caller, WriteMark mark, InForce current, SchemaObject item, long id, bool purge,
            CancellationToken ct) =>
        InTransactionAsync(async (connection, transaction) =>
        {
            // 1. Hold the record.
            var (record, deletedAt) = await HoldAsync(connection, transaction, caller, mark.Account, current, id, ct);
            if (deletedAt is not null && !purge) throw RecordAddress.NotFound();
            await RequireAllowedAsync(connection, transaction, mark.Account, current, item, id, ct);
            RecordBody.RequireMatch(http, record.Version);
            // 2. Find what refers to it, and to what goes with it.
            var plan = new RemovalPlan();
            plan.Gone[id] = (record, ObjectLayout.Of(current.Schema.Whole(item)));
            if (deletedAt is null) await FollowAsync(connection, transaction, caller, mark.Account, current, plan, item,
                [id], ct);
            plan.ThrowIfHeld(current.Schema);
            // 3. Write.
            await using var batch = OrgBatch.Continue(connection, transaction);
            AddRemove(batch, mark, current.Versions, plan, deletedAt is null, purge);
            await batch.ExecuteAsync(ct);
        }, ct);

    /// <returns>The record as it is then, read in the same transaction.</returns>
    /// <exception cref="ProblemException"><c>not-found</c> (also where it is not in the bin), <c>value-taken</c>,
    /// <c>conflict</c>: a record that it refers to is gone.</exception>
    public async Task<ViewResult> RestoreAsync(
        AccountKey caller, WriteMark mark, InForce current, SchemaObject item, long id, CancellationToken ct)
    {
        List<UniqueValue> uniques = [];
        ViewResult? restored = null;
        await InTransactionAsync(async (connection, transaction) =>
        {
            var (record, deletedAt) = await HoldAsync(connection, transaction, caller, mark.Account, current, id, ct);
            if (deletedAt is null) throw RecordAddress.NotFound();
            await RequireAllowedAsync(connection, transaction, mark.Account, current, item, id, ct);
            var back = new Dictionary<long,
                (StoredRecord Record, ObjectLayout Layout)> { 
                    [id] = (record, ObjectLayout.Of(current.Schema.Whole(item))) };
            await GatherDeletedAsync(connection, transaction, caller, mark.Account, current, back, item, [id],
                deletedAt.Value, ct);
            uniques = UniquesOf(back.Values);
            long[] references = [.. back.Values.SelectMany(one => one.Record.ToDraft(one.Layout).References())
                .Select(reference => reference.Id).Distinct().Where(reference => !back.ContainsKey(reference)).Order()];
            await using var batch = OrgBatch.Continue(connection, transaction);
            if (references.Length > 0) batch.AddRequire(mark.Account, current.Versions, references);
            if (uniques.Count > 0) batch.AddTake(mark.Account, current.Versions, uniques);
            foreach (var one in back.Keys.Order()) batch.AddRestore(mark, current.Versions, one);
            await batch.ExecuteAsync(ct);
            restored = await ShowAsync(connection, transaction, caller, mark, current, RecordView.Whole(item), id, ct);
        }, ct, async exception =>
        {
            if (exception.SqlState == WriteConflicts.ReferenceNotFound)
                throw new ProblemException(
                    Problems.Conflict, "A record that it refers to is not there any more. Restore that first.");
            if (exception.SqlState == PostgresErrorCodes.UniqueViolation)
                await WriteConflicts.ThrowIfTakenAsync(database, caller, mark.Account, current, uniques, ct);
        });
        return restored!;
    }

    private static async Task<ViewResult> ShowAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey caller, WriteMark mark, InForce current,
        RecordView whole, long id, CancellationToken ct)
    {
        var computed = new ComputedReader(current.Schema, mark.Clock);
        computed.Ask(whole.Root.Layout, whole.Root.Computed, id);
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddCheckedRead(mark.Account, id, whole, caller, current.Versions, current.Schema);
        computed.AddBehind(batch, mark.Account, current.Versions);
        await using var reader = await batch.ReadAsync(ct);
        // Not there is what the caller would not see once it is back.
        var read = await RecordReader.ReadViewAsync(reader, whole, caller.Org, ct) ?? throw RecordAddress.NotFound();
        await computed.ReadAsync(reader, caller.Org, ct);
        return computed.Fill(read);
    }

    /// <summary>Writes what a plan says.</summary>
    /// <param name="isLive">Whether the records are live, and not in the recycle bin already.</param>
    internal static void AddRemove(
        OrgBatch batch, WriteMark mark, StackVersions versions, RemovalPlan plan, bool isLive, bool purge)
    {
        AddClear(batch, mark, versions, plan);
        var uniques = isLive ? UniquesOf(plan.Gone.Values) : [];
        if (uniques.Count > 0) batch.AddFree(mark.Account, versions, uniques);
        long[] gone = [.. plan.Gone.Keys.Order()];
        if (purge) batch.AddForget(mark.Account, plan.Gone.Values);
        if (purge) batch.AddPurge(mark, gone);
        else
            foreach (var id in gone) batch.AddDelete(mark, versions, id);
    }

    /// <summary>Finds what refers to some records of one object, and to what goes with them, and holds it.</summary>
    /// <exception cref="ProblemException"><c>record-in-use</c>: too many records hang on them.</exception>
    internal async Task FollowAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey caller, AccountKey planned,
            InForce current,
        RemovalPlan plan, SchemaObject item, long[] ids, CancellationToken ct)
    {
        var referrers = RemovalPlan.ReferrersTo(current.Schema.Whole, item);
        if (referrers.Count == 0) return;
        await using var batch = OrgBatch.Continue(connection, transaction);
        foreach (var by in referrers)
            batch.AddReadChildren(planned, by.Layout, by.Ordinal, ids, MostRecords + 1,
                current.Versions.Table(RecordSql.Table), hold: true);
        var found = new List<(Referrer By, List<StoredRecord> Records)>();
        await using (var reader = await batch.ReadAsync(ct))
        {
            foreach (var by in referrers)
            {
                found.Add((by, await RecordReader.ReadAllAsync(reader, caller.Org, ct)));
                await reader.NextResultAsync(ct);
            }
        }
        foreach (var (by, records) in found)
        {
            var next = new List<long>();
            foreach (var record in records)
            {
                if (by.Field.OnDelete == "cascade" || by.Field.Type == FieldType.MasterDetail)
                {
                    if (plan.Gone.TryAdd(record.Id, (record, by.Layout))) next.Add(record.Id);
                    else plan.Meets = true;
                }
                else if (by.Field is { OnDelete: "clear", Required: false })
                {
                    if (!plan.Cleared.TryGetValue(record.Id, out var cleared))
                        plan.Cleared[record.Id] = cleared = (record, by.Layout, []);
                    cleared.Ordinals.Add(by.Ordinal);
                }
                else plan.Holding.Add((record.Id, by));
            }
            if (plan.Gone.Count + plan.Cleared.Count > MostRecords)
                throw new ProblemException(
                    Problems.RecordInUse, $"More than {MostRecords} records hang on it. Delete some of them first.");
            if (next.Count > 0)
                await FollowAsync(connection, transaction, caller, planned, current, plan, by.Layout.Object, [.. next],
                    ct);
        }
    }

    private async Task GatherDeletedAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey caller, AccountKey planned,
            InForce current,
        Dictionary<long, (StoredRecord, ObjectLayout)> back, SchemaObject item, long[] ids, DateTime deletedAt,
            CancellationToken ct)
    {
        var referrers = RemovalPlan.ReferrersTo(current.Schema.Whole, item)
            .Where(by => by.Field.OnDelete == "cascade" || by.Field.Type == FieldType.MasterDetail).ToList();
        if (referrers.Count == 0) return;
        await using var batch = OrgBatch.Continue(connection, transaction);
        foreach (var by in referrers)
            batch.AddReadDeleted(
                planned, current.Versions, by.Layout.Prefix,
                RecordSql.Reference("r", by.Field.Place.ReadySlot, by.Field.Place.BodyKey), ids,
                deletedAt, MostRecords + 1);
        var next = new List<(SchemaObject Item, long[] Ids)>();
        await using (var reader = await batch.ReadAsync(ct))
        {
            foreach (var by in referrers)
            {
                var records = await RecordReader.ReadAllAsync(reader, caller.Org, ct);
                next.Add((by.Layout.Object,
                    [.. records.Where(record => back.TryAdd(record.Id, (record, by.Layout))).Select(r => r.Id)]));
                await reader.NextResultAsync(ct);
            }
        }
        foreach (var (child, found) in next.Where(level => level.Ids.Length > 0))
            await GatherDeletedAsync(connection, transaction, caller, planned, current, back, child, found, deletedAt,
                ct);
    }

    /// <summary>Refuses a record, live or in the recycle bin, that the caller does not see or may not delete.</summary>
    private static async Task RequireAllowedAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey planned, InForce current,
        SchemaObject item, long id, CancellationToken ct)
    {
        if (!AccessRules.Restrict(current.Schema, item, RecordRight.Delete)) return;
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddFindExisting(planned, current.Versions, [id], current.Schema, RecordRight.Read, withDeleted: true);
        batch.AddFindExisting(planned, current.Versions, [id], current.Schema, RecordRight.Delete, withDeleted: true);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) throw RecordAddress.NotFound();
        await reader.NextResultAsync(ct);
        if (!await reader.ReadAsync(ct)) throw RecordPermissions.NotThis(item.Name, RecordRight.Delete);
    }

    private static async Task<(StoredRecord Record, DateTime? DeletedAt)> HoldAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey caller, AccountKey planned,
            InForce current,
        long id, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(connection, transaction, caller, current.Versions, write: true);
        batch.AddHold(planned, current.Versions, id);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) throw RecordAddress.NotFound();
        var record = RecordReader.Read(reader, 0, caller.Org)!;
        return (record, await reader.IsDBNullAsync(RecordSql.Columns, ct)
            ? null : reader.GetDateTime(RecordSql.Columns));
    }

    private static void AddClear(OrgBatch batch, WriteMark mark, StackVersions versions, RemovalPlan plan)
    {
        foreach (var (id, (record, layout, ordinals)) in plan.Cleared.Where(cleared =>
            !plan.Gone.ContainsKey(cleared.Key)))
        {
            var before = record.ToDraft(layout);
            var after = new RecordDraft(layout, "") { Id = id, Values = [.. before.Values] };
            foreach (var ordinal in ordinals) after.Values[ordinal] = null;
            var difference = RecordDifference.Of(before, after);
            if (difference.Freed.Count > 0) batch.AddFree(mark.Account, versions, difference.Freed);
            batch.AddUpdate(mark, versions, after, record.Version, record.BodyWith(after), difference.Before,
                difference.After);
        }
    }

    private static List<UniqueValue> UniquesOf(IEnumerable<(StoredRecord Record, ObjectLayout Layout)> records) =>
        [.. records.SelectMany(one => one.Record.ToDraft(one.Layout).UniqueValues())];

    private async Task InTransactionAsync(
        Func<NpgsqlConnection, NpgsqlTransaction, Task> run, CancellationToken ct, Func<PostgresException,
            Task>? explain = null)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = await database.Records.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                await run(connection, transaction);
                await transaction.CommitAsync(ct);
                return;
            }
            catch (PostgresException exception) when (SqlStates.IsRetriable(exception) && tried < RecordEngine.Tries)
            {
                // A deadlock's victim: the other one went first.
            }
            catch (PostgresException exception) when (
                explain is not null && exception.SqlState != SqlStates.SchemaStale)
            {
                await explain(exception);
                throw;
            }
        }
    }
}
