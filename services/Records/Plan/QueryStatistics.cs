namespace Xingchen.Records.Plan;

/// <summary>What was found in a sample of an account's records of one object.</summary>
/// <param name="Records">Live records.</param>
/// <param name="Slots">What the slots hold, by slot; a slot that is not there was not looked at.</param>
/// <remarks>PostgreSQL's own statistics are of a partition, where a slot holds values of many orgs and objects: what is
/// rare there may be most of an account, and the other way round. Immutable.</remarks>
public sealed record ObjectStatistics(long Records, IReadOnlyDictionary<string, SlotStatistics> Slots)
{
    /// <summary>Objects with fewer records are not sampled: for them any choice is good.</summary>
    public const int Least = 1_000;

    /// <summary>Of an object that is known to have fewer than <see cref="Least"/>.</summary>
    public static readonly ObjectStatistics Few = new(0, new Dictionary<string, SlotStatistics>());
}

/// <summary>What one slot holds. Values are <see cref="string"/> in slots of texts and references (an id as digits),
/// <see cref="double"/> in those of numbers and times (microseconds since 1970).</summary>
/// <param name="Nulls">The part that is NULL: 0 to 1.</param>
/// <param name="Distinct">How many different values there are in all records, estimated.</param>
/// <param name="Common">The most common values, each with its part of all records.</param>
/// <param name="Bounds">Values that cut the others into parts of equal size, ascending; empty where there are too
/// few.</param>
public sealed record SlotStatistics(
    double Nulls, double Distinct, IReadOnlyList<FrequentValue> Common, IReadOnlyList<object> Bounds)
{
    private double Others => Math.Max(0, 1 - Nulls - Common.Sum(common => common.Part));

    /// <summary>The part of the records that holds a value.</summary>
    public double Equal(object value)
    {
        if (Common.FirstOrDefault(common => common.Value.Equals(value)) is { } known) return known.Part;
        return Others / Math.Max(1, Distinct - Common.Count);
    }

    /// <summary>The part that holds less, or with <paramref name="orEqual"/> no more.</summary>
    public double Less(object value, bool orEqual)
    {
        var frequent = Common.Where(common => Compare(common.Value, value) < (orEqual ? 1 : 0))
            .Sum(common => common.Part);
        return frequent + Others * Below(value);
    }

    /// <summary>The part that holds neither NULL nor less.</summary>
    public double NotLess(object value, bool orEqual) => Math.Max(0, 1 - Nulls - Less(value, !orEqual));

    /// <summary>-1, 0 or 1.</summary>
    public static int Compare(object left, object right) => Math.Sign(left is string text
        ? string.CompareOrdinal(text, (string)right) : ((double)left).CompareTo((double)right));

    private double Below(object value)
    {
        if (Bounds.Count < 2) return 0.5;
        var below = Bounds.Count(bound => Compare(bound, value) < 0);
        if (below == 0 || below == Bounds.Count) return below == 0 ? 0 : 1;
        return (below - 0.5) / (Bounds.Count - 1);
    }
}

/// <summary>A value and the part of all records that holds it.</summary>
public sealed record FrequentValue(object Value, double Part);
