namespace Xingchen.Schema.Expressions;

/// <summary>What is written between its operands.</summary>
internal static class OperatorFunctions
{
    public static readonly ExpressionFunction Equal = Comparing("=", "equal", order => order == 0);

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        new(FunctionGroup.Operators, "+", "a + b", "The sum of two numbers; a date and a number: the date that many "
            + "days later.", Sum, (a, _) => a[0] is DateOnly day ? Days(day, (ExactNumber)a[1]!)
                : (ExactNumber)a[0]! + (ExactNumber)a[1]!),
        new(FunctionGroup.Operators, "-", "a - b, -a",
            "The difference of two numbers; of two dates: whole days; a date "
            + "less a number: the date that many days before.", Difference, Subtract),
        new(FunctionGroup.Operators, "*", "a * b", "The product of two numbers, every digit kept.", Product,
            (a, _) => (ExactNumber)a[0]! * (ExactNumber)a[1]!),
        new(FunctionGroup.Operators, "/", "a / b",
            "The quotient, to at least 16 significant digits; NULL where b is 0.",
            Quotient, (a, _) => ((ExactNumber)a[1]!).IsZero ? null : (ExactNumber)a[0]! / (ExactNumber)a[1]!),
        new(FunctionGroup.Operators, "&", "a & b", "Two texts, one after the other; NULL where one is NULL.",
            call => call.Typed(2, ExpressionLimits.Arguments, ValueKind.Text) is { } texts
                ? call.Make(ValueKind.Text, texts, new(Length: texts.Sum(text => text.Bound.Length))) : null,
            (a, _) => string.Concat(a)),
        Equal,
        new(FunctionGroup.Operators, "<>", "a <> b, a != b",
            "TRUE exactly where a = b is not, so also where one is NULL; "
            + "a <> NULL: whether there is a value.", call => Comparison(call, "<>"),
            (a, _) => a[0] is null || a[1] is null || Compare.Values(a[0]!, a[1]!) != 0, strict: false,
                condition: true),
        Comparing("<", "less", order => order < 0),
        Comparing("<=", "less or equal", order => order <= 0),
        Comparing(">", "greater", order => order > 0),
        Comparing(">=", "greater or equal", order => order >= 0),
        new(FunctionGroup.Operators, "IN", "a IN (b, …), a NOT IN (b, …)", "Whether a equals one of the values.",
            Among, (a, _) => a[0] is { } value
                && a.Skip(1).Any(other => other is not null && Compare.Values(value, other) == 0),
            strict: false, condition: true),
    ];

    private static ExpressionFunction Comparing(string symbol, string words, Func<int, bool> holds) => new(
        FunctionGroup.Operators, symbol, $"a {symbol} b", $"Whether a is {words}; FALSE where one is NULL"
            + (symbol == "=" ? "; a = NULL: whether there is no value." : "."), call => Comparison(call, symbol),
        (a, _) => holds(Compare.Values(a[0]!, a[1]!)), condition: true);

    private static Expression? Sum(FunctionCall call)
    {
        if (!call.Has(2, 2)) return null;
        var (left, right) = (call.Any(0), call.Argument(1, ValueKind.Number));
        if (left is null || right is null) return null;
        if (left.Kind == ValueKind.Date) return call.Make(ValueKind.Date, [left, right]);
        return left.Kind == ValueKind.Number ? call.Make(ValueKind.Number, [left, right], Added(left, right))
            : Wrong(call, left);
    }

    private static Expression? Difference(FunctionCall call)
    {
        if (call.Count == 1)
            return call.Argument(0, ValueKind.Number) is { } only
                ? call.Make(ValueKind.Number, [only], only.Bound) : null;
        var (left, right) = (call.Any(0), call.Any(1));
        if (left is null || right is null) return null;
        return (left.Kind, right.Kind) switch
        {
            (ValueKind.Number, ValueKind.Number) => call.Make(ValueKind.Number, [left, right], Added(left, right)),
            (ValueKind.Date, ValueKind.Number) => call.Make(ValueKind.Date, [left, right]),
            (ValueKind.Date, ValueKind.Date) => call.Make(ValueKind.Number, [left, right], new(8)),
            (ValueKind.Date or ValueKind.Number, _) => Wrong(call, right),
            _ => Wrong(call, left),
        };
    }

    private static Expression? Product(FunctionCall call) =>
        call.Typed(2, 2, ValueKind.Number) is [var left, var right] both
            ? call.Make(ValueKind.Number, both,
                new(left.Bound.Whole + right.Bound.Whole, left.Bound.Scale + right.Bound.Scale)) : null;

    private static Expression? Quotient(FunctionCall call)
    {
        if (call.Typed(2, 2, ValueKind.Number) is not [var left, var right] both) return null;
        if (right is ConstantExpression { Value: ExactNumber { IsZero: true } })
            return call.Refuse("division-by-zero", "This divides by zero: it is always NULL.");
        // The smallest divisor is one unit of its last digit; the digits kept begin where the quotient does.
        var scale = Math.Max(24 + left.Bound.Scale + right.Bound.Whole, Math.Max(left.Bound.Scale, right.Bound.Scale));
        return call.Make(ValueKind.Number, both, new(left.Bound.Whole + right.Bound.Scale + 1, scale));
    }

    private static Expression? Comparison(FunctionCall call, string symbol)
    {
        var isEquality = symbol is "=" or "<>";
        var nulls = call.Syntax.Arguments.Index()
            .Where(entry => entry.Item is ValueSyntax { Value: null }).Select(entry => entry.Index).ToList();
        if (isEquality && nulls is [var index])
        {
            if (call.Any(1 - index) is not { } tested) return null;
            var isNull = new CallExpression(LogicFunctions.IsNull, [tested], ValueKind.Boolean);
            return symbol == "=" ? isNull : new CallExpression(LogicFunctions.Not, [isNull], ValueKind.Boolean);
        }
        if (call.Alike([0, 1], allowsNull: false) is not { } both) return null;
        if (both[0].Kind is ValueKind.Choices or ValueKind.Opaque)
            return call.Refuse("type-mismatch", both[0].Kind == ValueKind.Choices
                ? "A set of choices is asked with INCLUDES, or compared with NULL."
                : "This can only be compared with NULL.");
        if (!isEquality && both[0].Kind is ValueKind.Boolean or ValueKind.Id && !isEquality)
            return call.Refuse("type-mismatch", $"{ValueKinds.Words(both[0].Kind)} is compared by = and <>.");
        return call.Make(ValueKind.Boolean, both);
    }

    private static Expression? Among(FunctionCall call)
    {
        if (!call.Has(2, ExpressionLimits.Arguments)
            || call.Alike(Enumerable.Range(0, call.Count), allowsNull: false) is not { } all) return null;
        return all[0].Kind is ValueKind.Choices or ValueKind.Opaque
            ? call.Refuse("type-mismatch", "A set of choices is asked with INCLUDES.")
            : call.Make(ValueKind.Boolean, all);
    }

    private static ValueBound Added(Expression left, Expression right)
    {
        var most = ValueBound.Most([left, right]);
        return most with { Whole = most.Whole + 1 };
    }

    private static object? Subtract(object?[] a, ExpressionMoment moment) => a switch
    {
        [ExactNumber only] => -only,
        [DateOnly day, DateOnly other] => (ExactNumber)(day.DayNumber - other.DayNumber),
        [DateOnly day, ExactNumber days] => Days(day, -days),
        _ => (ExactNumber)a[0]! - (ExactNumber)a[1]!,
    };

    /// <summary>NULL beyond the years 1 to 9999.</summary>
    private static object? Days(DateOnly day, ExactNumber days)
    {
        var number = (long)day.DayNumber + days.ToWhole(-4_000_000, 4_000_000);
        return number < 0 || number > DateOnly.MaxValue.DayNumber ? null : DateOnly.FromDayNumber((int)number);
    }

    private static Expression? Wrong(FunctionCall call, Expression operand) => call.Refuse("type-mismatch",
        $"{call.Syntax.Name} is made of numbers, or of a date and days; this is {ValueKinds.Words(operand.Kind)}."
        + (operand.Kind == ValueKind.Text ? " Texts are joined by &." : ""));
}
