namespace Xingchen.Schema.Expressions;

/// <summary>Numbers: exact decimals.</summary>
internal static class NumberFunctions
{
    /// <summary>Places that ROUND takes at most, on either side of the point.</summary>
    public const int MostPlaces = 30;

    private static readonly ExpressionFunction Round = new(
        FunctionGroup.Numbers, "ROUND", "ROUND(number[, places])", "Rounded half away from zero to that many digits "
            + $"after the point (0 if not said, {MostPlaces} at most); negative places round to tens, hundreds, ….",
        call => call.Typed(1, 2, ValueKind.Number) is { } a
            ? call.Make(ValueKind.Number, a, new(a[0].Bound.Whole + 1, MostPlaces)) : null,
        (a, _) => ((ExactNumber)a[0]!).Round(
            a.Length == 1 ? 0 : ((ExactNumber)a[1]!).ToWhole(-MostPlaces, MostPlaces)));

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        Round,
        One("FLOOR", "FLOOR(number)", "The greatest whole number that is not greater.", number => number.Floor()),
        One("CEILING", "CEILING(number)", "The least whole number that is not less.", number => -(-number).Floor()),
        One("TRUNC", "TRUNC(number)", "The number without what stands after its point.", number => number.Truncate()),
        One("ABS", "ABS(number)", "The number without its sign.", number => number.Absolute(), keeps: true),
        new(FunctionGroup.Numbers, "MOD", "MOD(number, divisor)",
            "What is left of a division cut towards zero, with the sign of the number; NULL where the divisor is 0.",
            call => call.Typed(2, 2, ValueKind.Number) is { } a
                ? call.Make(ValueKind.Number, a, ValueBound.Most(a)) : null,
            (a, _) => ((ExactNumber)a[1]!).IsZero ? null : (ExactNumber)a[0]! % (ExactNumber)a[1]!),
        Extreme("LEAST", "The least of the values", order => order < 0),
        Extreme("GREATEST", "The greatest of the values", order => order > 0),
        new(FunctionGroup.Numbers, "NUMBER", "NUMBER(text)",
            "The number that a text such as -12.30 is; NULL where it is none, or has more than 60 characters.",
            call => call.Typed(1, 1, ValueKind.Text) is { } a ? call.Make(ValueKind.Number, a, new(60, 60)) : null,
            (a, _) => ((string)a[0]!).Length <= 60 ? ExactNumber.TryParse((string)a[0]!) : null),
    ];

    /// <summary>A number with exactly that many digits after its point.</summary>
    public static Expression Rounded(Expression number, int places) => new CallExpression(
        Round, [number, new ConstantExpression((ExactNumber)places, ValueKind.Number)], ValueKind.Number,
        new ValueBound(number.Bound.Whole + 1, places));

    private static ExpressionFunction One(
        string name, string signature, string summary, Func<ExactNumber, ExactNumber> run, bool keeps = false) => new(
        FunctionGroup.Numbers, name, signature, summary,
        call => call.Typed(1, 1, ValueKind.Number) is [var number] a
            ? call.Make(ValueKind.Number, a, keeps ? number.Bound : new(number.Bound.Whole + 1)) : null,
        (a, _) => run((ExactNumber)a[0]!));

    private static ExpressionFunction Extreme(string name, string summary, Func<int, bool> better) => new(
        FunctionGroup.Numbers, name, $"{name}(a, b, …)", summary + ": numbers, dates or times; NULL where one is.",
        call =>
        {
            if (!call.Has(2, ExpressionLimits.Arguments)
                || call.Alike(Enumerable.Range(0, call.Count), allowsNull: false) is not { } a) return null;
            return a[0].Kind is ValueKind.Number or ValueKind.Date or ValueKind.DateTime
                ? call.Make(a[0].Kind, a, ValueBound.Most(a))
                : call.Refuse("type-mismatch", $"{name} is of numbers, dates or times.");
        },
        (a, _) => a.Aggregate((best, value) => better(Compare.Values(value!, best!)) ? value : best));
}
