using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>Gathers the statistics of an account from samples of its records, and keeps them.</summary>
/// <remarks>Two passes in transactions of their own: a count, then about <see cref="Sampled"/> records of every object
/// that has at least <see cref="Least"/>. It may be killed anywhere and run again.</remarks>
public sealed class StatisticsCollector(CellDatabase database)
{
    /// <summary>Objects with fewer records are left out: for them any choice is good.</summary>
    public const int Least = 1_000;

    /// <summary>Records of an object that are looked at, about.</summary>
    public const int Sampled = 10_000;

    private const int Hashes = 1 << 20;

    /// <param name="account">Whose records.</param>
    /// <param name="versions">What it has in force: the database refuses others.</param>
    /// <param name="ct">Ends it between two objects.</param>
    public async Task CollectAsync(AccountKey account, StackVersions versions, CancellationToken ct)
    {
        foreach (var (kp, records) in await CountAsync(account, versions, ct))
        {
            if (records < Least) continue;
            var samples = await SampleAsync(account, versions, kp, records, ct);
            var slots = samples.Where(sample => sample.Value.Seen > sample.Value.Nulls)
                .ToDictionary(sample => sample.Key, sample => sample.Value.Summarize(records));
            await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
            batch.Add(StatisticsSql.Save, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
                OrgBatch.Parameter(kp), Bigint(records),
                OrgBatch.Parameter(JsonSerializer.Serialize(slots), NpgsqlDbType.Jsonb));
            await batch.ExecuteAsync(ct);
        }
    }

    /// <summary>What is kept of an account, by key prefix; with the age in seconds of the oldest, or null where there
    /// is nothing.</summary>
    public async Task<(IReadOnlyDictionary<int, ObjectStatistics> Objects, double? Age)> LoadAsync(
        AccountKey account, StackVersions versions, CancellationToken ct)
    {
        var objects = new Dictionary<int, ObjectStatistics>();
        double? age = null;
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        batch.Add(StatisticsSql.Load, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        await using var reader = await batch.ReadAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            using var slots = JsonDocument.Parse(reader.GetString(3));
            objects[reader.GetInt32(1)] = new ObjectStatistics(reader.GetInt64(2),
                slots.RootElement.EnumerateObject().ToDictionary(slot => slot.Name, slot => Read(slot.Value)));
            age = Math.Max(age ?? 0, reader.GetDouble(4));
        }
        return (objects, age);
    }

    private async Task<List<(int Prefix, long Records)>> CountAsync(
        AccountKey account, StackVersions versions, CancellationToken ct)
    {
        var counts = new List<(int, long)>();
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        batch.Add(StatisticsSql.Count, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        await using var reader = await batch.ReadAsync(ct);
        while (await reader.ReadAsync(ct)) counts.Add((reader.GetInt32(0), reader.GetInt64(1)));
        return counts;
    }

    private async Task<Dictionary<string, SlotSample>> SampleAsync(
        AccountKey account, StackVersions versions, int kp, long records, CancellationToken ct)
    {
        var samples = StatisticsSql.Slots.ToDictionary(slot => slot, _ => new SlotSample());
        var (first, last) = RecordId.Range(new KeyPrefix(kp));
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        batch.Add(StatisticsSql.Sample, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value),
            OrgBatch.Parameter(kp), Bigint(first), Bigint(last),
            OrgBatch.Parameter((int)Math.Min(Hashes, (double)Hashes * Sampled / records)));
        await using var reader = await batch.ReadAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            foreach (var (i, slot) in StatisticsSql.Slots.Index())
                samples[slot].Add(await reader.IsDBNullAsync(i + 1, ct) ? null : Value(reader, i + 1));
        }
        return samples;
    }

    private static object Value(NpgsqlDataReader reader, int column) => reader.GetValue(column) switch
    {
        long id => id.ToString(System.Globalization.CultureInfo.InvariantCulture),
        DateTime time => QueryDriver.Micros(time),
        var value => value,
    };

    private static SlotStatistics Read(JsonElement slot) => new(
        slot.GetProperty("Nulls").GetDouble(), slot.GetProperty("Distinct").GetDouble(),
        [.. slot.GetProperty("Common").EnumerateArray().Select(common =>
            new FrequentValue(Value(common.GetProperty("Value")), common.GetProperty("Part").GetDouble()))],
        [.. slot.GetProperty("Bounds").EnumerateArray().Select(Value)]);

    private static object Value(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetDouble();

    private static NpgsqlParameter<long> Bigint(long value) => OrgBatch.Parameter(value);
}
