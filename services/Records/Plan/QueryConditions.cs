using Xingchen.Records.Request;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>Settles the conditions of one SELECT.</summary>
/// <param name="subquery">Plans the SELECT after IN; null after a finding.</param>
internal sealed class QueryConditions(QueryBinder binder, QueryClock clock, Func<QuerySyntax, SelectPlan?> subquery)
{
    private const int MaxDepth = 100;

    private static readonly QueryCondition Nothing = new Junction(false, []);

    private int depth;

    public QueryCondition? Bind(QueryNode node, QueryPlace place)
    {
        if (++depth > MaxDepth) throw QueryBinder.TooDeep(node);
        try
        {
            return node switch
            {
                LogicNode logic => Logic(logic, place),
                NotNode not => Bind(not.Operand, place) is { } operand ? new Negation(operand) : null,
                CompareNode { Operator: "LIKE" } like => Like(like, place),
                CompareNode { Operator: "CONTAINS" } contains => Contains(contains, place),
                CompareNode compare => Compare(compare, place),
                ListNode { Operator: "INCLUDES" } includes => Includes(includes, place),
                ListNode list => In(list, place),
                InQueryNode query => InSelect(query, place),
                _ => Truth(node, place),
            };
        }
        finally
        {
            depth--;
        }
    }

    private Junction? Logic(LogicNode logic, QueryPlace place)
    {
        var terms = logic.Terms.Select(term => Bind(term, place)).ToList();
        return terms.Contains(null) ? null : new Junction(logic.IsAnd, terms!);
    }

    /// <summary>A value that is a condition by itself: a boolean field.</summary>
    private QueryCondition? Truth(QueryNode node, QueryPlace place)
    {
        if (binder.Value(node, place) is not { } value) return null;
        if (value.Kind == ValueKind.Boolean) return new Comparison("=", value,
            new ConstantValue(true, ValueKind.Boolean));
        return Refuse("condition-expected", node, "Here should stand a condition, such as name = 'x'.");
    }

    private QueryCondition? Compare(CompareNode node, QueryPlace place)
    {
        var (op, left, right) = (node.Operator, node.Left, node.Right);
        var constants = binder.Constants;
        if (QueryConstants.IsConstant(left) && !QueryConstants.IsConstant(right) || binder.Days(left) is not null)
            (op, left, right) = (Flip(op), right, left);
        if (op is "=" or "!=" && constants.IsNull(right))
            return binder.Value(left, place) is { } tested ? Signed(op, new IsNull(tested)) : null;
        if (binder.Days(right) is { } days)
            return Dated(left, place) is { } dated ? Within(op, dated, days) : null;
        var first = binder.Value(left, place);
        // With the left side unknown the right one is still looked at: all that is wrong is said at once.
        var second = binder.Value(right, place, first?.Kind);
        if (first is null || second is null) return null;
        if (first.Kind != second.Kind) (first, second) = (Lift(first, second.Kind), Lift(second, first.Kind));
        if (first.Kind != second.Kind)
            return Refuse("type-mismatch", node,
                $"{ValueKinds.Words(first.Kind)} cannot be compared with {ValueKinds.Words(second.Kind)}.");
        if (!QueryBinder.IsOrdered(first.Kind))
            return Refuse("type-mismatch", node, first.Kind == ValueKind.Choices
                ? "A set of choices is asked with INCLUDES, or compared with NULL."
                    : "This can only be compared with NULL.");
        if (first.Kind == ValueKind.Boolean && op is not ("=" or "!="))
            return Refuse("type-mismatch", node, "TRUE and FALSE are compared by = and !=.");
        return op == "!=" ? new Negation(new Comparison("=", first, second)) : new Comparison(op, first, second);
    }

    private QueryValue? Dated(QueryNode node, QueryPlace place)
    {
        if (binder.Value(node, place) is not { } value) return null;
        return value.Kind is ValueKind.Date or ValueKind.DateTime
            ? value
            : binder.Refuse("type-mismatch", node, "Only dates and times are compared with a span of days.");
    }

    private QueryCondition Within(string op, QueryValue value, DayRange days)
    {
        QueryValue Day(DateOnly day) => value.Kind == ValueKind.Date
            ? new ConstantValue(day, ValueKind.Date)
            : new ConstantValue(clock.Start(day), ValueKind.DateTime);
        var inside = new Junction(true,
            [new Comparison(">=", value, Day(days.Start)), new Comparison("<", value, Day(days.End))]);
        return op switch
        {
            "=" => inside,
            "!=" => new Negation(inside),
            "<" => new Comparison("<", value, Day(days.Start)),
            "<=" => new Comparison("<", value, Day(days.End)),
            ">" => new Comparison(">=", value, Day(days.End)),
            _ => new Comparison(">=", value, Day(days.Start)),
        };
    }

