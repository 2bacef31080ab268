using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Imports;

/// <summary>How the work on a chunk ended.</summary>
internal enum ImportOutcome
{
    /// <summary>Written; the chunk is gone.</summary>
    Done,

    /// <summary>Done already, or in the hands of another worker.</summary>
    Elsewhere,

    /// <summary>Nothing was written: another transaction took a unique value in between. Try again.</summary>
    Contended,

    /// <summary>Nothing was written: rows break rules that only the database could ask. Try again without
    /// them.</summary>
    Refused,
}

/// <summary>Writes one chunk of an import: the records, the failures and the progress in one transaction, or
/// nothing.</summary>
/// <remarks>
/// 1. Take the chunk. 2. Write its rows in waves: a wave has one row per record, in the order of the file, so that the
/// second row of a record changes what the first wrote, and a row that refers to a row above it finds it. 3. Put off
/// to the next pass what refers to rows that may come with a later chunk. 4. End the chunk. Rows fail one by one,
/// whatever is wrong with them.
/// </remarks>
/// <param name="account">Of the ticket: what row-level security is shown.</param>
/// <param name="planned">Of the job's row: what the statements name.</param>
internal sealed class ImportChunk(
    RecordEngine engine, InForce current, AccountKey account, AccountKey planned, ImportJob job, int pass, int seq)
{
    /// <summary>How often a row is put off at most.</summary>
    public const int MostPasses = 100;

    /// <summary>Characters of what is said about one row at most.</summary>
    private const int MostDetail = 2_000;

    private long writtenBefore;

    /// <summary>Reads and plans the rows before their turn, beside the chunk before them. Their chunk is not taken:
    /// what its rows are never changes.</summary>
    /// <returns>Null where there is no such chunk.</returns>
    public async Task<List<ImportRow>?> ReadAheadAsync(CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(engine.Database.Records, account, current.Versions, write: false);
        batch.AddReadChunk(planned, job.Id, pass, seq);
        await using var reader = await batch.ReadAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
        var spooled = await reader.GetFieldValueAsync<byte[]>(1, ct);
        var (target, columns) = Bind();
        var rows = new ImportRowReader(target, job, columns).Read(spooled);
        if (!RecordRules.Any(target.Schema, target.Whole.Object))
            foreach (var row in rows) row.PlanAhead(target, columns);
        return rows;
    }

    /// <param name="mark">Who writes, when.</param>
    /// <param name="ahead">The rows, where they were read ahead by the same schema.</param>
    /// <param name="refused">What is known to be wrong with rows from tries before, by line.</param>
    /// <param name="ct">Rolls back.</param>
    public async Task<ImportOutcome> RunAsync(
        WriteMark mark, List<ImportRow>? ahead, Dictionary<long, IReadOnlyList<Finding>> refused, CancellationToken ct)
    {
        await using var connection = await engine.Database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await TakeAsync(connection, transaction, ct) is not { } spooled) return ImportOutcome.Elsewhere;
        var (target, columns) = Bind();
        var rows = ahead ?? new ImportRowReader(target, job, columns).Read(spooled);
        foreach (var row in rows)
            if (refused.TryGetValue(row.Line, out var broken)) row.Fail(broken);
        var wave = new ImportWave(
            engine, current, account, planned, connection, transaction, mark, target, job.By, refused);
        while (true)
        {
            var before = rows.Count(row => row.IsWaiting);
            var known = refused.Count;
            if (!await wave.RunAsync(Wave(rows), columns, ct))
                return refused.Count > known ? ImportOutcome.Refused : ImportOutcome.Contended;
            var left = rows.Count(row => row.IsWaiting);
            if (left == 0) break;
            if (left < before) continue;
            // Nothing moves any more. What may still come with the file waits for it; the rest is wrong.
            foreach (var row in rows)
                if (row.IsWaiting && row.IsUnresolved && !MayComeLater(row)) row.FailUnresolved();
            if (rows.Count(row => row.IsWaiting) == left) break;
        }
        await EndAsync(connection, transaction, rows, ct);
        await transaction.CommitAsync(ct);
        return ImportOutcome.Done;
    }

    /// <summary>The waiting rows, of each record the first only.</summary>
    private static List<ImportRow> Wave(List<ImportRow> rows)
    {
        var seen = new HashSet<string>();
        return [.. rows.Where(row => row.IsWaiting && (row.Key is null || seen.Add(row.Key)))];
    }

    /// <summary>Whether another pass can help: the job has written rows since this one was put off.</summary>
    private bool MayComeLater(ImportRow row) => pass < MostPasses && row.WrittenBefore != writtenBefore;

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
    private (ImportTarget Target, ImportColumn[] Columns) Bind()
    {
        var item = current.Schema.Find(job.Object)
            ?? throw new ProblemException(Problems.ContentInvalid, $"There is no object {job.Object} any more.");
        var target = new ImportTarget(current.Schema, item);
        if (job.By is not null) _ = target.UniqueField(job.By);
        var findings = new List<Finding>();
        var columns = job.Columns is null ? [] : target.Bind(job.Columns, findings);
        return findings.Count == 0
            ? (target, columns)
            : throw new ProblemException(Problems.ContentInvalid, "The import cannot go on.", findings);
    }

    private async Task EndAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<ImportRow> rows, CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        var failures = rows.Where(row => row.Findings.Count > 0)
            .Select(row => (row.Line, row.Findings[0].Code, DetailOf(row))).ToList();
        if (failures.Count > 0) batch.AddFailures(
            planned, job.Id, ImportStore.MostFailures, failures);
        var written = rows.Count(row => row.IsWritten);
        var later = rows.Where(row => row.IsWaiting).ToList();
        batch.AddEndChunk(planned, job.Id, pass, seq,
            later.Count == 0 ? null : ImportRowReader.PutOff(later, writtenBefore),
            written + failures.Count, written, failures.Count);
        await batch.ExecuteAsync(ct);
    }

    /// <summary>Everything wrong with a row.</summary>
    private static string DetailOf(ImportRow row)
    {
        var detail = string.Join(' ', row.Findings.Select(finding => finding.Detail).Distinct());
        return detail.Length <= MostDetail
            ? detail : detail[..(char.IsHighSurrogate(detail[MostDetail - 1]) ? MostDetail - 1 : MostDetail)] + "…";
    }
}
