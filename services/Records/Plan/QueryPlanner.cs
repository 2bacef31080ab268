using System.Text.Json;
using Xingchen.Records.Request;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>Settles a query against a schema: names, types, limits. Takes no connection.</summary>
/// <remarks>Pure: the same syntax, parameters, instant and schema give the same plan. Everything wrong is reported at
/// once.</remarks>
public sealed class QueryPlanner
{
    private static readonly QueryPlace Conditions = new(Aggregates: false, Aliases: false);
    private static readonly QueryPlace OfGroups = new(Aggregates: true, Aliases: true);

    private readonly QueryPlanning planning;

    private QueryPlanner(QueryPlanning planning) => this.planning = planning;

    /// <summary>Plans a query.</summary>
    /// <param name="parameters">Values of <c>:name</c>: texts, numbers, booleans, null; lists of them for IN.</param>
    /// <param name="now">What date names such as <c>TODAY</c> are reckoned from.</param>
    /// <exception cref="ProblemException"><c>query-invalid</c>, with every finding and its position.</exception>
    public static SelectPlan Plan(
        QuerySyntax syntax, Schema.Schema schema, IReadOnlyDictionary<string, JsonElement> parameters,
            QueryClock clock)
    {
        var planner = new QueryPlanner(new QueryPlanning(schema, parameters, clock));
        var plan = planner.Top(syntax);
        planner.planning.Findings.ThrowIfAny();
        return plan!;
    }

    /// <summary>Plans a list of records: a query without groups, whole records where nothing is selected.</summary>
    /// <inheritdoc cref="Plan"/>
    public static SelectPlan PlanList(QuerySyntax syntax, SchemaObject of, Schema.Schema schema, QueryClock clock)
    {
        var planner = new QueryPlanner(
            new QueryPlanning(schema, new Dictionary<string, JsonElement>(), clock));
        var plan = planner.Select(syntax, of, null, nested: true, list: true);
        planner.planning.Findings.ThrowIfAny();
        return plan!;
    }

    /// <summary>Plans the computed fields of some records of an object: their id first, then each field.</summary>
    /// <param name="fields">Ordinals.</param>
    internal static SelectPlan PlanComputed(
        ObjectLayout layout, IReadOnlyList<int> fields, IReadOnlyCollection<long> ids, Schema.Schema schema,
        QueryClock clock)
    {
        var fresh = new QueryPlanning(schema, new Dictionary<string, JsonElement>(), clock);
        var scope = new QueryScope(fresh, layout.Object);
        var id = QueryScope.System(scope.Root, "id");
        List<OutputNode> output = [.. fields.Select(ordinal => layout.Fields[ordinal].Field)
            .Select(field => new OutputLeaf(field.Name, scope.Value(scope.Root, field)))];
        fresh.Findings.ThrowIfAny();
        // One is looked for by its whole key: of several PostgreSQL may take all of the object to be as near.
        QueryCondition wanted = ids.Count == 1
            ? new Comparison("=", id, new ConstantValue(ids.Single(), ValueKind.Id))
            : new InValues(id, [.. ids.Cast<object>()]);
        return new SelectPlan(scope.Root, scope.Joins, null, wanted, false, [], null,
            [new OrderKey(id, Descending: false, NullsFirst: true)], null, output);
    }

    /// <summary>Plans which rules some records of an object break: of each that breaks one, whether it breaks
    /// each.</summary>
    internal static SelectPlan PlanRules(
        ObjectLayout layout, IReadOnlyList<RuleCondition> rules, IReadOnlyCollection<long> ids, Schema.Schema schema,
        Sql.WriteMark mark)
    {
        var fresh = new QueryPlanning(schema.Whole, new Dictionary<string, JsonElement>(), mark.Clock)
        {
            Moment = mark.Moment,
        };
        var scope = new QueryScope(fresh, schema.Whole.Find(layout.Object.Name)!);
        var binder = new ExpressionBinder(fresh, scope);
        var id = QueryScope.System(scope.Root, "id");
        List<QueryCondition> broken = [.. rules.Select(rule => binder.Condition(rule.Condition, scope.Root))];
        fresh.Findings.ThrowIfAny();
        return new SelectPlan(scope.Root, scope.Joins, null,
            new Junction(true, [new InValues(id, [.. ids.Cast<object>()]), new Junction(false, broken)]), false, [],
                null,
            [new OrderKey(id, Descending: false, NullsFirst: true)], null,
            [.. broken.Select((rule, i) => new OutputLeaf("rule" + i, new TruthValue(rule)))]);
    }

