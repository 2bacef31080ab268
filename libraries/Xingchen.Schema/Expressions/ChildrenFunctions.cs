namespace Xingchen.Schema.Expressions;

/// <summary>Aggregates over children: what stands after the relationship is read of each child.</summary>
internal static class ChildrenFunctions
{
    private const int MostDigitsOfCount = 10;

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        new(FunctionGroup.Children, "COUNT", "COUNT(children[, filter])",
            "How many children there are, or how many hold the filter.", call => Check(call, Summary.Count), Never,
            strict: false),
        Of("SUM", Summary.Sum, "The sum of a number over them; NULL over none."),
        Of("AVG", Summary.Average, "The average of a number over those that have it; NULL over none."),
        Of("MIN", Summary.Min, "The least value over them; NULL over none."),
        Of("MAX", Summary.Max, "The greatest value over them; NULL over none."),
    ];

    /// <summary>Makes an aggregate of a relationship and checked parts.</summary>
    /// <returns>Null after a finding: the value does not fit.</returns>
    public static ChildrenExpression? Make(
        ChildRelation relation, SchemaObject child, Summary summary, Expression? value, Expression? filter,
        Action<string, string> refuse)
    {
        if (new[] { value, filter }.Any(part => part?.All.Any(node => node is ChildrenExpression) == true))
        {
            refuse("children-nested", "What is summarized may not summarize children itself.");
            return null;
        }
        var fits = summary switch
        {
            Summary.Count => true,
            Summary.Min or Summary.Max => value!.Kind is ValueKind.Number or ValueKind.Date or ValueKind.DateTime
                or ValueKind.Text,
            _ => value!.Kind == ValueKind.Number,
        };
        if (!fits)
        {
            refuse("type-mismatch", $"{summary} cannot be taken of {ValueKinds.Words(value!.Kind)}.");
            return null;
        }
        var bound = summary switch
        {
            Summary.Count => new ValueBound(MostDigitsOfCount),
            Summary.Sum => value!.Bound with { Whole = value.Bound.Whole + MostDigitsOfCount },
            Summary.Average => new ValueBound(value!.Bound.Whole + 1, value.Bound.Scale + MostDigitsOfCount + 24),
            _ => value!.Bound,
        };
        return new ChildrenExpression([], relation, child, summary, value, filter,
            summary is Summary.Min or Summary.Max ? value!.Kind : ValueKind.Number, bound);
    }

    private static ExpressionFunction Of(string name, Summary summary, string words) => new(
        FunctionGroup.Children, name, $"{name}(children, value[, filter])", words, call => Check(call, summary), Never,
        strict: false);

    private static object? Never(object?[] arguments, ExpressionMoment moment) =>
        throw new InvalidOperationException("An aggregate is run by its children.");

    private static Expression? Check(FunctionCall call, Summary summary)
    {
        var isCount = summary == Summary.Count;
        if (!call.Checker.Place.Children)
            return call.Refuse("children-misplaced", "Children are summarized in formulas and roll-ups only.");
        if (call.Count < (isCount ? 1 : 2) || call.Count > (isCount ? 2 : 3))
            return call.Refuse("arguments-wrong",
                $"It is written {ExpressionFunctions.Find(call.Syntax.Name)!.Signature}.");
        var name = call.Syntax.Arguments[0] is PathSyntax path ? path.Path : null;
        var relation = call.Checker.Object.Children.FirstOrDefault(child => child.Name == name);
        if (relation is null || call.Checker.Schema.Find(relation.Object) is not { } child)
            return call.Checker.Refuse("children-unknown", call.Syntax.Arguments[0],
                $"Here should stand children of {call.Checker.Object.Name}"
                + (call.Checker.Object.Children.Count == 0 ? ", which has none."
                    : ": " + string.Join(", ", call.Checker.Object.Children.Select(c => c.Name)) + "."));
        var inner = call.Checker.For(child);
        var value = isCount ? null : inner.Check(call.Syntax.Arguments[1], null, allowsNull: false);
        var at = isCount ? 1 : 2;
        var filter = call.Count > at ? inner.Check(call.Syntax.Arguments[at], ValueKind.Boolean, allowsNull: false)
            : null;
        if ((!isCount && value is null) || (call.Count > at && filter is null)) return null;
        return Make(relation, child, summary, value, filter, (code, detail) => call.Refuse(code, detail));
    }
}
