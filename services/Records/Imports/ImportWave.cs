using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Imports;

/// <summary>Writes rows of a chunk that are about different records, in its transaction.</summary>
/// <remarks>
/// 1. Find what the rows refer to and which records they change. 2. Check them against the schema. 3. Settle, row by
/// row in the order of the file, who gets which unique value. 4. Write. A row waits on where a reference to another
/// record of its own object was not found: a later row may be that record.
/// </remarks>
internal sealed class ImportWave(
    RecordEngine engine, InForce current, AccountKey account, AccountKey planned, NpgsqlConnection connection,
    NpgsqlTransaction transaction, WriteMark mark, ImportTarget target, string? by,
    Dictionary<long, IReadOnlyList<Finding>> refused)
{
    /// <returns>False where another transaction took a value in between, or rows break rules that only the database
    /// could ask: roll back and try again.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<ImportRow> wave, ImportColumn[] columns, CancellationToken ct)
    {
        await FindAsync(wave, ct);
        var rows = wave.Where(row => !row.IsUnresolved || row.Findings.Count > 0).ToList();
        foreach (var row in rows) row.Plan(target, columns, mark);
        var drafts = Drafts(rows.Where(row => row.Findings.Count == 0)).ToList();
        await engine.NumberAsync(account, mark, current, drafts, ct);
        foreach (var draft in drafts) draft.Id = await engine.NewIdAsync(draft.Layout, ct);
        foreach (var draft in drafts)
            if (draft.Master is { } master) draft.Values[draft.MasterOrdinal] = ReferenceCodec.Store(master.Id);
        await SettleAsync(rows, ct);
        return await WriteAllowedAsync([.. rows.Where(row => row.Findings.Count == 0)], ct);
    }

    /// <summary>Writes the rows that stay within what the caller may make and change; the others are undone and
    /// fail.</summary>
    private async Task<bool> WriteAllowedAsync(List<ImportRow> rows, CancellationToken ct)
    {
        const string Before = "before_rules";
        while (rows.Exists(row =>
            IdsOf(row).Any(id => AccessStatements.IsRestricted(current.Schema, id, RightOf(row)))))
        {
            await transaction.SaveAsync(Before, ct);
            if (!await WriteAsync(rows, ct)) return false;
            var outside = await RefusedAsync(rows, ct);
            if (outside.Count == 0) return true;
            await transaction.RollbackAsync(Before, ct);
            foreach (var row in rows)
            {
                row.IsWritten = false;
                if (IdsOf(row).Any(outside.Contains)) row.Fail(Problems.PermissionMissing.Slug,
                    RecordPermissions.NotThis(target.Layout.Object.Name, RightOf(row)).Detail, "");
            }
            rows = [.. rows.Where(row => row.Findings.Count == 0)];
        }
        return await WriteAsync(rows, ct);
    }

    private static RecordRight RightOf(ImportRow row) => row.Stored is null ? RecordRight.Create : RecordRight.Edit;

    private static IEnumerable<long> IdsOf(ImportRow row) =>
        row.Stored is { } stored ? [stored.Id] : row.After!.WithChildren().Select(draft => draft.Id);

    private async Task<HashSet<long>> RefusedAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        var outside = new HashSet<long>();
        foreach (var group in rows.GroupBy(RightOf))
        {
            var ids = group.SelectMany(IdsOf)
                .Where(id => AccessStatements.IsRestricted(current.Schema, id, group.Key)).ToHashSet();
            if (ids.Count == 0) continue;
            ids.ExceptWith(await ExistingAsync([.. ids.Order()], group.Key, ct));
            outside.UnionWith(ids);
        }
        return outside;
    }

    private static IEnumerable<RecordDraft> Drafts(IEnumerable<ImportRow> rows) =>
        rows.Where(row => row.Stored is null).SelectMany(row => row.After!.WithChildren());

    /// <summary>Finds, each in one statement, what every reference by a unique value means, and which records are
    /// changed.</summary>
    private async Task FindAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        var lookups = rows.SelectMany(row => row.Lookups).GroupBy(wanted => wanted.Column.By!).ToList();
        await using var batch = OrgBatch.Continue(connection, transaction);
        foreach (var lookup in lookups)
            batch.AddFindByUnique(planned, current.Versions, lookup.Key.Target.Prefix,
                lookup.Key.Field.Field.Place.UniqueKey, [.. lookup.Select(wanted => wanted.Key).Distinct()]);
        string[] keys = by is null ? [] : [.. rows.Where(row => row.Key is not null).Select(row => row.Key!)];
        if (keys.Length > 0)
            batch.AddFindByUnique(planned, current.Versions, target.Layout.Prefix,
                target.UniqueField(by!).Field.Place.UniqueKey, keys);
        if (batch.Count == 0) return;
        var found = new Dictionary<ImportLookup, Dictionary<string, long>>();
        var existing = new Dictionary<string, long>();
        await using (var reader = await batch.ReadAsync(ct))
        {
            foreach (var lookup in lookups) found[lookup.Key] = await ReadFoundAsync(reader, ct);
            if (keys.Length > 0) existing = await ReadFoundAsync(reader, ct);
        }
        await SeeAsync(found, ct);
        foreach (var row in rows) row.Resolve(found, target.Layout.Prefix);
        if (existing.Count > 0) await ReadExistingAsync(rows, existing, ct);
    }

    /// <summary>Forgets what was found and the caller does not see.</summary>
    private async Task SeeAsync(Dictionary<ImportLookup, Dictionary<string, long>> found, CancellationToken ct)
    {
        long[] ids = [.. found.Values.SelectMany(keys => keys.Values)
            .Where(id => AccessStatements.IsRestricted(current.Schema, id, RecordRight.Read)).Distinct().Order()];
        if (ids.Length == 0) return;
        var seen = await ExistingAsync(ids, RecordRight.Read, ct);
        var unseen = ids.Except(seen).ToHashSet();
        foreach (var keys in found.Values)
            foreach (var (key, _) in keys.Where(pair => unseen.Contains(pair.Value)).ToList()) keys.Remove(key);
    }

    private async Task<HashSet<long>> ExistingAsync(long[] ids, RecordRight right, CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddFindExisting(planned, current.Versions, ids, current.Schema, right);
        await using var reader = await batch.ReadAsync(ct);
        var there = new HashSet<long>();
        while (await reader.ReadAsync(ct)) there.Add(reader.GetInt64(0));
        return there;
    }

    private async Task<Dictionary<string, long>> ReadFoundAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        var found = new Dictionary<string, long>();
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            found[reader.GetString(1)] = reader.GetInt64(2);
        }
        await reader.NextResultAsync(ct);
        return found;
    }

    private async Task ReadExistingAsync(
        IReadOnlyList<ImportRow> rows, Dictionary<string, long> existing, CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddHoldLive(planned, current.Versions, [.. existing.Values.Order()]);
        await using var reader = await batch.ReadAsync(ct);
        var stored = (await RecordReader.ReadAllAsync(reader, account.Org, ct)).ToDictionary(record => record.Id);
        foreach (var row in rows)
            if (row.Key is { } key && existing.TryGetValue(key, out var id)) row.Stored = stored.GetValueOrDefault(id);
        await reader.DisposeAsync();
        await HoldAsync(rows, ct);
    }

    /// <summary>Fails rows about records that the caller may not change. What he does not see is not there: the row
    /// makes it, and fails for the value that another has.</summary>
    private async Task HoldAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        long[] ids = [.. rows.Where(row => row.Stored is not null).Select(row => row.Stored!.Id)
            .Where(id => AccessStatements.IsRestricted(current.Schema, id, RecordRight.Edit)).Distinct().Order()];
        if (ids.Length == 0) return;
        var (seen, allowed) = (await ExistingAsync(ids, RecordRight.Read, ct),
            await ExistingAsync(ids, RecordRight.Edit, ct));
        foreach (var row in rows)
            if (row.Stored is not { } stored || !ids.Contains(stored.Id)) continue;
            else if (!seen.Contains(stored.Id)) row.Stored = null;
            else if (!allowed.Contains(stored.Id)) row.Fail(Problems.PermissionMissing.Slug,
                RecordPermissions.NotThis(target.Layout.Object.Name, RecordRight.Edit).Detail, "");
    }

    /// <summary>Fails rows whose references are not there, and rows that want a unique value that a record or a row
    /// before them has. A row that fails takes nothing and frees nothing.</summary>
    private async Task SettleAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        var values = rows.SelectMany(Taken).ToList();
        var ids = rows.SelectMany(References).Select(reference => reference.Id).Distinct().Order().ToArray();
        await using var batch = OrgBatch.Continue(connection, transaction);
        if (ids.Length > 0) batch.AddFindExisting(planned, current.Versions, ids, current.Schema);
        if (values.Count > 0) batch.AddFindTaken(planned, current.Versions, [.. values.DistinctBy(Identity)]);
        if (batch.Count == 0) return;
        var (there, holders) = (new HashSet<long>(), new HashSet<(int, string, string)>());
        await using (var reader = await batch.ReadAsync(ct))
        {
            while (ids.Length > 0 && await reader.ReadAsync(ct)) there.Add(reader.GetInt64(0));
            if (ids.Length > 0) await reader.NextResultAsync(ct);
            while (values.Count > 0 && await reader.ReadAsync(ct))
            {
                OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
                holders.Add((reader.GetInt32(1), reader.GetString(2), reader.GetString(3)));
            }
        }
        foreach (var row in rows) Settle(row, there, holders);
    }

    private static void Settle(ImportRow row, HashSet<long> there, HashSet<(int, string, string)> holders)
    {
        var taken = new HashSet<(int, string, string)>();
        row.Fail(References(row).Where(reference => !there.Contains(reference.Id)).ToList().Select(reference =>
            new Finding("reference-not-found", $"{reference.Pointer.TrimStart('/')}: there is no such record.",
                reference.Pointer)));
        row.Fail(Taken(row).Where(value => holders.Contains(Identity(value)) || !taken.Add(Identity(value))).ToList()
            .Select(value => new Finding("value-taken",
                $"{value.Pointer.TrimStart('/')}: another record has this value.", value.Pointer)));
        if (row.Findings.Count > 0) return;
        foreach (var value in row.Difference?.Freed ?? []) holders.Remove(Identity(value));
        holders.UnionWith(taken);
    }

    private static (int, string, string) Identity(UniqueValue value) => (value.Prefix, value.FieldKey, value.Value);

    private static IEnumerable<(long Id, int Ordinal, string Pointer)> References(ImportRow row) =>
        row.Difference?.References ?? row.After!.WithChildren().SelectMany(draft => draft.References());

    private static IEnumerable<UniqueValue> Taken(ImportRow row) =>
        row.Difference?.Taken ?? row.After!.WithChildren().SelectMany(draft => draft.UniqueValues());

    private async Task<bool> WriteAsync(IReadOnlyList<ImportRow> rows, CancellationToken ct)
    {
        foreach (var row in rows) row.IsWritten = true;
        var ids = rows.SelectMany(References).Select(reference => reference.Id).Distinct().Order().ToArray();
        var freed = rows.SelectMany(row => row.Difference?.Freed ?? []).ToList();
        var taken = rows.SelectMany(Taken).ToList();
        await using var batch = OrgBatch.Continue(connection, transaction);
        if (freed.Count > 0) batch.AddFree(planned, current.Versions, freed);
        if (taken.Count > 0) batch.AddTakeFree(planned, current.Versions, taken);
        // Holds them: between the check and here one may have been deleted.
        if (ids.Length > 0) batch.AddRequire(planned, current.Versions, ids);
        foreach (var group in Drafts(rows).GroupBy(draft => draft.Layout))
            batch.AddInsert(mark, current.Versions, group.Key, [.. group]);
        foreach (var row in rows)
            if (row.Difference is { IsNone: false } difference)
                batch.AddUpdate(mark, current.Versions, row.After!, row.Stored!.Version,
                    row.Stored.BodyWith(row.After!), difference.Before, difference.After);
        if (batch.Count == 0) return true;
        batch.AddRules(mark, current, rows.SelectMany(Written));
        try
        {
            await using var reader = await batch.ReadAsync(ct);
            var got = 0;
            // Freeing gives no rows, so the first result is that of the taking.
            while (taken.Count > 0 && await reader.ReadAsync(ct)) got++;
            while (await reader.NextResultAsync(ct)) { }
            return got == taken.Count;
        }
        catch (PostgresException exception) when (exception.SqlState == RuleSql.Broken)
        {
            var found = RuleSql.Read(exception, rows.SelectMany(Written), current, mark);
            foreach (var row in rows)
                if (Written(row).Where(found.ContainsKey).SelectMany(draft => found[draft].All).ToList()
                    is { Count: > 0 } broken) refused[row.Line] = broken;
            return false;
        }
    }

    private static IEnumerable<RecordDraft> Written(ImportRow row) => row.Stored is null ? row.After!.WithChildren()
        : row.Difference is { IsNone: false } ? [row.After!] : [];
}
