using Xingchen.Records.Request;

namespace Xingchen.Records.Plan;

/// <summary>Holds that what a query of groups shows is the same for a whole group.</summary>
internal sealed class QueryGrouping(QueryFindings findings, IReadOnlyList<QueryValue> groups)
{
    /// <summary>Checks what is selected, ordered by and asked of groups. Only for a query that is right
    /// otherwise.</summary>
    public void Check(QuerySyntax syntax, QueryBinder binder, QueryCondition? having)
    {
        var place = new QueryPlace(Aggregates: true, Aliases: true);
        foreach (var node in syntax.Items.Select(item => item.Expression).OfType<QueryNode>())
            Check(binder.Value(node, place with { Aliases = false }), node);
        foreach (var item in syntax.OrderBy) Check(binder.Value(item.Expression, place), item.Expression);
        if (having is not null && !Holds(having))
            findings.Add("not-grouped", syntax.Having!.Position,
                "HAVING asks of groups: of aggregates and of what stands after GROUP BY. Conditions on records go "
                    + "after WHERE.");
    }

    /// <summary>Whether an aggregate stands in the expression.</summary>
    public static bool HasAggregate(QueryNode node) => node switch
    {
        CallNode => true,
        ArithmeticNode arithmetic => HasAggregate(arithmetic.Left) || HasAggregate(arithmetic.Right),
        NegateNode negate => HasAggregate(negate.Operand),
        _ => false,
    };

    private void Check(QueryValue? value, QueryNode node)
    {
        if (value is not null && !Holds(value))
            findings.Add("not-grouped", node.Position, $"{(node as PathNode)?.Text ?? "This"} differs within a group: "
                + "put it after GROUP BY, or into an aggregate.");
    }

    private bool Holds(QueryValue value) => groups.Contains(value) || value switch
    {
        AggregateValue or ConstantValue => true,
        ArithmeticValue arithmetic => Holds(arithmetic.Left) && Holds(arithmetic.Right),
        MidnightValue midnight => Holds(midnight.Date),
        _ => false,
    };

    private bool Holds(QueryCondition condition) => condition switch
    {
        Comparison comparison => Holds(comparison.Left) && Holds(comparison.Right),
        IsNull isNull => Holds(isNull.Value),
        Like like => Holds(like.Value),
        Contains contains => Holds(contains.Value) && Holds(contains.Part),
        InValues values => Holds(values.Value),
        InSelect select => Holds(select.Value),
        Includes includes => Holds(includes.Value),
        Negation negation => Holds(negation.Condition),
        Junction junction => junction.Terms.All(Holds),
        _ => false,
    };
}
