using Xingchen.Schema.Expressions;

namespace Xingchen.Schema.Queries;

/// <summary>Checks conditions and orders of the query language that stand in definitions, before there are places and
/// records: names and kinds.</summary>
/// <remarks>Refuses what the planner of queries refuses, at the same positions; a test runs both on the same texts.
/// What only a whole query shows (how many objects it reaches, how large its sums may come) is left to it.</remarks>
internal sealed class QueryCheck
{
    private readonly Schema schema;
    private readonly SchemaObject of;
    private readonly List<Finding> found;

    /// <summary>Kinds by the names that a query gives to what it selects, for its order.</summary>
    private readonly IReadOnlyDictionary<string, ValueKind> aliases;

    private QueryCheck(
        Schema schema, SchemaObject of, List<Finding> found, IReadOnlyDictionary<string, ValueKind>? aliases = null) =>
        (this.schema, this.of, this.found, this.aliases) =
            (schema, of, found, aliases ?? new Dictionary<string, ValueKind>());

    /// <summary>What is wrong with what may stand after WHERE.</summary>
    public static IReadOnlyList<Finding> Filter(string text, Schema schema, SchemaObject of) =>
        Run(() => QueryParser.ParseFilter(text), schema, of, null, (check, node) => check.Condition(node));

    /// <summary>What is wrong with what may stand after ORDER BY.</summary>
    /// <param name="aliases">Names of what is selected; of groups, <paramref name="groups"/> are the paths besides that
    /// records are grouped by.</param>
    /// <param name="groups">Null where records are ordered, not groups.</param>
    public static IReadOnlyList<Finding> Order(string text, Schema schema, SchemaObject of,
        IReadOnlyDictionary<string, ValueKind>? aliases = null, IReadOnlyCollection<string>? groups = null) =>
        Run(() => QueryParser.ParseOrder(text), schema, of, aliases, (check, items) =>
        {
            foreach (var item in items) check.Order(item.Expression, groups);
        });

    /// <summary>The kind of what a path leads to; null after a finding.</summary>
    public static ValueKind? Path(string text, Schema schema, SchemaObject of, List<Finding> findings)
    {
        var names = text.Split('.').Select(name => new QueryName(name, 0)).ToList();
        return new QueryCheck(schema, of, findings).Path(new PathNode(names, Quoted: true, 0));
    }

    private static IReadOnlyList<Finding> Run<T>(Func<T> parse, Schema schema, SchemaObject of,
        IReadOnlyDictionary<string, ValueKind>? aliases, Action<QueryCheck, T> check)
    {
        var all = new List<Finding>();
        try
        {
            check(new QueryCheck(schema, of, all, aliases), parse());
        }
        catch (ProblemException wrong)
        {
            return wrong.Errors;
        }
        return [.. all.Take(QueryLimits.Findings).OrderBy(finding => finding.Position)];
    }

    private void Order(QueryNode node, IReadOnlyCollection<string>? groups)
    {
        if (node is CallNode call)
        {
            Refuse("aggregate-misplaced", call, "An order names what is selected; give the aggregate a name.");
            return;
        }
        if (Value(node) is not { } kind) return;
        if (IsConstant(node) || kind is ValueKind.Choices or ValueKind.Opaque)
            Refuse("type-mismatch", node, "Records are ordered by fields that compare, or by what is calculated from "
                + "them.");
        else if (groups is not null && !(node is PathNode path
            && (groups.Contains(path.Text) || aliases.ContainsKey(path.Text))))
            Refuse("not-grouped", node, "Groups are ordered by what they are grouped by, and by aggregates.");
    }

    private void Condition(QueryNode node)
    {
        switch (node)
        {
            case LogicNode logic:
                foreach (var term in logic.Terms) Condition(term);
                break;
            case NotNode not: Condition(not.Operand); break;
            case CompareNode { Operator: "LIKE" } like: Like(like); break;
            case CompareNode { Operator: "CONTAINS" } contains: Contains(contains); break;
            case CompareNode compare: Compare(compare); break;
            case ListNode list: In(list); break;
            case InQueryNode query: InSelect(query); break;
            default:
                if (Value(node) is { } kind and not ValueKind.Boolean)
                    Refuse("condition-expected", node, "Here should stand a condition, such as name = 'x'.");
                break;
        }
    }

