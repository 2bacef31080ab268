using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Batches;

/// <summary>Writes a stretch of creates, updates and upserts that are about different records, all of it by a few
/// statements.</summary>
/// <remarks>
/// 1. Bind: which records. 2. Read and hold those that change. 3. Plan, in order, up to the first operation that needs
/// what one before it writes: that one begins the next stretch. 4. Settle, in order, what each refers to and who gets
/// which unique value. 5. Write. What fails before 5 writes nothing, so that the others may go on.
/// </remarks>
internal sealed class BatchWrites(BatchRun run, bool isCheck)
{
    private readonly BatchPlanner planner = new(run.Engine, run.Current, run.Mark, run.Names, isCheck);

    /// <returns>How many of the steps, from the first on, are settled.</returns>
    /// <exception cref="BatchContendedException">A record changed between finding and holding it.</exception>
    public async Task<int> RunAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            if (run.Refused.GetValueOrDefault(step.Asked.Index) is { } refused) step.Problem = refused;
            else await planner.BindAsync(step, ct);
        }
        await ReadAsync([.. steps.Where(step => step.Problem is null)], ct);
        var planned = await PlanAsync(steps, ct);
        List<BatchStep> stretch = [.. steps.Take(planned).Where(step => step.Problem is null)];
        if (!isCheck && !run.HasToStop) await NumberAsync(stretch, ct);
        await SettleAsync(stretch, ct);
        if (!isCheck && !run.HasToStop) await WriteAllowedAsync([.. stretch.Where(step => step.Problem is null)], ct);
        foreach (var step in stretch.Where(step => step is { Problem: null, Status: not 0 })) run.Wrote(step);
        return planned;
    }

    /// <summary>Writes what stays within what the caller may make and change; an operation that would not, and what
    /// refers to its record, is undone and fails.</summary>
    private async Task WriteAllowedAsync(List<BatchStep> steps, CancellationToken ct)
    {
        const string Before = "before_rules";
        while (steps.Exists(step => AccessRules.Restrict(run.Current.Schema, step.Item!, RightOf(step))))
        {
            await run.Transaction.SaveAsync(Before, ct);
            await WriteAsync(steps, ct);
            if (await RefusedAsync(steps, ct) is not { Count: > 0 } refused)
            {
                await run.Transaction.ReleaseAsync(Before, ct);
                return;
            }
            await run.Transaction.RollbackAsync(Before, ct);
            Undo(steps, refused);
            if (run.HasToStop) return;
            steps = [.. steps.Where(step => step.Problem is null)];
        }
        await WriteAsync(steps, ct);
    }

    private static RecordRight RightOf(BatchStep step) =>
        step.Created is null ? RecordRight.Edit : RecordRight.Create;

    /// <summary>The records that are none of those that the caller may make or change.</summary>
    private async Task<HashSet<long>> RefusedAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        var refused = new HashSet<long>();
        foreach (var group in steps.GroupBy(RightOf))
        {
            var ids = group.SelectMany(step => step.Created?.WithChildren().Select(draft => draft.Id) ?? [step.Id])
                .Where(id => AccessStatements.IsRestricted(run.Current.Schema, id, group.Key)).ToHashSet();
            if (ids.Count == 0) continue;
            await using var batch = run.Next();
            batch.AddFindExisting(
                run.Planned, run.Current.Versions, [.. ids.Order()], run.Current.Schema, group.Key);
            await using var reader = await batch.ReadAsync(ct);
            while (await reader.ReadAsync(ct)) ids.Remove(reader.GetInt64(0));
            refused.UnionWith(ids);
        }
        return refused;
    }

    /// <summary>Judges the steps that were undone. One that refers to what a refused one would have changed may be
    /// within its rule without that: it stays, and is tried again. The first refused one is judged always, so this
    /// ends.</summary>
    private static void Undo(IReadOnlyList<BatchStep> steps, HashSet<long> refused)
    {
        var (unmade, unchanged) = (new HashSet<long>(), new HashSet<long>());
        foreach (var step in steps)
        {
            (step.Status, step.Version) = (0, 0);
            List<RecordDraft> made = [.. step.Created?.WithChildren() ?? []];
            var wrong = step.Created is null ? refused.Contains(step.Id) ? step.Item!.Name : null
                : made.Find(draft => refused.Contains(draft.Id))?.Layout.Object.Name;
            if (step.References.Any(reference => unmade.Contains(reference.Id)))
            {
                step.IsOrphan = true;
                step.Judge();
            }
            else if (wrong is not null && !step.References.Any(reference => unchanged.Contains(reference.Id)))
                step.Problem = RecordPermissions.NotThis(wrong, RightOf(step));
            if (wrong is not null && step.Created is null) unchanged.Add(step.Id);
            if (step.Problem is not null) unmade.UnionWith(made.Select(draft => draft.Id));
        }
    }

    private async Task ReadAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        foreach (var step in steps) step.Restart();
        long[] ids = [.. steps.Where(step => step.Asked.Id is not null).Select(step => step.Id).Distinct().Order()];
        var keys = steps.Where(step => step.Key is not null).Select(KeyOf).Distinct().ToList();
        if (ids.Length + keys.Count == 0) return;
        await using var batch = run.Next();
        batch.AddHold(run.Planned, run.Current.Versions, ids, keys);
        await using var reader = await batch.ReadAsync(ct);
        var found = await RecordReader.ReadAllAsync(reader, run.Caller.Org, ct);
        await reader.DisposeAsync();
        var rights = await RightsAsync([.. found.Select(record => record.Id)], ct);
        var byId = found.ToDictionary(record => record.Id);
        var byKey = new Dictionary<(int, string, string), StoredRecord>();
        foreach (var field in steps.Where(step => step.Key is not null).Select(step => step.Key!)
            .DistinctBy(key => (key.Layout.Prefix, key.Ordinal)))
            foreach (var record in found.Where(record => new RecordId(record.Id).Prefix.Value == field.Layout.Prefix))
                if (record.ToDraft(field.Layout).Values[field.Ordinal]?.Key is { } value)
                    byKey[(field.Layout.Prefix, field.Field.Place.UniqueKey, value)] = record;
        foreach (var step in steps)
        {
            if (step.Asked.Id is not null) step.Stored = byId.GetValueOrDefault(step.Id);
            else if (step.Key is not null && byKey.TryGetValue(KeyOf(step), out var record))
                (step.Stored, step.Id) = (record, record.Id);
            if (step.Stored is { } stored) Hold(step, stored.Id, rights);
        }
    }

    private async Task<BatchRights> RightsAsync(IReadOnlyList<long> found, CancellationToken ct)
    {
        var rights = new BatchRights(run, RecordRight.Edit);
        if (run.Current.Schema.Caller is null || found.Count == 0) return rights;
        await using var batch = run.Next();
        rights.Ask(batch, found);
        if (batch.Count == 0) return rights;
        await using var reader = await batch.ReadAsync(ct);
        await rights.ReadAsync(reader, ct);
        return rights;
    }

    /// <summary>Leaves alone what the caller may not change. What he does not see is not there: an upsert makes it, and
    /// is refused for the value that another has.</summary>
    private static void Hold(BatchStep step, long id, BatchRights rights)
    {
        step.IsUnseen = !rights.Sees(id);
        if (step.IsUnseen && step.Key is not null) step.Id = 0;
        if (step.IsUnseen) step.Stored = null;
        else if (!rights.Has(id)) step.Problem = RecordPermissions.NotThis(step.Item!.Name, RecordRight.Edit);
    }

    private static (int Prefix, string Key, string Value) KeyOf(BatchStep step) =>
        (step.Key!.Layout.Prefix, step.Key.Field.Place.UniqueKey, step.Key.Value.Key!);

    private async Task<int> PlanAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        var changed = new HashSet<long>();
        var values = new HashSet<(int, string, string)>();
        foreach (var (index, step) in steps.Index())
        {
            if (step.Problem is not null) continue;
            var needsAnother = step.Stored is { } stored && !changed.Add(stored.Id)
                || step.Key is not null && values.Contains(KeyOf(step));
            if (needsAnother && !isCheck) return index;
            await planner.PlanAsync(step, run.Makes(step.Id, step), ct);
            values.UnionWith(step.Taken.Concat(step.Freed).Select(Identity));
        }
        return steps.Count;
    }

    private Task NumberAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct) => run.Engine.NumberAsync(
        run.Caller, run.Mark, run.Current,
        [.. steps.Where(step => !step.HasFailed && step.Created is not null)
            .SelectMany(step => step.Created!.WithChildren())], ct);

    private async Task SettleAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        long[] ids = [.. steps.SelectMany(step => step.References).Select(reference => reference.Id).Distinct()
            .Order()];
        List<UniqueValue> values = isCheck ? [] :
            [.. steps.Where(step => !step.HasFailed).SelectMany(step => step.Taken).DistinctBy(Identity)];
        var (there, holders) = (new HashSet<long>(), new HashSet<(int, string, string)>());
        if (ids.Length + values.Count > 0)
        {
            await using var batch = run.Next();
            batch.AddFindExisting(run.Planned, run.Current.Versions, ids, run.Current.Schema);
            if (values.Count > 0) batch.AddFindTaken(run.Planned, run.Current.Versions, values);
            await using var reader = await batch.ReadAsync(ct);
            while (await reader.ReadAsync(ct)) there.Add(reader.GetInt64(0));
            if (values.Count > 0) await reader.NextResultAsync(ct);
            while (values.Count > 0 && await reader.ReadAsync(ct))
            {
                OrgBatch.AssertOrg(reader.GetInt64(0), run.Caller.Org);
                holders.Add((reader.GetInt32(1), reader.GetString(2), reader.GetString(3)));
            }
        }
        foreach (var step in steps) Settle(step, there, holders);
    }

    private void Settle(BatchStep step, HashSet<long> there, HashSet<(int, string, string)> holders)
    {
        foreach (var (id, _, pointer) in step.References)
        {
            if (there.Contains(id)) continue;
            if (run.Maker(id, step) is not { } maker)
                step.Findings.Add(pointer, "reference-not-found", WriteConflicts.NotFound(run.Current.Schema, id));
            else if (maker.HasFailed) step.IsOrphan = true;
        }
        step.Judge();
        if (step.Problem is not null || isCheck) return;
        var taken = new HashSet<(int, string, string)>();
        var refused = step.Taken.Where(value => holders.Contains(Identity(value)) || !taken.Add(Identity(value)))
            .ToList();
        if (refused.Count > 0)
        {
            // What it looked for is there after all: another request was in between.
            if (step is { Key: not null, Stored: null, IsUnseen: false } && holders.Contains(KeyOf(step)))
                throw new BatchContendedException();
            step.Problem = WriteConflicts.Taken(refused);
            return;
        }
        foreach (var value in step.Freed) holders.Remove(Identity(value));
        holders.UnionWith(taken);
    }

    private async Task WriteAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        var mark = run.NextMark();
        var created = steps.Where(step => step.Created is not null).ToList();
        var made = created.Select(step => step.Id).ToHashSet();
        long[] required = [.. steps.SelectMany(step => step.References).Select(reference => reference.Id).Distinct()
            .Where(id => !made.Contains(id)).Order()];
        var freed = steps.SelectMany(step => step.Freed).ToList();
        var taken = steps.SelectMany(step => step.Taken).ToList();
        var changed = steps.Where(step => step.Difference is { IsNone: false }).ToList();
        var drafts = created.SelectMany(step => step.Created!.WithChildren()).ToList();
        if (drafts.Count + changed.Count > 0)
        {
            await using var batch = run.Next();
            if (freed.Count > 0) batch.AddFree(run.Planned, run.Current.Versions, freed);
            if (taken.Count > 0) batch.AddTake(run.Planned, run.Current.Versions, taken);
            // Holds them: between the check and here one may have been deleted.
            if (required.Length > 0) batch.AddRequire(run.Planned, run.Current.Versions, required);
            foreach (var group in drafts.GroupBy(draft => draft.Layout))
                batch.AddInsert(mark, run.Current.Versions, group.Key, [.. group]);
            foreach (var step in changed)
                batch.AddUpdate(mark, run.Current.Versions, step.Changed!, step.Stored!.Version,
                    step.Stored.BodyWith(step.Changed!), step.Difference!.Before, step.Difference.After);
            await using var reader = await batch.ReadAsync(ct);
            if (await RecordEngine.CountWrittenAsync(reader, run.Caller.Org, ct) != drafts.Count + changed.Count)
                throw new InvalidOperationException("A record was not written, and nothing said so.");
        }
        foreach (var step in steps)
            (step.Status, step.Version) = step.Stored is { } stored
                ? (200, step.Difference!.IsNone ? stored.Version : stored.Version + 1)
                : (201, 1);
    }

    private static (int, string, string) Identity(UniqueValue value) => (value.Prefix, value.FieldKey, value.Value);
}
