using Xingchen.Records.Request;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>Where an expression stands decides what it may hold.</summary>
/// <param name="Aggregates">Whether aggregates may stand there.</param>
/// <param name="Aliases">Whether it sees the aliases of what is selected.</param>
internal readonly record struct QueryPlace(bool Aggregates, bool Aliases);

/// <summary>Settles the names and types of the values of one SELECT.</summary>
/// <remarks>A null result means that a finding was made; what depends on it is then left alone.</remarks>
internal sealed class QueryBinder(QueryPlanning planning, QueryScope scope)
{
    private const int MaxDepth = 100;

    private readonly QueryConstants constants = new(planning);
    private int depth;

    public QueryConstants Constants => constants;

    public QueryFindings Findings => planning.Findings;

    /// <summary>Binds a value.</summary>
    /// <param name="wanted">What its place wants: literals and parameters are read as that; null where anything may
    /// stand.</param>
    public QueryValue? Value(QueryNode node, QueryPlace place, ValueKind? wanted = null)
    {
        if (++depth > MaxDepth) throw TooDeep(node);
        try
        {
            return node switch
            {
                PathNode path => Path(path, place),
                CallNode call => Aggregate(call, place),
                ArithmeticNode arithmetic => Arithmetic(arithmetic, place),
                NegateNode negate => Number(negate.Operand, place) is { } operand
                    ? new ArithmeticValue('-', new ConstantValue("0", ValueKind.Number), operand) : null,
                _ when QueryConstants.IsConstant(node) => constants.Convert(node, wanted),
                _ => Refuse("value-expected", node, "Here should stand a value, not a condition."),
            };
        }
        finally
        {
            depth--;
        }
    }

    /// <summary>The days that a date name stands for, where <paramref name="node"/> is one and no field has that
    /// name.</summary>
    public DayRange? Days(QueryNode node) =>
        node is PathNode { Quoted: false, Names: [var name] } && scope.Root.Object.Find(name.Text) is null
            && !scope.Aliases.ContainsKey(name.Text)
            ? QueryDateNames.Find(name.Text, planning.Today)
            : null;

    public static bool IsOrdered(ValueKind kind) => kind is not (ValueKind.Choices or ValueKind.Opaque);

    public QueryValue? Refuse(string code, QueryNode node, string detail)
    {
        Findings.Add(code, node.Position, detail);
        return null;
    }

    /// <summary>Stops at once: nothing deeper is looked at.</summary>
    public static ProblemException TooDeep(QueryNode node) =>
        new(Problems.QueryInvalid, "The query is nested too deeply.",
        [new Finding("query-too-deep", "The query is nested too deeply, or its sums are too long.",
            Position: node.Position)]);

    private QueryValue? Path(PathNode path, QueryPlace place)
    {
        if (place.Aliases && path.Names is [var name] && scope.Aliases.TryGetValue(name.Text,
            out var aliased)) return aliased;
        if (Days(path) is not null)
            return Refuse("date-name-misplaced", path, $"{path.Text} is a span of days: compare a date with it by "
                + $"= != < <= > >=.");
        return scope.Resolve(path);
    }

    private QueryValue? Arithmetic(ArithmeticNode node, QueryPlace place)
    {
        var left = Number(node.Left, place);
        var right = Number(node.Right, place);
        if (left is null || right is null) return null;
        var value = new ArithmeticValue(node.Operator, left, right);
        return DigitsOf(value) <= QueryLimits.CalculatedDigits ? value
            : Refuse("calculation-too-large", node, "What is calculated here may leave the range of numbers.");
    }

    /// <summary>Digits, before the point and after it, that a number has at most.</summary>
    private static int DigitsOf(QueryValue value)
    {
        const int OfQuotient = 1_000;
        const int OfRows = 20;
        const int OfComputed = 2 * ExpressionLimits.Digits;
        return value switch
        {
            ArithmeticValue sum => DigitsOf(sum.Left) + DigitsOf(sum.Right) + (sum.Operator == '/' ? OfQuotient : 0),
            AggregateValue { Argument: { } argument, Function: var function } =>
                DigitsOf(argument) + (function == "AVG" ? OfQuotient : OfRows),
            FieldValue or ConstantValue or SystemValue => QueryLimits.Digits,
            _ => OfComputed,
        };
    }

    private QueryValue? Number(QueryNode node, QueryPlace place)
    {
        if (constants.IsNull(node)) return Refuse("null-misplaced", node, "Nothing is calculated with NULL.");
        if (Value(node, place, ValueKind.Number) is not { } value) return null;
        return value.Kind == ValueKind.Number
            ? value
            : Refuse("type-mismatch", node, $"Only numbers are calculated with; this is "
                + $"{ValueKinds.Words(value.Kind)}.");
    }

    private QueryValue? Aggregate(CallNode call, QueryPlace place)
    {
        if (!place.Aggregates)
            return Refuse("aggregate-misplaced", call,
                $"{call.Function} may not stand here. A condition on groups goes after HAVING.");
        if (call.Argument is null)
            return call.Function == "COUNT"
                ? new AggregateValue("COUNT", false, null, ValueKind.Number)
                : Refuse("argument-missing", call, $"{call.Function} needs a field.");
        if (Value(call.Argument, new QueryPlace(Aggregates: false, Aliases: false)) is not { } argument) return null;
        var fits = call.Function switch
        {
            "SUM" or "AVG" => argument.Kind == ValueKind.Number,
            "MIN" or "MAX" => argument.Kind is ValueKind.Number or ValueKind.Text or ValueKind.Date
                or ValueKind.DateTime,
            _ => !call.Distinct || IsOrdered(argument.Kind),
        };
        if (!fits)
            return Refuse("type-mismatch", call, $"{call.Function} cannot be taken of "
                + $"{ValueKinds.Words(argument.Kind)}.");
        return new AggregateValue(call.Function, call.Distinct, argument,
            call.Function is "MIN" or "MAX" ? argument.Kind : ValueKind.Number);
    }
}
