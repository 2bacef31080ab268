using System.Diagnostics;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;

namespace Xingchen.Records.Execute;

/// <summary>What was read for one view.</summary>
/// <param name="Rows">The record, then the parents that the view reaches, by number.</param>
/// <param name="Children">By relationship, in the order of the view.</param>
internal sealed record ViewResult(StoredRecord?[] Rows, IReadOnlyList<List<StoredRecord>> Children)
{
    public StoredRecord Record => Rows[0]!;
}

/// <summary>Reads and writes single records: one round trip each, two for a change.</summary>
internal sealed class RecordEngine(CellDatabase database, RecordNumbers numbers, TimeProvider time)
{
    /// <summary>Child records that a view shows of one relationship at most.</summary>
    public const int MostChildren = 2_000;

    /// <summary>How often a write that lost a race is done again.</summary>
    public const int Tries = 5;

    public CellDatabase Database => database;

    public WriteMark Mark(Caller caller)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new WriteMark(caller.Key, caller.Context.Actor, Activity.Current?.TraceId.ToString() ?? "",
            new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc));
    }

    /// <summary>One live record as a view shows it, or null.</summary>
    public async Task<ViewResult?> ReadAsync(
        AccountKey caller, AccountKey planned, InForce current, RecordView view, long id, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddRead(planned, id, view);
        foreach (var child in view.Children)
        {
            var layout = ObjectLayout.Of(current.Schema.Find(child.Object)!);
            batch.AddReadChildren(planned, layout, layout.Find(child.Field), [id], MostChildren + 1, lockRows: false);
        }
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var rows = new StoredRecord?[view.Parents.Count + 1];
        for (var i = 0; i < rows.Length; i++) rows[i] = RecordReader.Read(reader, i * RecordSql.Columns, caller.Org);
        var children = new List<List<StoredRecord>>();
        foreach (var child in view.Children)
        {
            await reader.NextResultAsync(ct);
            children.Add(await RecordReader.ReadAllAsync(reader, caller.Org, ct));
            if (children[^1].Count > MostChildren)
                throw new ProblemException(Problems.RequestInvalid,
                    $"The record has more than {MostChildren} {child.Name}: list them by a filter instead.");
        }
        return new ViewResult(rows, children);
    }

    /// <summary>Writes a new record and the children in it, or nothing.</summary>
    /// <exception cref="ProblemException"><c>record-invalid</c> (a reference), <c>value-taken</c>.</exception>
    public async Task CreateAsync(AccountKey caller, WriteMark mark, InForce current, RecordDraft root, CancellationToken ct)
    {
        var drafts = root.WithChildren().ToList();
        foreach (var draft in drafts) draft.Id = await NewIdAsync(draft.Layout, ct);
        foreach (var draft in drafts)
            if (draft.Master is { } master) draft.Values[draft.MasterOrdinal] = ReferenceCodec.Store(master.Id);
        await NumberAsync(caller, mark, current, drafts, ct);
        var references = drafts.SelectMany(draft => draft.References()).ToList();
        var uniques = drafts.SelectMany(draft => draft.UniqueValues()).ToList();
        WriteConflicts.RefuseTwice(uniques);
        await RetryAsync(caller, current, mark.Account, references, uniques, async () =>
        {
            await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: true);
            if (references.Count > 0) batch.AddRequire(mark.Account, Distinct(references));
            if (uniques.Count > 0) batch.AddTake(mark.Account, uniques);
            var written = 0;
            foreach (var group in drafts.GroupBy(draft => draft.Layout)) batch.AddInsert(mark, group.Key, [.. group]);
            await using var reader = await batch.ReadAsync(ct);
            do
            {
                if (reader.FieldCount == 1 && reader.GetName(0) == "org_id")
                    written += await RecordReader.CountAsync(reader, caller.Org, ct);
            }
            while (await reader.NextResultAsync(ct));
            if (written != drafts.Count) throw new InvalidOperationException("A record was not written, and nothing said so.");
        }, ct);
    }

    /// <summary>Writes a changed record over the version that was read.</summary>
    /// <returns>Null where the record has changed since or is gone.</returns>
    public async Task<StoredRecord?> UpdateAsync(
        AccountKey caller, WriteMark mark, InForce current, StoredRecord stored, RecordDraft before, RecordDraft after, CancellationToken ct)
    {
        var difference = RecordDifference.Of(before, after);
        if (difference.IsNone) return stored;
        var body = stored.BodyWith(after);
        var updated = false;
        await RetryAsync(caller, current, mark.Account, difference.References, difference.Taken, async () =>
        {
            await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: true);
            batch.AddUpdate(mark, after, stored.Version, body, difference.Before, difference.After);
            if (difference.References.Count > 0) batch.AddRequire(mark.Account, Distinct(difference.References));
            if (difference.Freed.Count > 0) batch.AddFree(mark.Account, difference.Freed);
            if (difference.Taken.Count > 0) batch.AddTake(mark.Account, difference.Taken);
            // Where another request was first, nothing of this one may stay.
            batch.AddRequireVersion(mark.Account, after.Id, stored.Version + 1);
            await batch.ExecuteAsync(ct);
            updated = true;
        }, ct);
        return updated
            ? stored with { Version = stored.Version + 1, ModifiedAt = mark.At, ModifiedBy = mark.Actor, Body = System.Text.Encoding.UTF8.GetBytes(body) }
            : null;
    }

    public async ValueTask<long> NewIdAsync(ObjectLayout layout, CancellationToken ct) =>
        RecordId.Create(layout.Object.Prefix, await numbers.NextAsync(ct)).Value;

    /// <summary>Gives numbers to the auto-number fields of new records, in a transaction of its own: gaps are allowed.</summary>
    public async Task NumberAsync(
        AccountKey caller, WriteMark mark, InForce current, IReadOnlyList<RecordDraft> drafts, CancellationToken ct)
    {
        var wanted = (from draft in drafts
                      from ordinal in Enumerable.Range(0, draft.Layout.Fields.Length)
                      where draft.Layout.Fields[ordinal].Field.Type == Schema.FieldType.AutoNumber
                      group draft by (draft.Layout, ordinal)).ToList();
        if (wanted.Count == 0) return;
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: true);
        foreach (var group in wanted)
            batch.AddNumber(mark.Account, group.Key.Layout.Prefix,
                group.Key.Layout.Fields[group.Key.ordinal].Field.Place.BodyKey, group.Count());
        await using var reader = await batch.ReadAsync(ct);
        foreach (var group in wanted)
        {
            await reader.ReadAsync(ct);
            OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
            var next = reader.GetInt64(1);
            var field = group.Key.Layout.Fields[group.Key.ordinal].Field;
            foreach (var draft in group) draft.Values[group.Key.ordinal] = AutoNumber.Format(field, next++);
            await reader.NextResultAsync(ct);
        }
    }

    private async Task RetryAsync(
        AccountKey caller, InForce current, AccountKey planned,
        IReadOnlyList<(long Id, int Ordinal, string Pointer)> references, IReadOnlyList<UniqueValue> uniques,
        Func<Task> write, CancellationToken ct)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                await write();
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == WriteConflicts.ReferenceNotFound)
            {
                throw WriteConflicts.References(exception, references, current.Schema);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                await WriteConflicts.ThrowIfTakenAsync(database, caller, planned, current, uniques, ct);
                if (tried == Tries) throw; // taken and freed again, five times over
            }
            catch (PostgresException exception) when (exception.SqlState == WriteConflicts.VersionGone)
            {
                return;
            }
            catch (PostgresException exception) when (SqlStates.IsRetriable(exception) && tried < Tries)
            {
                // A deadlock's victim: the other one went first.
            }
        }
    }

    private static long[] Distinct(IEnumerable<(long Id, int Ordinal, string Pointer)> references) =>
        [.. references.Select(reference => reference.Id).Distinct().Order()];
}
