using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;
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

    private readonly AutoNumbers autoNumbers = new(database, time);

    public CellDatabase Database => database;

    /// <param name="language">Of what is said about rules: what is wanted, the best first, by commas.</param>
    public WriteMark Mark(Caller caller, string language = Languages.English)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new WriteMark(caller.Key, caller.Context.Actor, Activity.Current?.TraceId.ToString() ?? "",
            new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc))
        {
            Zone = caller.Context.TimeZone, Language = language,
        };
    }

    /// <summary>One live record as a view shows it, or null.</summary>
    public async Task<ViewResult?> ReadAsync(
        AccountKey caller, AccountKey planned, InForce current, RecordView view, long id, CancellationToken ct)
    {
        await using var batch = OrgBatch.EnterChecking(database.Records, caller, write: false);
        batch.AddCheckedRead(planned, id, view, caller, current.Versions, current.Schema);
        foreach (var child in view.Children)
        {
            var layout = ObjectLayout.Of(current.Schema.Find(child.Object)!);
            batch.AddReadChildren(planned, layout, layout.Find(child.Field), [id], MostChildren + 1,
                current.Versions.Table(RecordSql.Table), schema: current.Schema);
        }
        await using var reader = await batch.ReadAsync(ct);
        return await RecordReader.ReadViewAsync(reader, view, caller.Org, ct);
    }

    /// <summary>The same with computed fields, in one more round trip where the view shows any.</summary>
    public async Task<ViewResult?> ShowAsync(
        AccountKey caller, AccountKey planned, InForce current, RecordView view, long id, QueryClock clock,
        CancellationToken ct)
    {
        var read = await ReadAsync(caller, planned, current, view, id, ct);
        if (read is null || !view.IsComputed) return read;
        var computed = new ComputedReader(current.Schema, clock);
        computed.Ask(view, read);
        computed.Plan(planned, current.Versions);
        await using var batch = OrgBatch.Enter(database.Queries, caller, current.Versions, write: false);
        computed.AddTo(batch);
        await using var reader = await batch.ReadAsync(ct);
        await computed.ReadAsync(reader, caller.Org, ct);
        return computed.Fill(read);
    }

    /// <summary>Writes a new record and the children in it, or nothing; what is computed of them is read in the same
    /// transaction.</summary>
    /// <exception cref="ProblemException"><c>record-invalid</c> (a reference), <c>value-taken</c>.</exception>
    public async Task CreateAsync(AccountKey caller, WriteMark mark, InForce current, RecordDraft root,
        CancellationToken ct)
    {
        var drafts = root.WithChildren().ToList();
        foreach (var draft in drafts) draft.Id = await NewIdAsync(draft.Layout, ct);
        foreach (var draft in drafts)
            if (draft.Master is { } master) draft.Values[draft.MasterOrdinal] = ReferenceCodec.Store(master.Id);
        await NumberAsync(caller, mark, current, drafts, ct);
        var references = drafts.SelectMany(draft => draft.References()).ToList();
        var uniques = drafts.SelectMany(draft => draft.UniqueValues()).ToList();
        WriteConflicts.RefuseTwice(uniques);
        var computed = new ComputedReader(current.Schema, mark.Clock);
        foreach (var draft in drafts) computed.Ask(draft.Shown, draft.Shown.Computed, draft.Id);
        await RetryAsync(caller, current, mark.Account, references, uniques, RecordRight.Create, async () =>
        {
            // What a rule refuses must not be told by a schema that is not in force: then the check comes first.
            var alone = drafts.Count == 1 && !IsRuled(current, references, [root.Id], RecordRight.Create);
            await using var batch = alone ? OrgBatch.EnterChecking(database.Records, caller, write: true)
                : OrgBatch.Enter(database.Records, caller, current.Versions, write: true);
            batch.AddRequireSeen(mark.Account, current.Versions, Distinct(references), current.Schema);
            if (references.Count > 0) batch.AddRequire(mark.Account, current.Versions, Distinct(references));
            if (uniques.Count > 0) batch.AddTake(mark.Account, current.Versions, uniques);
            if (alone) batch.AddCheckedInsert(mark, caller, current.Versions, root);
            else foreach (var group in drafts.GroupBy(draft => draft.Layout))
                batch.AddInsert(mark, current.Versions, group.Key, [.. group]);
            batch.AddRequireAllowed(mark.Account, current.Versions, [.. drafts.Select(draft => draft.Id)],
                current.Schema, RecordRight.Create);
            batch.AddRules(mark, current, drafts);
            computed.AddBehind(batch, mark.Account, current.Versions);
            await using var reader = await batch.ReadAsync(ct);
            if (await CountWrittenAsync(reader, caller.Org, ct, computed) != drafts.Count)
                throw new InvalidOperationException("A record was not written, and nothing said so.");
        }, Tries, ct, drafts, mark);
        foreach (var draft in drafts) draft.Computed = computed.MembersOf(draft.Id);
    }

    /// <summary>Writes a changed record over the version that was read; what is computed of it is read in the same
    /// transaction.</summary>
    /// <param name="held">Makes a batch of the transaction that holds the record; null where nothing holds it.</param>
    /// <returns>Null where the record has changed since or is gone.</returns>
    public async Task<StoredRecord?> UpdateAsync(
        AccountKey caller, WriteMark mark, InForce current, StoredRecord stored, RecordDraft before,
        RecordDraft after, Func<OrgBatch>? held, CancellationToken ct)
    {
        var difference = RecordDifference.Of(before, after);
        var computed = new ComputedReader(current.Schema, mark.Clock);
        computed.Ask(after.Shown, after.Shown.Computed, after.Id);
        if (difference.IsNone)
        {
            if (after.Shown.Computed.Length == 0) return stored;
            await using var batch = held?.Invoke()
                ?? OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
            computed.AddBehind(batch, mark.Account, current.Versions);
            await using var reader = await batch.ReadAsync(ct);
            await computed.ReadAsync(reader, caller.Org, ct);
            return stored with { Body = ComputedReader.With(stored.Body, computed.MembersOf(stored.Id)) };
        }
        var body = stored.BodyWith(after);
        var updated = false;
        await RetryAsync(caller, current, mark.Account, difference.References, difference.Taken, RecordRight.Edit,
            async () =>
        {
            var ruled = IsRuled(current, difference.References, [after.Id], RecordRight.Edit);
            await using var batch = held?.Invoke()
                ?? (ruled ? OrgBatch.Enter(database.Records, caller, current.Versions, write: true)
                    : OrgBatch.EnterChecking(database.Records, caller, write: true));
            // Where another request was first, nothing of this one may stay: not its unique values either.
            var asks = RuleSql.Asks(current.Schema, after.Layout);
            if (asks || difference.Freed.Count + difference.Taken.Count > 0)
                batch.AddRequireVersion(mark.Account, current.Versions, after.Id, stored.Version);
            // What may be changed now, and after it; between the two, for a rule may read what it refers to.
            batch.AddRequireAllowed(mark.Account, current.Versions, [after.Id], current.Schema, RecordRight.Edit);
            batch.AddRequireSeen(mark.Account, current.Versions, Distinct(difference.References), current.Schema);
            batch.AddUpdate(mark, current.Versions, after, stored.Version, body, difference.Before, difference.After,
                check: held is null && !ruled ? caller : null);
            batch.AddRequireAllowed(mark.Account, current.Versions, [after.Id], current.Schema, RecordRight.Edit);
            if (asks) batch.AddRules(mark, current, [after]);
            if (difference.References.Count > 0)
                batch.AddRequire(mark.Account, current.Versions, Distinct(difference.References));
            if (difference.Freed.Count > 0) batch.AddFree(mark.Account, current.Versions, difference.Freed);
            if (difference.Taken.Count > 0) batch.AddTake(mark.Account, current.Versions, difference.Taken);
            computed.AddBehind(batch, mark.Account, current.Versions);
            await using var reader = await batch.ReadAsync(ct);
            updated = await CountWrittenAsync(reader, caller.Org, ct, computed) == 1;
        }, held is null ? Tries : 1, ct, [after], mark);
        return updated
            ? stored with { Version = stored.Version + 1, ModifiedAt = mark.At, ModifiedBy = mark.Actor,
                Body = ComputedReader.With(System.Text.Encoding.UTF8.GetBytes(body), computed.MembersOf(after.Id)) }
            : null;
    }

    /// <summary>Merges a body into a record; where another request changes it at the same time, into what that
    /// made.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>version-mismatch</c>, <c>record-invalid</c>,
    /// <c>value-taken</c>.</exception>
    public async Task<StoredRecord> PatchAsync(
        HttpContext http, AccountKey caller, WriteMark mark, InForce current, RecordView whole, long id,
            JsonElement body,
        CancellationToken ct)
    {
        StoredRecord stored;
        using (http.Timing("read"))
            stored = (await ReadAsync(caller, mark.Account, current, whole, id, ct))?.Record
                ?? throw RecordAddress.NotFound();
        RecordBody.RequireMatch(http, stored.Version);
        var (before, after) = await PlanAsync(http, caller, mark, current, whole, stored, body, ct);
        using (http.Timing("execute"))
            return await UpdateAsync(caller, mark, current, stored, before, after, null, ct)
                ?? await PatchHeldAsync(http, caller, mark, current, whole, id, body, ct);
    }

    /// <summary>The same with the record held from its reading on: for a record that others change at the same
    /// time.</summary>
    private async Task<StoredRecord> PatchHeldAsync(
        HttpContext http, AccountKey caller, WriteMark mark, InForce current, RecordView whole, long id,
        JsonElement body, CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        StoredRecord? stored = null;
        await using (var batch = OrgBatch.Enter(connection, transaction, caller, current.Versions, write: true))
        {
            batch.AddHold(mark.Account, current.Versions, id);
            var ruled = AccessStatements.IsRestricted(current.Schema, id, RecordRight.Read);
            if (ruled) batch.AddFindExisting(mark.Account, current.Versions, [id], current.Schema);
            await using var reader = await batch.ReadAsync(ct);
            if (await reader.ReadAsync(ct) && await reader.IsDBNullAsync(RecordSql.Columns, ct))
                stored = RecordReader.Read(reader, 0, caller.Org);
            if (ruled && (!await reader.NextResultAsync(ct) || !await reader.ReadAsync(ct))) stored = null;
        }
        if (stored is null) throw RecordAddress.NotFound();
        RecordBody.RequireMatch(http, stored.Version);
        var (before, after) = await PlanAsync(http, caller, mark, current, whole, stored, body, ct);
        var changed = await UpdateAsync(caller, mark, current, stored, before, after,
            () => OrgBatch.Continue(connection, transaction), ct);
        await transaction.CommitAsync(ct);
        return changed ?? throw new InvalidOperationException("A record that is held was changed by another.");
    }

    private async Task<(RecordDraft Before, RecordDraft After)> PlanAsync(
        HttpContext http, AccountKey caller, WriteMark mark, InForce current, RecordView whole, StoredRecord stored,
        JsonElement body, CancellationToken ct)
    {
        using var timing = http.Timing("plan");
        var before = stored.ToDraft(whole.Root.Layout);
        var findings = new RecordFindings();
        var after = new RecordPlanner(current.Schema, findings, mark).Merge(before, body, stored);
        if (findings.Any) await FindMissingAsync(caller, mark.Account, current, after, findings, ct);
        findings.ThrowIfAny();
        return (before, after);
    }

    /// <summary>Changes the record that has the key, or makes it; whichever of two requests at once is second
    /// changes.</summary>
    public async Task<(RecordDraft? Created, StoredRecord? Changed)> UpsertAsync(
        HttpContext http, AccountKey caller, WriteMark mark, InForce current, SchemaObject item, UpsertKey key,
            JsonElement body,
        CancellationToken ct)
    {
        for (var tried = 1; ; tried++)
        {
            var unseen = false;
            try
            {
                var found = await FindAsync(caller, mark.Account, current, key, ct);
                // What he does not see is not there: it is made, and refused for the value that another has.
                unseen = found is { } one && !await SeesAsync(caller, mark.Account, current, one, ct);
                if (found is { } id && !unseen)
                {
                    current.Schema.Require(item, RecordRight.Edit);
                    CheckKey(current, key, body);
                    return (null, await PatchAsync(http, caller, mark, current, RecordView.Whole(item), id, body, ct));
                }
                var findings = new RecordFindings();
                var draft = new RecordPlanner(current.Schema, findings, mark).Create(item, body, key);
                if (findings.Any) await FindMissingAsync(caller, mark.Account, current, draft, findings, ct);
                findings.ThrowIfAny();
                using (http.Timing("execute")) await CreateAsync(caller, mark, current, draft, ct);
                return (draft, null);
            }
            catch (ProblemException problem) when (tried < Tries && !unseen && IsRace(problem, key))
            {
                // Another request made it in between, or deleted it: look again.
            }
        }
    }

    private static bool IsRace(ProblemException problem, UpsertKey key) =>
        problem.Problem == Problems.NotFound
        || (problem.Problem == Problems.ValueTaken
            && problem.Errors.Any(finding => finding.Pointer == RecordFindings.Step("", key.Field.Name)));

    /// <summary>A body may bring the key again, but not another.</summary>
    private static void CheckKey(InForce current, UpsertKey key, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty(key.Field.Name, out var given)) return;
        var findings = new RecordFindings();
        var draft = new RecordDraft(key.Layout, "");
        if (given.ValueKind == JsonValueKind.Null)
            draft.Values[key.Ordinal] = new StoredValue("null", null, null);
        else if (key.Layout.Fields[key.Ordinal].Codec.TryRead(current.Schema, key.Field, given, out var value, out _))
            draft.Values[key.Ordinal] = value;
        else
            return; // the merge says what is wrong with it
        key.Apply(draft, findings);
        findings.ThrowIfAny();
    }

    private async Task<long?> FindAsync(
        AccountKey caller, AccountKey planned, InForce current, UpsertKey key, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddFindByUnique(
            planned, current.Versions, key.Layout.Prefix, key.Field.Place.UniqueKey, [key.Value.Key!]);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        OrgBatch.AssertOrg(reader.GetInt64(0), caller.Org);
        return reader.GetInt64(2);
    }

    /// <summary>Whether the caller sees a record that is there.</summary>
    private async Task<bool> SeesAsync(
        AccountKey caller, AccountKey planned, InForce current, long id, CancellationToken ct)
    {
        if (!AccessStatements.IsRestricted(current.Schema, id, RecordRight.Read)) return true;
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddFindExisting(planned, current.Versions, [id], current.Schema);
        await using var reader = await batch.ReadAsync(ct);
        return await reader.ReadAsync(ct);
    }

    /// <summary>Whether rules have a say in a write of some records, or in what it refers to.</summary>
    private static bool IsRuled(
        InForce current, IEnumerable<(long Id, int Ordinal, string Pointer)> references, IEnumerable<long> ids,
        RecordRight right) => current.Schema.Caller is not null
        && (ids.Any(id => AccessStatements.IsRestricted(current.Schema, id, right))
            || references.Any(
                reference => AccessStatements.IsRestricted(current.Schema, reference.Id, RecordRight.Read)));

    /// <summary>Adds the references of a draft that is wrong anyway and that no record has, so that all is said at
    /// once.</summary>
    public async Task FindMissingAsync(
        AccountKey caller, AccountKey planned, InForce current, RecordDraft root, RecordFindings findings,
            CancellationToken ct)
    {
        var references = root.WithChildren().SelectMany(draft => draft.References()).ToList();
        if (references.Count == 0) return;
        await using var batch = OrgBatch.Enter(database.Records, caller, current.Versions, write: false);
        batch.AddFindExisting(planned, current.Versions, Distinct(references), current.Schema);
        await using var reader = await batch.ReadAsync(ct);
        var there = new HashSet<long>();
        while (await reader.ReadAsync(ct)) there.Add(reader.GetInt64(0));
        foreach (var (id, _, pointer) in references.Where(reference => !there.Contains(reference.Id)))
            findings.Add(pointer, "reference-not-found", WriteConflicts.NotFound(current.Schema, id));
    }

    public async ValueTask<long> NewIdAsync(ObjectLayout layout, CancellationToken ct) =>
        RecordId.Create(layout.Object.Prefix, await numbers.NextAsync(ct)).Value;

    /// <summary>Gives numbers to the auto-number fields of new records: before they are written, so that one that fails
    /// leaves a gap.</summary>
    public async Task NumberAsync(
        AccountKey caller, WriteMark mark, InForce current, IReadOnlyList<RecordDraft> drafts, CancellationToken ct)
    {
        var wanted = (from draft in drafts
                      from ordinal in Enumerable.Range(0, draft.Layout.Fields.Length)
                      where draft.Layout.Fields[ordinal].Field.Type == Schema.FieldType.AutoNumber
                      group draft by (draft.Layout, ordinal)).ToList();
        if (wanted.Count == 0) return;
        foreach (var group in wanted)
        {
            var field = group.Key.Layout.Fields[group.Key.ordinal].Field;
            var taken = await autoNumbers.TakeAsync(caller, mark.Account, current, group.Key.Layout.Prefix,
                field.Place.BodyKey, group.Count(), ct);
            foreach (var (index, draft) in group.Index())
                draft.Values[group.Key.ordinal] = AutoNumber.Format(field, taken[index]);
        }
    }

    private async Task RetryAsync(
        AccountKey caller, InForce current, AccountKey planned,
        IReadOnlyList<(long Id, int Ordinal, string Pointer)> references, IReadOnlyList<UniqueValue> uniques,
        RecordRight right, Func<Task> write, int tries, CancellationToken ct, IReadOnlyList<RecordDraft> drafts,
        WriteMark mark)
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
            catch (PostgresException exception) when (exception.SqlState == WriteConflicts.NotAllowed)
            {
                throw WriteConflicts.Refused(exception, current.Schema, right);
            }
            catch (PostgresException exception) when (exception.SqlState == RuleSql.Broken)
            {
                throw new ProblemException(Problems.RecordInvalid, "Mend what errors lists.",
                    [.. RuleSql.Read(exception, drafts, current, mark).SelectMany(found => found.Value.All)]);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                await WriteConflicts.ThrowIfTakenAsync(database, caller, planned, current, uniques, ct);
                if (tried == tries) throw; // taken and freed again, time after time
            }
            catch (PostgresException exception) when (exception.SqlState == WriteConflicts.VersionGone)
            {
                return;
            }
            catch (PostgresException exception) when (SqlStates.IsRetriable(exception) && tried < tries)
            {
                // A deadlock's victim: the other one went first.
            }
        }
    }

    /// <summary>Counts the rows that name their org, over all results of a batch.</summary>
    /// <param name="computed">Takes the results that are its own; null where there are none.</param>
    internal static async Task<int> CountWrittenAsync(
        NpgsqlDataReader reader, OrgId org, CancellationToken ct, ComputedReader? computed = null)
    {
        var written = 0;
        do
        {
            if (computed is not null && await computed.TryReadAsync(reader, org, ct)) continue;
            if (reader.FieldCount == 1 && reader.GetName(0) == "org_id")
                written += await RecordReader.CountAsync(reader, org, ct);
        }
        while (await reader.NextResultAsync(ct));
        return written;
    }

    private static long[] Distinct(IEnumerable<(long Id, int Ordinal, string Pointer)> references) =>
        [.. references.Select(reference => reference.Id).Distinct().Order()];
}