    private QueryCondition? Like(CompareNode node, QueryPlace place)
    {
        var value = binder.Value(node.Left, place);
        if (!QueryConstants.IsConstant(node.Right))
            return Refuse("pattern-expected", node.Right, "After LIKE stands a text or a parameter.");
        var pattern = binder.Constants.Convert(node.Right, ValueKind.Text);
        if (value is null || pattern is null) return null;
        return value.Kind == ValueKind.Text
            ? new Like(value, (string)pattern.Value)
            : Refuse("type-mismatch", node, $"LIKE is asked of a text; this is {ValueKinds.Words(value.Kind)}.");
    }

    private QueryCondition? Contains(CompareNode node, QueryPlace place)
    {
        var value = binder.Value(node.Left, place);
        var part = binder.Value(node.Right, place, ValueKind.Text);
        if (value is null || part is null) return null;
        if (value.Kind == ValueKind.Choices && part is ConstantValue { Value: string choice }) return new Includes(
            value, [choice]);
        return value.Kind == ValueKind.Text && part.Kind == ValueKind.Text
            ? new Contains(value, part)
            : Refuse("type-mismatch", node, "CONTAINS is asked of a text, for a text.");
    }

    private QueryCondition? Includes(ListNode node, QueryPlace place)
    {
        var value = binder.Value(node.Left, place);
        var choices = Values(node, ValueKind.Text);
        if (value is null || choices is null) return null;
        return value.Kind == ValueKind.Choices
            ? new Includes(value, [.. choices.Select(choice => (string)choice.Value)])
            : Refuse("type-mismatch", node, "INCLUDES is asked of a set of choices.");
    }

    private QueryCondition? In(ListNode node, QueryPlace place)
    {
        if (binder.Value(node.Left, place) is not { } value) return null;
        if (!QueryBinder.IsOrdered(value.Kind))
            return Refuse("type-mismatch", node, "IN is not asked of this; see INCLUDES.");
        if (Values(node, value.Kind) is not { } values) return null;
        if (values.Count == 0) return Nothing;
        if (value.Kind != ValueKind.Date || values.All(item => item.Kind == ValueKind.Date))
            return new InValues(value, [.. values.Select(item => item.Value)]);
        return new InValues(new MidnightValue(value, clock.Zone),
            [.. values.Select(item => ((ConstantValue)Lift(item, ValueKind.DateTime)).Value)]);
    }

    private List<ConstantValue>? Values(ListNode node, ValueKind wanted)
    {
        var values = new List<ConstantValue?>();
        foreach (var item in node.Values)
        {
            if (QueryConstants.IsConstant(item)) values.AddRange(binder.Constants.Spread(item, wanted));
            else if (binder.Refuse("value-expected", item,
                "A list holds values and parameters only.") is null) values.Add(null);
            if (values.Count > QueryLimits.ListValues)
            {
                Refuse("query-too-large", item, $"A list has at most {QueryLimits.ListValues} values.");
                return null;
            }
        }
        return values.Contains(null) ? null : [.. values.OfType<ConstantValue>()];
    }

    private QueryCondition? InSelect(InQueryNode node, QueryPlace place)
    {
        var value = binder.Value(node.Left, place);
        var select = subquery(node.Query);
        if (value is null || select?.Output is not [OutputLeaf leaf]) return null;
        return value.Kind == leaf.Value.Kind && QueryBinder.IsOrdered(value.Kind)
            ? new InSelect(value, select)
            : Refuse("type-mismatch", node,
                $"{ValueKinds.Words(value.Kind)} is not found among {ValueKinds.Words(leaf.Value.Kind)}.");
    }

    /// <summary>A date as the instant at which it begins, where it meets a time.</summary>
    private QueryValue Lift(QueryValue value, ValueKind other) => (value, other) switch
    {
        (ConstantValue { Value: DateOnly day }, ValueKind.DateTime) =>
            new ConstantValue(clock.Start(day), ValueKind.DateTime),
        ({ Kind: ValueKind.Date }, ValueKind.DateTime) => new MidnightValue(value, clock.Zone),
        _ => value,
    };

    private static QueryCondition Signed(string op, QueryCondition condition) =>
        op == "!=" ? new Negation(condition) : condition;

    private static string Flip(string op) => op switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => op };

    private QueryCondition? Refuse(string code, QueryNode node, string detail)
    {
        binder.Findings.Add(code, node.Position, detail);
        return null;
    }
}
