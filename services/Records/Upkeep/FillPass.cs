using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Schema;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>Fills an index in, batch by batch in the order of the ids, each batch a transaction of its own.</summary>
/// <remarks>
/// Whoever writes since the field's publication fills the index himself, and no writer of before is left: the batch
/// enters as a writer for the same versions. So only what lies between is to be done, and a record that both touch is
/// held by one of them. A writer waits for one batch at most.
/// </remarks>
internal sealed class FillPass(CellDatabase database, AccountKey account, InForce current, Fill fill, int batchRecords)
{
    private const int MostExamples = 20;

    private readonly long first = RecordId.Range(fill.Layout.Object.Prefix).First;
    private readonly long last = RecordId.Range(fill.Layout.Object.Prefix).Last;

    /// <summary>Does one batch.</summary>
    /// <param name="retry">How long ago a pass must have failed to be begun again.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Ends it: nothing of the batch stays then.</param>
    /// <returns>What is so now.</returns>
    /// <exception cref="PostgresException"><c>XC001</c>: other versions are in force.</exception>
    public async Task<string> StepAsync(TimeSpan retry, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await database.Records.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var state = await HoldAsync(connection, transaction, ct);
        if (state is null || state.Round != fill.Round
            || (state.State == "failed" && state.ChangedAt < (now - retry).UtcDateTime))
            state = await BeginAsync(connection, transaction, ct);
        if (state.State != "building") return state.State;
        var drafts = await ReadAsync(connection, transaction, state, ct);
        var collisions = await WriteAsync(connection, transaction, drafts, ct);
        var ended = drafts.Count < batchRecords;
        state = state with
        {
            Through = drafts.Count == 0 ? state.Through : drafts[^1].Draft.Id,
            Done = state.Done + drafts.Count,
            Failures = state.Failures + collisions.Count,
            Examples = With(state.Examples, collisions),
        };
        state = state with { State = !ended ? "building" : state.Failures == 0 ? "ready" : "failed" };
        await using (var batch = OrgBatch.Continue(connection, transaction))
        {
            FillStore.AddProgress(batch, account, fill, state);
            await batch.ExecuteAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return state.State;
    }

    private async Task<FillState?> HoldAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var batch = OrgBatch.Enter(connection, transaction, account, current.Versions, write: true);
        FillStore.AddHold(batch, account, fill);
        await using var reader = await batch.ReadAsync(ct);
        return await FillStore.ReadHeldAsync(reader, account, ct);
    }

    private async Task<FillState> BeginAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken ct)
    {
        long total;
        await using (var counting = OrgBatch.Continue(connection, transaction))
        {
            counting.AddCount(account, fill.Layout.Prefix, first, last);
            await using var reader = await counting.ReadAsync(ct);
            await reader.ReadAsync(ct);
            total = reader.GetInt64(0);
        }
        await using var batch = OrgBatch.Continue(connection, transaction);
        FillStore.AddBegin(batch, account, fill, first - 1, total);
        await batch.ExecuteAsync(ct);
        return new FillState(fill.Kind, fill.Round, "building", first - 1, 0, total, 0, "[]", default);
    }

    private async Task<List<(RecordDraft Draft, bool IsDeleted)>> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, FillState state, CancellationToken ct)
    {
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddReadNext(account, fill.Layout.Prefix, state.Through, last, batchRecords);
        await using var reader = await batch.ReadAsync(ct);
        var drafts = new List<(RecordDraft, bool)>();
        while (await reader.ReadAsync(ct))
            drafts.Add((RecordReader.Read(reader, 0, account.Org)!.ToDraft(fill.Layout),
                reader.GetBoolean(RecordSql.Columns)));
        return drafts;
    }

    /// <returns>Records whose value another one has: the value as JSON, the record, who has it.</returns>
    private async Task<List<(string Value, long Record, long Holder)>> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<(RecordDraft Draft, bool IsDeleted)> records,
        CancellationToken ct)
    {
        if (fill.Index == FieldIndexes.Unique)
            return await TakeAsync(connection, transaction, [.. records.Where(one => !one.IsDeleted)
                .SelectMany(one => one.Draft.UniqueValues()).Where(value => value.Ordinal == fill.Ordinal)], ct);
        await using var batch = OrgBatch.Continue(connection, transaction);
        List<RecordDraft> drafts = [.. records.Select(one => one.Draft)];
        if (drafts.Count == 0) return [];
        if (fill.Index == FieldIndexes.Slot) batch.AddFillSlot(account, fill.Layout, fill.Ordinal, drafts);
        else
        {
            var grams = new GramList();
            foreach (var draft in drafts) grams.Add(draft, fill.Ordinal);
            batch.AddGrams(account, fill.Layout.Prefix, grams);
        }
        if (batch.Count > 0) await batch.ExecuteAsync(ct);
        return [];
    }

    private async Task<List<(string Value, long Record, long Holder)>> TakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<UniqueValue> values, CancellationToken ct)
    {
        if (values.Count == 0) return [];
        await using var batch = OrgBatch.Continue(connection, transaction);
        batch.AddTakeFree(account, current.Versions, values);
        batch.AddFindTaken(account, current.Versions, [.. values.DistinctBy(value => value.Value)]);
        await using var reader = await batch.ReadAsync(ct);
        await reader.NextResultAsync(ct);
        var holders = new Dictionary<string, long>();
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            holders[reader.GetString(3)] = reader.GetInt64(4);
        }
        return [.. from value in values
                   let holder = holders.GetValueOrDefault(value.Value, value.Record)
                   where holder != value.Record
                   select (value.Draft.Values[value.Ordinal]!.Value.Json, value.Record, holder)];
    }

    private static string With(string examples, List<(string Value, long Record, long Holder)> collisions)
    {
        if (collisions.Count == 0) return examples;
        var list = JsonNode.Parse(examples)!.AsArray();
        foreach (var (value, record, holder) in collisions.Take(MostExamples - list.Count))
            list.Add((JsonNode)new JsonObject
            {
                ["value"] = JsonNode.Parse(value),
                ["records"] = new JsonArray(new RecordId(holder).ToString(), new RecordId(record).ToString()),
            });
        return list.ToJsonString(JsonSerializerOptions.Web);
    }
}
