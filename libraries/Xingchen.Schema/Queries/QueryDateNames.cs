namespace Xingchen.Schema.Queries;

/// <summary>A span of whole days: from the first on, before <see cref="End"/>.</summary>
public readonly record struct DayRange(DateOnly Start, DateOnly End);

/// <summary>Dates by name: <c>TODAY</c>, <c>LAST_30_DAYS</c>, <c>THIS_MONTH</c> and the like.</summary>
/// <remarks>
/// Each is a span of days in the account's time zone; weeks begin on Monday. <c>LAST_n_DAYS</c> is the n days before
/// today and today; <c>NEXT_n_DAYS</c> the n days after today. <c>= name</c> is within the span, <c>&lt;</c> before
/// it, <c>&gt;</c> after it.
/// </remarks>
public static class QueryDateNames
{
    private const int MaxDays = 36_500;

    /// <summary>The span that <paramref name="name"/> means on <paramref name="today"/>, or null where it is no such
    /// name.</summary>
    public static DayRange? Find(string name, DateOnly today)
    {
        var words = name.ToUpperInvariant().Split('_');
        return words switch
        {
            ["TODAY"] => Days(today, 0, 1),
            ["YESTERDAY"] => Days(today, -1, 1),
            ["TOMORROW"] => Days(today, 1, 1),
            ["LAST", var n, "DAYS"] when Count(n) is { } count => Days(today, -count, count + 1),
            ["NEXT", var n, "DAYS"] when Count(n) is { } count => Days(today, 1, count),
            [var which, var unit] when Shift(which) is { } shift => Unit(unit, today, shift),
            _ => null,
        };
    }

    private static int? Shift(string which) => which switch { "LAST" => -1, "THIS" => 0, "NEXT" => 1, _ => null };

    private static int? Count(string digits) =>
        digits.Length <= 5 && int.TryParse(digits, out var count) && count is > 0 and <= MaxDays ? count : null;

    private static DayRange? Unit(string unit, DateOnly today, int shift)
    {
        var month = new DateOnly(today.Year, today.Month, 1);
        var quarter = month.AddMonths(-((today.Month - 1) % 3));
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        return unit switch
        {
            "WEEK" => Days(monday, 7 * shift, 7),
            "MONTH" => new DayRange(month.AddMonths(shift), month.AddMonths(shift + 1)),
            "QUARTER" => new DayRange(quarter.AddMonths(3 * shift), quarter.AddMonths(3 * shift + 3)),
            "YEAR" => new DayRange(new DateOnly(today.Year + shift, 1, 1), new DateOnly(today.Year + shift + 1, 1, 1)),
            _ => null,
        };
    }

    private static DayRange Days(DateOnly from, int offset, int count) =>
        new(from.AddDays(offset), from.AddDays(offset + count));
}