    private void Compare(CompareNode node)
    {
        var (left, right) = (node.Left, node.Right);
        if ((IsConstant(left) && !IsConstant(right)) || IsDays(left)) (left, right) = (right, left);
        if (node.Operator is "=" or "!=" && right is LiteralNode { Value: null })
        {
            Value(left);
            return;
        }
        if (IsDays(right))
        {
            if (Value(left) is { } dated and not (ValueKind.Date or ValueKind.DateTime))
                Refuse("type-mismatch", left, "Only dates and times are compared with a span of days.");
            return;
        }
        var first = Value(left);
        var second = Value(right, first);
        if (first is null || second is null) return;
        if (first != second && !(IsTime(first) && IsTime(second)))
            Refuse("type-mismatch", node,
                $"{ValueKinds.Words(first.Value)} cannot be compared with {ValueKinds.Words(second.Value)}.");
        else if (first is ValueKind.Choices or ValueKind.Opaque)
            Refuse("type-mismatch", node, first == ValueKind.Choices
                ? "A set of choices is asked with INCLUDES, or compared with NULL."
                : "This can only be compared with NULL.");
        else if (first == ValueKind.Boolean && node.Operator is not ("=" or "!="))
            Refuse("type-mismatch", node, "TRUE and FALSE are compared by = and !=.");
    }

    private void Like(CompareNode node)
    {
        var value = Value(node.Left);
        if (!IsConstant(node.Right))
            Refuse("pattern-expected", node.Right, "After LIKE stands a text.");
        else if (Constant(node.Right, ValueKind.Text) is not null && value is { } kind and not ValueKind.Text)
            Refuse("type-mismatch", node, $"LIKE is asked of a text; this is {ValueKinds.Words(kind)}.");
    }

    private void Contains(CompareNode node)
    {
        var (value, part) = (Value(node.Left), Value(node.Right, ValueKind.Text));
        if (value is null || part is null) return;
        if (part != ValueKind.Text
            || !(value == ValueKind.Text || (value == ValueKind.Choices && IsConstant(node.Right))))
            Refuse("type-mismatch", node, "CONTAINS is asked of a text, for a text.");
    }

    private void In(ListNode node)
    {
        var value = Value(node.Left);
        var includes = node.Operator == "INCLUDES";
        if (!includes && value is ValueKind.Choices or ValueKind.Opaque)
        {
            Refuse("type-mismatch", node, "IN is not asked of this; see INCLUDES.");
            return;
        }
        if (!includes && value is null) return;
        var right = true;
        foreach (var item in node.Values)
            if (!IsConstant(item)) right = Refuse("value-expected", item, "A list holds values only.") is not null;
            else right &= Constant(item, includes ? ValueKind.Text : value!.Value) is not null;
        if (includes && right && value is not (null or ValueKind.Choices))
            Refuse("type-mismatch", node, "INCLUDES is asked of a set of choices.");
    }

    private void InSelect(InQueryNode node)
    {
        var value = Value(node.Left);
        var query = node.Query;
        if (schema.Find(query.From.Text) is not { } other)
        {
            found.Add(new Finding("object-unknown", $"There is no object {LayerReader.Clip(query.From.Text)}.",
                Position: query.From.Position));
            return;
        }
        if (query.Items is not [{ Expression: PathNode path, Alias: null }] || query.GroupBy.Count > 0
            || query.Having is not null)
        {
            found.Add(new Finding("subquery-misplaced",
                "A subquery after IN selects one field, without aggregates or groups.", Position: query.Position));
            return;
        }
        var inner = new QueryCheck(schema, other, found);
        if (query.Where is { } where) inner.Condition(where);
        var selected = inner.Value(path);
        foreach (var item in query.OrderBy) inner.Order(item.Expression, null);
        if (value is null || selected is null) return;
        if (value != selected || value is ValueKind.Choices or ValueKind.Opaque)
            Refuse("type-mismatch", node,
                $"{ValueKinds.Words(value.Value)} is not found among {ValueKinds.Words(selected.Value)}.");
    }

    private ValueKind? Value(QueryNode node, ValueKind? wanted = null) => node switch
    {
        PathNode { Names: [var name] } when aliases.TryGetValue(name.Text, out var kind) => kind,
        PathNode path when IsDays(path) => Refuse("date-name-misplaced", path,
            $"{path.Text} is a span of days: compare a date with it by = != < <= > >=."),
        PathNode path => Path(path),
        CallNode call => Refuse("aggregate-misplaced", call, $"{call.Function} may not stand here."),
        ArithmeticNode sum => Number(sum.Left) is var left && Number(sum.Right) is var right && left && right
            ? ValueKind.Number : null,
        NegateNode negate => Number(negate.Operand) ? ValueKind.Number : null,
        _ when IsConstant(node) => Constant(node, wanted),
        _ => Refuse("value-expected", node, "Here should stand a value, not a condition."),
    };

