using System.Buffers;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Imports;

/// <summary>Writes one chunk of an import: the records, the failures and the progress in one transaction, or
/// nothing.</summary>
/// <remarks>
/// 1. take the chunk; 2. read its rows; 3. find what they refer to and which records they change; 4. check them against
/// the schema; 5. take unique values, giving up the rows that get none; 6. write. Rows fail one by one, whatever is
/// wrong with them. A row whose reference by a unique value is not there yet, and may still come with the file, is put
/// off to the next pass.
/// </remarks>
/// <param name="account">Of the ticket: what row-level security is shown.</param>
/// <param name="planned">Of the job's row: what the statements name.</param>
internal sealed class ImportChunk(
    RecordEngine engine, InForce current, AccountKey account, AccountKey planned, ImportJob job, int pass, int seq)
{
    /// <summary>How often rows are put off at most: a chain of references that is longer is written in a better
    /// order.</summary>
    public const int MostPasses = 100;

    private ImportTarget target = null!;
    private ImportColumn[] columns = [];
    private List<ImportRow> rows = [];
    private long writtenBefore;

    /// <returns>False where the chunk was done, or is being done elsewhere.</returns>
    public async Task<bool> RunAsync(WriteMark mark, CancellationToken ct)
    {
        await using var connection = await engine.Database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await TakeAsync(connection, transaction, ct) is not { } spooled) return false;
        Bind();
        rows = Read(spooled);
        await FindAsync(connection, transaction, ct);
        Plan();
        await engine.NumberAsync(account, mark, current, [.. Drafts().Where(draft => draft.Id == 0)], ct);
        foreach (var draft in Drafts().Where(draft => draft.Id == 0)) draft.Id =
            await engine.NewIdAsync(draft.Layout, ct);
        foreach (var draft in Drafts())
            if (draft.Master is { } master) draft.Values[draft.MasterOrdinal] = Values.ReferenceCodec.Store(master.Id);
        await TakeUniquesAsync(connection, transaction, ct);
        await WriteAsync(connection, transaction, mark, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task<byte[]?> TakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(connection, transaction, account, current.Versions, write: true);
        batch.AddTakeChunk(planned, job.Id, pass, seq);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
        writtenBefore = reader.GetInt64(2);
        return await reader.GetFieldValueAsync<byte[]>(1, ct);
    }

    /// <exception cref="ProblemException"><c>content-invalid</c>: the metadata changed since the upload and no longer
    /// has what the file names.</exception>
    private void Bind()
    {
        var item = current.Schema.Find(job.Object)
            ?? throw new ProblemException(Problems.ContentInvalid, $"There is no object {job.Object} any more.");
        target = new ImportTarget(current.Schema, item);
        var findings = new List<Finding>();
        if (job.Columns is not null) columns = target.Bind(job.Columns, findings);
        if (findings.Count > 0)
            throw new ProblemException(
                Problems.ContentInvalid, string.Join(' ', findings.Select(finding => finding.Detail)), findings);
    }

    private List<ImportRow> Read(byte[] spooled)
    {
        var read = new List<ImportRow>();
        foreach (var range in spooled.AsSpan().Split((byte)'\n'))
        {
            var json = JsonDocument.Parse(spooled[range]).RootElement;
            var row = new ImportRow(json[0].GetInt64(), json[1].GetInt64(), json);
            if (job.Columns is not null) ReadCells(row);
            else ReadMembers(row);
            read.Add(row);
        }
        return read;
    }

    private void ReadCells(ImportRow row)
    {
        foreach (var (i, column) in columns.Index())
        {
            if (row.Cell(i) is not { } text) continue;
            if (column.By is { } lookup)
            {
                if (lookup.Field.Codec.TryParse(
                    target.Schema, lookup.Field.Field, text, out var stored, out var fault)) row.Lookups.Add(
                        (column, stored.Key!));
                else row.Fail(fault.Code, $"{column.Name}: {fault.Detail}", "/" + column.Name);
            }
            else if (column.Name == job.By && target.UniqueField(job.By).Codec.TryParse(
                target.Schema, target.UniqueField(job.By).Field, text, out var key, out _)) row.Key = key.Key;
        }
        RequireKey(row);
    }

    private void ReadMembers(ImportRow row)
    {
        foreach (var member in row.Json[2].EnumerateObject())
        {
            if (member.Name == job.By)
            {
                var by = target.UniqueField(job.By);
                if (by.Codec.TryRead(target.Schema, by.Field, member.Value, out var key, out _)) row.Key = key.Key;
            }
            if (!member.Name.Contains('.')) continue;
            if (target.Bind(member.Name, out var wrong) is not { By: { } lookup } column)
                row.Fail([wrong!]);
            else if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            else if (lookup.Field.Codec.TryRead(
                target.Schema, lookup.Field.Field, member.Value, out var stored, out var fault))
                row.Lookups.Add((column, stored.Key!));
            else
                row.Fail(fault.Code, $"{member.Name}: {fault.Detail}", "/" + member.Name);
        }
        RequireKey(row);
    }

    private void RequireKey(ImportRow row)
    {
        if (job.By is not null && row.Key is null && row.Findings.Count == 0)
            row.Fail("required", $"{job.By}: a valid value is required to upsert by.", "/" + job.By);
    }

    /// <summary>Finds, each in one statement, what every reference by a unique value means, and which records are
    /// changed.</summary>
    private async Task FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        var lookups = rows.SelectMany(row => row.Lookups).GroupBy(wanted => wanted.Column.By!).ToList();
        await using var batch = OrgBatch.Continue(connection, transaction);
        foreach (var lookup in lookups)
            batch.AddFindByUnique(planned, lookup.Key.Target.Prefix, lookup.Key.Field.Field.Place.BodyKey,
                [.. lookup.Select(wanted => wanted.Key).Distinct()]);
        var keys = job.By is null ? [] : rows.Where(row => row.Key is not null).Select(row => row.Key!).Distinct()
            .ToArray();
        if (keys.Length > 0)
            batch.AddFindByUnique(planned, target.Layout.Prefix, target.UniqueField(job.By!).Field.Place.BodyKey, keys);
        if (batch.Count == 0) return;
        var found = new Dictionary<ImportLookup, Dictionary<string, long>>();
        var existing = new Dictionary<string, long>();
        await using (var reader = await batch.ReadAsync(ct))
        {
            foreach (var lookup in lookups) found[lookup.Key] = await ReadFoundAsync(reader, ct);
            if (keys.Length > 0) existing = await ReadFoundAsync(reader, ct);
        }
        foreach (var row in rows) Resolve(row, found);
        if (existing.Count > 0) await ReadExistingAsync(connection, transaction, existing, ct);
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

    private void Resolve(ImportRow row, Dictionary<ImportLookup, Dictionary<string, long>> found)
    {
        foreach (var (column, key) in row.Lookups)
        {
            if (found[column.By!].TryGetValue(key, out var id))
                row.Resolve(column, id);
            else if (column.By!.Target.Prefix == target.Layout.Prefix && pass < MostPasses
                && row.WrittenBefore != writtenBefore)
                row.IsPutOff = true; // it may be a later row of this very file
            else
                row.Fail("reference-not-found",
                    $"{column.Name}: there is no {column.By.Target.Object.Name} "
                    + $"with this {column.By.Field.Field.Name}.",
                    "/" + column.Name);
        }
    }

    private async Task ReadExistingAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Dictionary<string, long> existing,
            CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddReadForUpdate(planned, target.Layout, [.. existing.Values]);
        await using var reader = await batch.ReadAsync(ct);
        var stored = (await RecordReader.ReadAllAsync(reader, account.Org, ct)).ToDictionary(record => record.Id);
        foreach (var row in rows)
            if (row.Key is { } key && existing.TryGetValue(key, out var id)) row.Stored = stored.GetValueOrDefault(id);
    }

    private void Plan()
    {
        var seen = new HashSet<string>();
        foreach (var row in rows.Where(row => row.IsLive))
        {
            // The same record twice in a chunk: the later row changes what the earlier one wrote, in the next pass.
            if (row.Key is { } key && !seen.Add(key)) row.IsPutOff = true;
            if (!row.IsLive) continue;
            row.Before = row.Stored?.ToDraft(target.Layout);
            row.After = job.Columns is not null ? row.FromCells(target, columns, row.Before)
                : row.FromRecord(target, row.Before);
            if (row.Before is not null && row.IsLive) row.Difference = RecordDifference.Of(row.Before, row.After);
        }
    }

    private IEnumerable<ImportRow> Live() => rows.Where(row => row.IsLive);

    private IEnumerable<RecordDraft> Drafts() =>
        Live().Where(row => row.Stored is null).SelectMany(row => row.After!.WithChildren());

    /// <summary>Checks ids that were given as such, and takes unique values; rows that get none of theirs give back the
    /// others.</summary>
    private async Task TakeUniquesAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        var references = Live().ToDictionary(row => row, row => References(row).ToList());
        var wanted = Live().ToDictionary(row => row, Uniques);
        var ids = references.Values.SelectMany(list => list.Select(reference => reference.Id)).Distinct().ToArray();
        var values = wanted.Values.SelectMany(list => list).DistinctBy(Identity).ToList();
        var freed = Live().SelectMany(row => row.Difference?.Freed ?? []).ToList();
        await using var batch = OrgBatch.Continue(connection, transaction);
        if (ids.Length > 0) batch.AddFindExisting(planned, ids);
        if (freed.Count > 0) batch.AddFree(planned, freed);
        if (values.Count > 0) batch.AddTakeFree(planned, values);
        if (batch.Count == 0) return;
        var (there, taken) = (new HashSet<long>(), new HashSet<(int, string, string, long)>());
        await using (var reader = await batch.ReadAsync(ct))
        {
            if (ids.Length > 0)
            {
                while (await reader.ReadAsync(ct)) there.Add(reader.GetInt64(0));
                await reader.NextResultAsync(ct);
            }
            while (values.Count > 0 && await reader.ReadAsync(ct))
                taken.Add((reader.GetInt32(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4)));
        }
        foreach (var (row, list) in references)
            row.Fail(list.Where(reference => !there.Contains(reference.Id)).Select(reference =>
                new Finding("reference-not-found", $"{reference.Pointer.TrimStart('/')}: there is no such record.",
                    reference.Pointer)));
        foreach (var (row, list) in wanted)
            row.Fail(list.Where(value => !taken.Contains(Identity(value))).Select(value =>
                new Finding("value-taken", $"{value.Pointer.TrimStart('/')}: another record has this value.",
                    value.Pointer)));
        var back = wanted.Where(pair => !pair.Key.IsLive).SelectMany(pair => pair.Value)
            .Where(value => taken.Contains(Identity(value))).ToList();
        var again = wanted.Where(pair => !pair.Key.IsLive).SelectMany(pair => pair.Key.Difference?.Freed ?? [])
            .ToList();
        if (back.Count + again.Count == 0) return;
        await using var undo = OrgBatch.Continue(connection, transaction);
        if (back.Count > 0) undo.AddFree(planned, back);
        if (again.Count > 0) undo.AddTakeFree(planned, again);
        await undo.ExecuteAsync(ct);
    }

    private static (int, string, string, long) Identity(UniqueValue value) =>
        (value.Prefix, value.FieldKey, value.Value, value.Record);

    private static IEnumerable<(long Id, int Ordinal, string Pointer)> References(ImportRow row) =>
        row.Difference?.References ?? row.After!.WithChildren().SelectMany(draft => draft.References());

    private static List<UniqueValue> Uniques(ImportRow row) =>
        [.. row.Difference?.Taken ?? row.After!.WithChildren().SelectMany(draft => draft.UniqueValues())];

    private async Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, WriteMark mark,
        CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        var ids = Live().SelectMany(References).Select(reference => reference.Id).Distinct().Order().ToArray();
        // holds them: between the check and here one may have been deleted
        if (ids.Length > 0) batch.AddRequire(planned, ids);
        foreach (var group in Drafts().GroupBy(draft => draft.Layout)) batch.AddInsert(mark, group.Key, [.. group]);
        foreach (var row in Live())
            if (row.Difference is { IsNone: false } difference)
                batch.AddUpdate(mark, row.After!, row.Stored!.Version, row.Stored.BodyWith(row.After!),
                    difference.Before, difference.After);
        var failures = rows.Where(row => row.Findings.Count > 0)
            .Select(row =>
                (row.Line, row.Findings[0].Code, string.Join(' ', row.Findings.Select(finding => finding.Detail))))
                    .ToList();
        if (failures.Count > 0) batch.AddFailures(planned, job.Id, failures);
        var written = Live().Count();
        var putOff = PutOff();
        batch.AddEndChunk(planned, job.Id, pass, seq, putOff, written + failures.Count, written, failures.Count);
        await batch.ExecuteAsync(ct);
    }

    private byte[]? PutOff()
    {
        var later = rows.Where(row => row.IsPutOff && row.Findings.Count == 0).ToList();
        if (later.Count == 0) return null;
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var row in later)
        {
            if (buffer.WrittenCount > 0) buffer.Write("\n"u8);
            using var writer = new Utf8JsonWriter(buffer);
            writer.WriteStartArray();
            writer.WriteNumberValue(row.Line);
            writer.WriteNumberValue(writtenBefore);
            foreach (var value in row.Json.EnumerateArray().Skip(2)) value.WriteTo(writer);
            writer.WriteEndArray();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
