using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Xingchen.Records.Plan;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>Gathers the statistics of an account from samples of its records, and keeps them.</summary>
/// <remarks>A count, then about <see cref="Sampled"/> records of every object that has at least
/// <see cref="ObjectStatistics.Least"/>, each in a transaction of its own. It may be killed anywhere and run
/// again.</remarks>
public sealed class StatisticsCollector(CellDatabase database, TimeProvider time)
{
    /// <summary>Records of an object that are looked at, about.</summary>
    public const int Sampled = 10_000;

    private const int Hashes = 1 << 20;

    /// <summary>Gathers those of every object anew.</summary>
    /// <param name="account">Whose records.</param>
    /// <param name="versions">What it has in force: the database refuses others.</param>
    /// <param name="ct">Ends it between two objects.</param>
    public Task CollectAsync(AccountKey account, StackVersions versions, CancellationToken ct) =>
        CollectAsync(account, versions, onlyGrown: false, Timeout.InfiniteTimeSpan, ct);

    /// <summary>Gathers those of objects, one after the other.</summary>
    /// <param name="onlyGrown">Whether to leave out objects whose statistics are of about as many records as there are
    /// now: less than a fifth more or less.</param>
    /// <param name="slice">How long before it stops between two objects; or for ever.</param>
    /// <returns>Whether it stopped before it was done.</returns>
    /// <inheritdoc cref="CollectAsync(AccountKey, StackVersions, CancellationToken)"/>
    public async Task<bool> CollectAsync(
        AccountKey account, StackVersions versions, bool onlyGrown, TimeSpan slice, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var (position, counts) = await CountAsync(account, versions, ct);
        foreach (var (kp, records, kept) in counts)
        {
            var isFew = records < ObjectStatistics.Least;
            if (isFew ? kept is null : onlyGrown && kept is { } old && Math.Abs(records - old) * 5 < old)
                continue;
            if (slice != Timeout.InfiniteTimeSpan && time.GetElapsedTime(began) > slice) return true;
            if (isFew) await RunAsync(account, versions, StatisticsSql.Forget, ct, OrgBatch.Parameter(kp));
            else await GatherAsync(account, versions, kp, records, ct);
        }
        await RunAsync(account, versions, StatisticsSql.SaveLook, ct, Bigint(position),
            Bigint(counts.Sum(count => count.Records)));
        return false;
    }

    private async Task GatherAsync(
        AccountKey account, StackVersions versions, int kp, long records, CancellationToken ct)
    {
        var samples = await SampleAsync(account, versions, kp, records, ct);
        var slots = samples.Where(sample => sample.Value.Seen > sample.Value.Nulls)
            .ToDictionary(sample => sample.Key, sample => sample.Value.Summarize(records));
        await RunAsync(account, versions, StatisticsSql.Save, ct, OrgBatch.Parameter(kp), Bigint(records),
            OrgBatch.Parameter(JsonSerializer.Serialize(slots), NpgsqlDbType.Jsonb));
    }

    private async Task RunAsync(
        AccountKey account, StackVersions versions, string sql, CancellationToken ct, params NpgsqlParameter[] more)
    {
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        batch.Add(sql, [Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value), .. more]);
        await batch.ExecuteAsync(ct);
    }

    /// <summary>What is kept of an account, by key prefix; with the age in seconds of the oldest, 0 where there is
    /// nothing, and whether objects that are not there may have become large since they were counted.</summary>
    public async Task<(IReadOnlyDictionary<int, ObjectStatistics> Objects, double Age, bool Due)> LoadAsync(
        AccountKey account, StackVersions versions, CancellationToken ct)
    {
        var objects = new Dictionary<int, ObjectStatistics>();
        var age = 0.0;
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        batch.Add("select " + StatisticsSql.Due, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        batch.Add(StatisticsSql.Load, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        await using var reader = await batch.ReadAsync(ct);
        await reader.ReadAsync(ct);
        var due = reader.GetBoolean(0);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            OrgBatch.AssertOrg(reader.GetInt64(0), account.Org);
            using var slots = JsonDocument.Parse(reader.GetString(3));
            objects[reader.GetInt32(1)] = new ObjectStatistics(reader.GetInt64(2),
                slots.RootElement.EnumerateObject().ToDictionary(slot => slot.Name, slot => Read(slot.Value)));
            age = Math.Max(age, reader.GetDouble(4));
        }
        return (objects, age, due);
    }

    private async Task<(long Position, List<(int Prefix, long Records, long? Kept)> Counts)> CountAsync(
        AccountKey account, StackVersions versions, CancellationToken ct)
    {
        var counts = new List<(int, long, long?)>();
        await using var batch = OrgBatch.Enter(database.Queries, account, versions, write: false);
        // The position first: what is written between the two counts again.
        batch.Add(StatisticsSql.Position, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        batch.Add(StatisticsSql.Count, Bigint(account.Org.Value), OrgBatch.Parameter(account.Account.Value));
        await using var reader = await batch.ReadAsync(ct);
        await reader.ReadAsync(ct);
        var position = reader.GetInt64(0);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            counts.Add((reader.GetInt32(0), reader.GetInt64(1),
                await reader.IsDBNullAsync(2, ct) ? null : reader.GetInt64(2)));
        return (position, counts);
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