    private QueryFindings Findings => planning.Findings;

    private SelectPlan? Top(QuerySyntax syntax) =>
        Object(syntax.From) is { } found ? Select(syntax, found, null, nested: false) : null;

    private SchemaObject? Object(QueryName name)
    {
        if (planning.Schema.Find(name.Text) is { } found) return found;
        planning.Schema.RequireSeen(name.Text);
        Findings.Add("object-unknown", name.Position, $"There is no object {QueryScope.Shown(name.Text)}."
            + QueryNames.Hint(name.Text, planning.Schema.Objects.Select(known => known.Name)));
        return null;
    }

    /// <summary>The SELECT after IN: one field, no groups.</summary>
    private SelectPlan? Semijoin(QuerySyntax syntax)
    {
        if (Object(syntax.From) is not { } found) return null;
        if (syntax.Items is not [{ Expression: PathNode, Alias: null }] || IsGrouped(syntax))
        {
            Findings.Add("subquery-misplaced", syntax.Position,
                "A subquery after IN selects one field, without aggregates or groups.");
            return null;
        }
        return Select(syntax, found, null, nested: true);
    }

    private SelectPlan? Children(QuerySyntax syntax, QueryScope parent)
    {
        var owner = parent.Root.Object;
        var relation = owner.Children.FirstOrDefault(child => child.Name == syntax.From.Text);
        if (relation is null || planning.Schema.Find(relation.Object) is not { } child
            || child.Find(relation.Field) is not { } field)
        {
            Findings.Add("children-unknown", syntax.From.Position,
                $"{owner.Name} has no children {QueryScope.Shown(syntax.From.Text)}."
                + QueryNames.Hint(syntax.From.Text, owner.Children.Select(known => known.Name)));
            return null;
        }
        if (!IsGrouped(syntax)) return Select(syntax, child, (parent.Root, field), nested: true);
        Findings.Add("subquery-misplaced", syntax.Position,
            "A subquery of children selects records: no aggregates, no groups.");
        return null;
    }

    private SelectPlan? Select(QuerySyntax syntax, SchemaObject of, (QuerySource, SchemaField)? childOf, bool nested,
        bool list = false)
    {
        if (planning.Sources > QueryLimits.Joins)
        {
            Findings.Add("query-too-large", syntax.Position,
                $"A query reaches at most {QueryLimits.Joins} objects and parents.");
            return null;
        }
        var scope = new QueryScope(planning, of);
        var binder = new QueryBinder(planning, scope);
        var conditions = new QueryConditions(binder, planning.Clock, Semijoin);
        var grouped = !list && IsGrouped(syntax);
        var where = syntax.Where is null ? null : conditions.Bind(syntax.Where, Conditions);
        var groups = syntax.GroupBy.Select(node => Group(node, binder)).OfType<QueryValue>().ToList();
        var output = Output(syntax, scope, binder, grouped, nested);
        var having = syntax.Having is null ? null : conditions.Bind(syntax.Having, OfGroups);
        var order = syntax.OrderBy.Select(item => Order(item, binder, grouped)).OfType<OrderKey>().ToList();
        if (grouped && !Findings.Any)
            new QueryGrouping(Findings, groups).Check(syntax, binder, having);
        Complete(order, scope, grouped, groups);
        return new SelectPlan(scope.Root, scope.Joins, childOf, where, grouped, groups, having, order,
            Limit(syntax.Limit, binder), output);
    }

