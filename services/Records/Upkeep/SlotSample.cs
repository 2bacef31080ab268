using Xingchen.Records.Plan;

namespace Xingchen.Records.Upkeep;

/// <summary>The values of one slot in a sample of an object's records.</summary>
internal sealed class SlotSample
{
    private const int MostCommon = 20;
    private const int MostBounds = 32;

    private readonly Dictionary<object, int> counts = [];

    public int Seen { get; private set; }

    public int Nulls { get; private set; }

    public void Add(object? value)
    {
        Seen++;
        if (value is null) Nulls++;
        else counts[value] = counts.GetValueOrDefault(value) + 1;
    }

    /// <summary>What the sample says of all records.</summary>
    public SlotStatistics Summarize(long records)
    {
        double seen = Seen;
        // worth naming: seen twice, and more often than the values are on average
        var average = (seen - Nulls) / Math.Max(1, counts.Count);
        var common = counts.Where(count => count.Value > 1 && count.Value > 1.25 * average
                || counts.Count <= MostCommon)
            .OrderByDescending(count => count.Value).Take(MostCommon).ToList();
        var named = common.Select(count => count.Key).ToHashSet();
        var others = counts.Where(count => !named.Contains(count.Key)).ToList();
        others.Sort((a, b) => SlotStatistics.Compare(a.Key, b.Key));
        return new SlotStatistics(Nulls / seen, Distinct(records),
            [.. common.Select(count => new FrequentValue(count.Key, count.Value / seen))], Bounds(others));
    }

    /// <summary>How many different values all records have, by how many were seen once (Haas and Stokes, as in
    /// PostgreSQL).</summary>
    private double Distinct(long records)
    {
        double n = Seen - Nulls, d = counts.Count, once = counts.Count(count => count.Value == 1);
        var all = records * n / Seen;
        if (once == 0 || n >= all) return d;
        return Math.Min(all, n * d / (n - once + once * n / all));
    }

    private static IReadOnlyList<object> Bounds(List<KeyValuePair<object, int>> values)
    {
        if (values.Count < 2) return [];
        var total = values.Sum(value => value.Value);
        var bounds = new List<object>();
        var before = 0;
        foreach (var (value, count) in values)
        {
            if ((double)before / total * (MostBounds - 1) >= bounds.Count) bounds.Add(value);
            before += count;
        }
        bounds.Add(values[^1].Key);
        return bounds;
    }
}