    private bool Number(QueryNode node)
    {
        if (node is LiteralNode { Value: null })
            return Refuse("null-misplaced", node, "Nothing is calculated with NULL.") is not null;
        if (Value(node, ValueKind.Number) is not { } kind) return false;
        return kind == ValueKind.Number || Refuse("type-mismatch", node,
            $"Only numbers are calculated with; this is {ValueKinds.Words(kind)}.") is not null;
    }

    private ValueKind? Constant(QueryNode node, ValueKind? wanted)
    {
        ValueKind? kind = node switch
        {
            NumberNode => ValueKind.Number,
            DateNode => ValueKind.Date,
            TimeNode => ValueKind.DateTime,
            LiteralNode { Value: bool } => ValueKind.Boolean,
            LiteralNode { Value: string } => ValueKind.Text,
            ParameterNode => Refuse("parameter-missing", node, "A definition brings no parameters; write the value."),
            _ => Refuse("null-misplaced", node, "NULL stands only after = and !=."),
        };
        if (kind is null || wanted is null || kind == wanted || (IsTime(kind) && IsTime(wanted))) return kind;
        if (node is not LiteralNode { Value: string text })
            return Refuse("type-mismatch", node,
                $"Here should stand {ValueKinds.Words(wanted.Value)}, not {ValueKinds.Words(kind.Value)}.");
        return wanted switch
        {
            ValueKind.Id when RecordId.TryParse(text, out _) => ValueKind.Id,
            ValueKind.Id => Refuse("type-mismatch", node, "Here should stand a record id, of 15 or 18 characters."),
            ValueKind.Date or ValueKind.DateTime => Refuse("type-mismatch", node,
                "Dates and times are written without quotes: 2026-11-20."),
            ValueKind.Choices => ValueKind.Text,
            _ => Refuse("type-mismatch", node, $"Here should stand {ValueKinds.Words(wanted.Value)}, not a text."),
        };
    }

    private ValueKind? Path(PathNode path)
    {
        var names = path.Names;
        var first = names.Count > 1 && names[0].Text == of.Name && of.Find(names[0].Text) is null ? 1 : 0;
        IReadOnlyList<SchemaObject> at = [of];
        for (var i = first; i < names.Count - 1; i++)
        {
            if (at.Count > 1)
                return Refuse("reference-polymorphic", names[i], "Nothing can be followed on from a reference to "
                    + "several objects.");
            if (at[0].Find(names[i].Text) is not { } step) return Unknown(at[0], names[i]);
            at = [.. (step.References ?? []).Select(schema.Find).OfType<SchemaObject>()];
            if (at.Count == 0)
                return Refuse("not-a-reference", names[i], $"{names[i].Text} refers to no record, so nothing can "
                    + "follow it.");
        }
        if (ValueKinds.OfSystem(names[^1].Text) is { } system) return system;
        if (at.Count == 1)
            return at[0].Find(names[^1].Text) is not { } field ? Unknown(at[0], names[^1])
                : field.IsComputed ? schema.Computed.Find(at[0], field)?.Kind ?? ValueKind.Opaque
                : ValueKinds.Of(field.Type);
        var shared = at.Select(item => item.Find(names[^1].Text)).ToList();
        return shared.All(field => field?.Type == shared[0]?.Type && field is { IsComputed: false })
            ? ValueKinds.Of(shared[0]!.Type)
            : Refuse("reference-polymorphic", names[^1], "Not all of "
                + $"{string.Join(", ", at.Select(item => item.Name))} have a field "
                + $"{LayerReader.Clip(names[^1].Text)} of one type.");
    }

    private bool IsDays(QueryNode node) => node is PathNode { Quoted: false, Names: [var name] }
        && of.Find(name.Text) is null && !aliases.ContainsKey(name.Text)
        && QueryDateNames.Find(name.Text, new DateOnly(2000, 1, 1)) is not null;

    private static bool IsConstant(QueryNode node) =>
        node is LiteralNode or NumberNode or DateNode or TimeNode or ParameterNode;

    private static bool IsTime(ValueKind? kind) => kind is ValueKind.Date or ValueKind.DateTime;

    private ValueKind? Unknown(SchemaObject owner, QueryName name) =>
        Refuse("field-unknown", name, $"{owner.Name} has no field {LayerReader.Clip(name.Text)}.");

    private ValueKind? Refuse(string code, QueryNode node, string detail) =>
        Refuse(code, new QueryName("", node.Position), detail);

    private ValueKind? Refuse(string code, QueryName at, string detail)
    {
        if (found.Count < QueryLimits.Findings) found.Add(new Finding(code, detail, Position: at.Position));
        return null;
    }
}