    private List<OutputNode> Output(QuerySyntax syntax, QueryScope scope, QueryBinder binder, bool grouped, bool nested)
    {
        if (syntax.Items.Count == 0) return scope.Whole();
        var output = new QueryOutput(Findings);
        foreach (var item in syntax.Items)
        {
            if (item.Children is { } children)
            {
                if (nested || grouped)
                    Findings.Add("subquery-misplaced", item.Position,
                        "Children are selected one level deep, and not of groups.");
                else if (Children(children, scope) is { } plan)
                    output.Add(item.Alias ?? children.From, plan);
                continue;
            }
            if (binder.Value(item.Expression!, new QueryPlace(Aggregates: true,
                Aliases: false)) is not { } value) continue;
            if (item.Alias is { } alias && !scope.Aliases.TryAdd(alias.Text, value))
                Findings.Add("name-taken", alias.Position, $"{alias.Text} names two things.");
            else if (item.Alias is null && item.Expression is PathNode path)
                Add(output, path, value, scope, grouped);
            else
                output.Add(item.Alias, value, item.Position);
        }
        return [.. output.Build()];
    }

    private static void Add(QueryOutput output, PathNode path, QueryValue value, QueryScope scope, bool grouped)
    {
        var names = path.Names;
        var prefixed = names.Count > 1 && names[0].Text == scope.Root.Object.Name
            && scope.Root.Object.Find(names[0].Text) is null;
        var shown = prefixed ? path with { Names = [.. names.Skip(1)] } : path;
        output.Add(shown.Names, value, parents => grouped ? null : scope.Along(shown, parents));
    }

    private QueryValue? Group(QueryNode node, QueryBinder binder)
    {
        if (binder.Value(node, Conditions) is not { } value) return null;
        if (value is not ConstantValue && QueryBinder.IsOrdered(value.Kind)) return value;
        return binder.Refuse("type-mismatch", node, "Groups are made by fields that compare, or by what is "
            + "calculated from them.");
    }

    private OrderKey? Order(OrderItem item, QueryBinder binder, bool grouped)
    {
        if (binder.Value(item.Expression, new QueryPlace(grouped, Aliases: true)) is not { } value) return null;
        if (QueryBinder.IsOrdered(value.Kind) && value is not ConstantValue)
            return new OrderKey(value, item.Descending, item.NullsFirst ?? !item.Descending);
        Findings.Add("type-mismatch", item.Expression.Position,
            "Records are ordered by fields that compare, or by what is calculated from them.");
        return null;
    }

    /// <summary>Makes the order total, so that pages follow one another: by id, or in groups by what they are grouped
    /// by.</summary>
    private static void Complete(List<OrderKey> order, QueryScope scope, bool grouped, List<QueryValue> groups)
    {
        if (grouped)
        {
            order.AddRange(groups.Where(group => !order.Exists(key => key.Value.Equals(group)))
                .Select(group => new OrderKey(group, Descending: false, NullsFirst: true)));
            return;
        }
        var id = new SystemValue(scope.Root, SystemField.Id, ValueKind.Id);
        var at = order.FindIndex(key => key.Value.Equals(id));
        if (at >= 0) order.RemoveRange(at + 1, order.Count - at - 1); // after the id nothing decides
        else order.Add(new OrderKey(id, order.Count > 0 && order[^1].Descending, NullsFirst: true));
    }

    private long? Limit(QueryNode? node, QueryBinder binder)
    {
        if (node is null || binder.Constants.Convert(node, ValueKind.Number) is not { } value) return null;
        if (long.TryParse((string)value.Value, out var limit) && limit is >= 0 and <= int.MaxValue) return limit;
        Findings.Add("limit-malformed", node.Position, "LIMIT is a whole number, 0 or more.");
        return null;
    }

    private static bool IsGrouped(QuerySyntax syntax) =>
        syntax.GroupBy.Count > 0 || syntax.Having is not null
        || syntax.Items.Any(item => item.Expression is { } node && QueryGrouping.HasAggregate(node))
        || syntax.OrderBy.Any(item => QueryGrouping.HasAggregate(item.Expression));
}
