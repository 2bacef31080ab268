using System.Globalization;

namespace Xingchen.Schema.Expressions;

/// <summary>Dates and times. Days are those of the account's time zone.</summary>
internal static class DateFunctions
{
    private const int MostMonths = 120_000;

    /// <summary>What a date beside a time is read as.</summary>
    public static readonly ExpressionFunction StartOfDay = new(FunctionGroup.Dates, "STARTOFDAY", "STARTOFDAY(date)",
        "The time at which the day begins in the account's time zone; a date beside a time is that.",
        call => call.Typed(1, 1, ValueKind.Date) is { } a ? call.Make(ValueKind.DateTime, a) : null,
        (a, moment) => moment.Start((DateOnly)a[0]!));

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        new(FunctionGroup.Dates, "TODAY", "TODAY()", "The day, in the account's time zone.",
            call => call.Has(0, 0) ? new RequestExpression(RequestValue.Today, ValueKind.Date) : null,
            (_, moment) => moment.Today),
        new(FunctionGroup.Dates, "NOW", "NOW(), :now", "The time of the request.",
            call => call.Has(0, 0) ? new RequestExpression(RequestValue.Now, ValueKind.DateTime) : null,
            (_, moment) => moment.Now),
        new(FunctionGroup.Dates, "DATE", "DATE(year, month, day)",
            "A date of three whole numbers; NULL where there is no such day.",
            call => call.Typed(3, 3, ValueKind.Number) is { } a ? call.Make(ValueKind.Date, a) : null,
                (a, _) => Date(a)),
        Part("YEAR", "The year.", day => day.Year),
        Part("MONTH", "The month, from 1 to 12.", day => day.Month),
        Part("DAY", "The day of the month.", day => day.Day),
        Part("WEEKDAY", "The day of the week, from 1 for Monday to 7.", day => ((int)day.DayOfWeek + 6) % 7 + 1),
        new(FunctionGroup.Dates, "ADDMONTHS", "ADDMONTHS(date, months)",
            "The same day of another month, or its last where that has fewer; NULL beyond the years 1 to 9999.",
            call => call.Typed(2, 2, ValueKind.Date, ValueKind.Number) is { } a ? call.Make(ValueKind.Date, a) : null,
            (a, _) => Months((DateOnly)a[0]!, ((ExactNumber)a[1]!).ToWhole(-MostMonths, MostMonths))),
        new(FunctionGroup.Dates, "SECONDS", "SECONDS(from, to)", "Whole seconds between two times.",
            call => call.Typed(2, 2, ValueKind.DateTime) is { } a ? call.Make(ValueKind.Number, a, new(12)) : null,
            (a, _) => (ExactNumber)(((DateTime)a[1]! - (DateTime)a[0]!).Ticks / TimeSpan.TicksPerSecond)),
        StartOfDay,
    ];

    public static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static Expression Lift(Expression expression) => expression.Kind != ValueKind.Date ? expression
        : new CallExpression(StartOfDay, [expression], ValueKind.DateTime);

    private static ExpressionFunction Part(string name, string summary, Func<DateOnly, int> run) => new(
        FunctionGroup.Dates, name, $"{name}(date)", summary,
        call => call.Typed(1, 1, ValueKind.Date) is { } a ? call.Make(ValueKind.Number, a, new(4)) : null,
        (a, _) => (ExactNumber)(long)run((DateOnly)a[0]!));

    private static object? Date(object?[] a)
    {
        var (year, month, day) = (Whole(a[0]), Whole(a[1]), Whole(a[2]));
        return year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            ? null : new DateOnly(year, month, day);
    }

    private static int Whole(object? number) => ((ExactNumber)number!).ToWhole(-1, 10_000);

    private static object? Months(DateOnly day, int months)
    {
        var number = day.Year * 12 + day.Month - 1 + months;
        return number is < 12 or >= 120_000 ? null : day.AddMonths(months);
    }
}
