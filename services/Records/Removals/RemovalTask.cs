using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Upkeep;
using Xingchen.Storage;

namespace Xingchen.Records.Removals;

/// <summary>Exports and then deletes what a package that is not in force any more has left in an account.</summary>
/// <remarks>
/// <para>Since nothing of it is in force nobody reads or writes it: what is exported batch by batch is of one moment,
/// and nothing comes after it. Each batch enters as a writer for the versions in force, so that no publication brings
/// the package back before it ends; where something of it is in force, nothing is done.</para>
/// <para>A batch and the note of how far it got are one transaction: killed anywhere, it goes on with the next batch.
/// Nothing is deleted before the export of everything is complete.</para>
/// </remarks>
internal sealed class RemovalTask(
    CellDatabase database, RemovalStore store, IOptions<RemovalOptions> options, TimeProvider time) : IUpkeepTask
{
    /// <summary>Who deletes, as the log has it.</summary>
    public const string Actor = "uninstall";

    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    public string Due => RemovalStore.Due;

    public async Task<bool> RunAsync(UpkeepVisit visit, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (await store.FindOpenAsync(visit.Account, ct) is { } open)
        {
            await visit.Schemas.RunAsync(visit.Account, async current =>
            {
                var schema = await visit.Schemas.AtAsync(
                    visit.Account, current.Schema, new DateTimeOffset(open.SchemaAt), ct);
                var parts = PackagePart.Of(schema, open.Package);
                while (time.GetElapsedTime(began) < Slice
                    && await StepAsync(visit.Account, current, open.Id, parts, ct)) { }
            }, ct);
            if (time.GetElapsedTime(began) > Slice) return true;
        }
        return await store.ForgetAsync(visit.Account, ct);
    }

    /// <summary>Does one batch.</summary>
    /// <returns>Whether there is more to do.</returns>
    private async Task<bool> StepAsync(
        AccountKey account, InForce current, string id, IReadOnlyList<PackagePart> parts, CancellationToken ct)
    {
        if (parts.FirstOrDefault(part => part.IsIn(current.Schema)) is { } back)
            throw new InvalidOperationException($"{back.Item.Name} is in force again: nothing of it is removed.");
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        Removal? now;
        await using (var hold = OrgBatch.Enter(connection, transaction, account, current.Versions, write: true))
        {
            RemovalStore.AddHold(hold, account, id);
            await using var reader = await hold.ReadAsync(ct);
            now = await RemovalStore.ReadHeldAsync(reader, account, ct);
        }
        if (now is null or { State: Removal.Done }) return false;
        if (now.Part < parts.Count)
        {
            var part = parts[now.Part];
            now = now.State == Removal.Exporting
                ? await ExportAsync(connection, transaction, account, now, part, ct)
                : await DeleteAsync(connection, transaction, account, now, part, ct);
        }
        if (now.Part == parts.Count)
            now = now with
            {
                State = now.State == Removal.Exporting ? Removal.Deleting : Removal.Done, Part = 0, AfterId = 0,
                ExpiresAt = now.State == Removal.Exporting
                    ? null : time.GetUtcNow().AddHours(options.Value.ExportHours).UtcDateTime,
            };
        await using (var batch = OrgBatch.Continue(connection, transaction))
        {
            RemovalStore.AddProgress(batch, account, now);
            await batch.ExecuteAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return now.State != Removal.Done;
    }

    private async Task<Removal> ExportAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey account, Removal now, PackagePart part,
        CancellationToken ct)
    {
        var read = await ReadAsync(connection, transaction, account, now, part, ct);
        if (read.Count == 0) return now with { Part = now.Part + 1, AfterId = 0 };
        var own = read.Where(one => one.IsOwn).ToList();
        now = now with { AfterId = read[^1].Record.Id, Exported = now.Exported + own.Count };
        if (own.Count == 0) return now;
        await using var batch = OrgBatch.Continue(connection, transaction);
        RemovalStore.AddPiece(
            batch, account, now.Id, part.Item.Name, own[0].Record.Id, own.Count, Lines(part, own));
        await batch.ExecuteAsync(ct);
        return now;
    }

    private async Task<Removal> DeleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey account, Removal now, PackagePart part,
        CancellationToken ct)
    {
        var read = await ReadAsync(connection, transaction, account, now, part, ct);
        await using var batch = OrgBatch.Continue(connection, transaction);
        if (read.Count == 0)
        {
            batch.AddSweep(account, part);
            await using var reader = await batch.ReadAsync(ct);
            await reader.ReadAsync(ct);
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            return reader.GetInt64(1) > 0 ? now : now with { Part = now.Part + 1, AfterId = 0 };
        }
        now = now with { AfterId = read[^1].Record.Id };
        long[] ids = [.. read.Where(one => one.IsOwn).Select(one => one.Record.Id)];
        if (ids.Length == 0) return now;
        var at = time.GetUtcNow().UtcDateTime;
        var mark = new WriteMark(account, Actor, "", at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond)));
        if (part.IsWhole) batch.AddPurge(mark, ids);
        else batch.AddClear(mark, part, ids);
        await batch.ExecuteAsync(ct);
        return now with { Deleted = now.Deleted + ids.Length };
    }

    private async Task<List<PartRecord>> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey account, Removal now, PackagePart part,
        CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddReadPart(
            account, part, now.AfterId, options.Value.BatchRecords, withLog: now.State == Removal.Deleting);
        await using var reader = await batch.ReadAsync(ct);
        var records = new List<PartRecord>();
        while (await reader.ReadAsync(ct))
            records.Add(new PartRecord(RecordReader.Read(reader, 0, account.Org)!,
                reader.GetBoolean(RecordSql.Columns), reader.GetBoolean(RecordSql.Columns + 1)));
        return records;
    }

    /// <summary>Records as an export has them, one a line, with the fields of the part; what was in the recycle bin has
    /// <c>"deleted": true</c>.</summary>
    private static byte[] Lines(PackagePart part, List<PartRecord> records)
    {
        var lines = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(lines, RecordWriter.Json);
        foreach (var (record, isDeleted, _) in records)
        {
            RecordWriter.WriteWhole(
                json, part.Layout, record, isDeleted ? () => json.WriteBoolean("deleted", true) : null);
            json.Flush();
            json.Reset();
            lines.Write("\n"u8);
        }
        return lines.WrittenSpan.ToArray();
    }

    /// <param name="IsOwn">Whether the package has something of it.</param>
    private sealed record PartRecord(StoredRecord Record, bool IsDeleted, bool IsOwn);
}
