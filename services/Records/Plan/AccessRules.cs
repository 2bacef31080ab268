using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>Which records of an object a caller has a right for, as a condition of queries.</summary>
/// <remarks>
/// A record is seen where a rule of one of the caller's sets that gives the right holds for it and, where it is a
/// child of a master–detail, where its master is seen. What a rule reads itself, parents and all, it reads whatever
/// the caller sees. Where anything about a rule is amiss it holds for no record.
/// </remarks>
internal static class AccessRules
{
    /// <summary>Expressions kept per schema: of rules and callers' attributes.</summary>
    private const int MostKept = 10_000;

    private static readonly QueryCondition Nothing = new Junction(false, []);

    private static readonly Dictionary<string, JsonElement> None = [];

    private static readonly ConditionalWeakTable<Schema.Schema,
        ConcurrentDictionary<(string Object, string Rule, string Attributes), Kept>> Compiled = [];

    /// <summary>Whether a right is for some of the records of an object only, or for none of them.</summary>
    public static bool Restrict(Schema.Schema schema, SchemaObject item, RecordRight right)
    {
        if (schema.Caller is not { } caller) return false;
        return !caller.View.Of(item.Name).May(right) || caller.View.Of(item.Name).Rules(right) is not null
            || (MasterOf(schema.Whole, item) is { } master && Restrict(schema, master.Object, RecordRight.Read));
    }

    /// <summary>The condition on a source's record; null where the right is for all of them.</summary>
    /// <param name="source">Of this object only.</param>
    public static QueryCondition? Of(QueryPlanning planning, QuerySource source, SchemaObject item, RecordRight right)
    {
        if (!Restrict(planning.Schema, item, right)) return null;
        var caller = planning.Schema.Caller!;
        var inner = planning.Within(caller.View.Whole, caller.User);
        return Of(inner, caller, source, item, right);
    }

    private static QueryCondition? Of(
        QueryPlanning planning, SchemaCaller caller, QuerySource source, SchemaObject item, RecordRight right)
    {
        var rights = caller.View.Of(item.Name);
        if (!rights.May(right)) return Nothing;
        var terms = new List<QueryCondition>();
        if (rights.Rules(right) is { } rules)
            terms.Add(new Junction(false, [.. rules.Select(rule => Rule(planning, caller, source, item, rule))]));
        if (MasterOf(planning.Schema, item) is { } master
            && Master(planning, caller, source, master.Field, master.Object) is { } seen) terms.Add(seen);
        return terms.Count == 0 ? null : new Junction(true, terms);
    }

    private static QueryCondition? Master(
        QueryPlanning planning, SchemaCaller caller, QuerySource source, SchemaField field, SchemaObject master)
    {
        var root = planning.Source([master], null, null);
        return Of(planning, caller, root, master, RecordRight.Read) is { } condition
            ? new InSelect(new FieldValue(source, field, ValueKind.Id), Ids(root, [], condition)) : null;
    }

    private static QueryCondition Rule(
        QueryPlanning planning, SchemaCaller caller, QuerySource source, SchemaObject item, string rule)
    {
        var whole = planning.Schema.Find(item.Name)!;
        if (Compile(planning.Schema, whole, rule, caller.Attributes) is not { } expression) return Nothing;
        // On the source itself, where an index may serve it; what reads parents gets them in a SELECT of its own.
        var scope = new QueryScope(planning, source);
        var condition = new ExpressionBinder(planning, scope).Condition(expression, source);
        if (scope.Joins.Count > 0)
        {
            scope = new QueryScope(planning, whole);
            condition = new ExpressionBinder(planning, scope).Condition(expression, scope.Root);
            condition = new InSelect(QueryScope.System(source, "id"), Ids(scope.Root, scope.Joins, condition));
        }
        return planning.Findings.Any ? Nothing : condition;
    }

    private static SelectPlan Ids(QuerySource root, IReadOnlyList<QuerySource> joins, QueryCondition condition) =>
        new(root, joins, null, condition, false, [], null, [], null,
            [new OutputLeaf("id", QueryScope.System(root, "id"))]);

    private static Expression? Compile(Schema.Schema whole, SchemaObject item, string rule, string attributes)
    {
        var kept = Compiled.GetValue(whole, static _ => new());
        if (kept.Count > MostKept) kept.Clear();
        return kept.GetOrAdd((item.Name, rule, attributes), static (key, of) =>
            new Kept(AccessRule.Compile(key.Rule, of.whole, of.item, key.Attributes)), (whole, item)).Expression;
    }

    private static (SchemaField Field, SchemaObject Object)? MasterOf(Schema.Schema whole, SchemaObject item) =>
        whole.Find(item.Name) is { MasterField: { } name } found && found.Find(name) is { } field
            && field.References is [var only] && whole.Find(only) is { } master ? (field, master) : null;

    /// <summary>A planning of its own, for conditions that stand in statements that are not planned.</summary>
    public static QueryPlanning Planning(Schema.Schema schema) =>
        new(schema, None, new QueryClock(schema.Caller!.Now, schema.Caller.TimeZone));

    private sealed record Kept(Expression? Expression);
}
