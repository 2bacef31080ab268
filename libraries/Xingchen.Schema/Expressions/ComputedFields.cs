namespace Xingchen.Schema.Expressions;

/// <summary>The expressions of a schema's computed fields, each checked, with the others that it reads put in their
/// places. Immutable; safe for any thread.</summary>
public sealed class ComputedFields
{
    private readonly Dictionary<(string Object, string Field), Expression?> known = [];
    private readonly Dictionary<(string Object, string Field), List<Finding>> findings = [];
    private readonly List<(string Object, string Field)> open = [];
    private readonly Schema schema;

    private ComputedFields(Schema schema) => this.schema = schema;

    /// <summary>What computes a field; null where its expression is wrong: then it reads as NULL.</summary>
    public Expression? Find(SchemaObject of, SchemaField field) => Find((of.Name, field.Name), of, field);

    /// <summary>The type of what a computed field gives: what a formula says, whole numbers of a count, of other
    /// roll-ups that of what they summarize; null where its expression is wrong.</summary>
    public FieldType? TypeOf(SchemaObject of, SchemaField field) => Find(of, field) switch
    {
        null => null,
        _ when field.Result is { } said => said,
        ChildrenExpression { Summary: Summary.Count } => FieldType.Integer,
        { Kind: ValueKind.Date } => FieldType.Date,
        { Kind: ValueKind.DateTime } => FieldType.DateTime,
        { Kind: ValueKind.Text } => FieldType.Text,
        _ => FieldType.Number,
    };

    /// <summary>What is wrong with a field's expressions; <see cref="Finding.Pointer"/> names the property.</summary>
    public IReadOnlyList<Finding> FindingsOf(SchemaObject of, SchemaField field) =>
        findings.GetValueOrDefault((of.Name, field.Name)) ?? [];

    /// <summary>Checks all computed fields of a schema.</summary>
    internal static ComputedFields Of(Schema schema, Action<ComputedFields> begin)
    {
        var computed = new ComputedFields(schema);
        begin(computed);
        foreach (var item in schema.Objects)
            foreach (var field in item.Fields)
                if (field.Type is FieldType.Formula or FieldType.Rollup) computed.Find(item, field);
        return computed;
    }

    private Expression? Find((string Object, string Field) key, SchemaObject of, SchemaField field)
    {
        if (known.TryGetValue(key, out var expression)) return expression;
        var at = open.IndexOf(key);
        if (at >= 0)
        {
            Cycle([.. open.Skip(at)]);
            return null;
        }
        open.Add(key);
        expression = field.Type == FieldType.Rollup ? Rollup(key, of, field) : Formula(key, of, field);
        open.RemoveAt(open.Count - 1);
        // That it reads a field which is wrong follows from the cycle, which is told already.
        if (findings.GetValueOrDefault(key) is { } found && found.Exists(one => one.Code == "formula-cycle"))
            found.RemoveAll(one => one.Code == "field-broken");
        // What stands in a cycle is wrong whatever else is right about it.
        return known[key] = findings.ContainsKey(key) ? null : expression;
    }

    private Expression? Formula((string, string) key, SchemaObject of, SchemaField field)
    {
        if (field.Formula is not { } text || field.Result is not { } result) return null;
        var expression = ExpressionChecker.Check(text, schema, of, ExpressionPlace.Formula, ValueKinds.Of(result),
            out var found);
        Add(key, "formula", found);
        if (expression is null || field.Scale is not { } scale
            || expression.Kind != ValueKind.Number) return expression;
        return NumberFunctions.Rounded(expression, scale);
    }

    private ChildrenExpression? Rollup((string, string) key, SchemaObject of, SchemaField field)
    {
        if (field.Rollup is not { } rollup) return null;
        var relation = of.Children.FirstOrDefault(child => child.Name == rollup.Of);
        if (relation is null || schema.Find(relation.Object) is not { } child)
        {
            Add(key, "of", [new Finding("children-unknown", $"{of.Name} has no children \"{rollup.Of}\".")]);
            return null;
        }
        var (value, filter) = (Part(key, "each", rollup.Each, child, null),
            Part(key, "filter", rollup.Filter, child, ValueKind.Boolean));
        if (rollup.Each is null != rollup.Summary is Summary.Count)
        {
            Add(key, rollup.Each is null ? "function" : "each", [new Finding("arguments-wrong",
                rollup.Each is null ? "What is summarized needs an \"each\"." : "What is counted has no \"each\".")]);
            return null;
        }
        if ((rollup.Each is not null && value is null) || (rollup.Filter is not null && filter is null)) return null;
        return ChildrenFunctions.Make(relation, child, rollup.Summary, value, filter,
            (code, detail) => Add(key, "each", [new Finding(code, detail, Position: 0)]));
    }

    private Expression? Part((string, string) key, string property, string? text, SchemaObject child, ValueKind? wanted)
    {
        if (text is null) return null;
        var part = ExpressionChecker.Check(text, schema, child, ExpressionPlace.Child, wanted, out var found);
        Add(key, property, found);
        return part;
    }

    /// <summary>Says to each field of a cycle which way it goes.</summary>
    private void Cycle(IReadOnlyList<(string Object, string Field)> cycle)
    {
        for (var i = 0; i < cycle.Count; i++)
        {
            if (findings.GetValueOrDefault(cycle[i])?.Exists(f => f.Code == "formula-cycle") == true) continue;
            var way = cycle.Skip(i).Concat(cycle.Take(i + 1)).Select(step => $"{step.Object}.{step.Field}");
            Add(cycle[i], "", [new Finding("formula-cycle", "It is computed from itself: " + string.Join(" → ", way)
                + ".")]);
        }
    }

    private void Add((string, string) key, string property, IReadOnlyList<Finding> found)
    {
        if (found.Count == 0) return;
        if (!findings.TryGetValue(key, out var all)) findings[key] = all = [];
        all.AddRange(found.Select(finding => finding with { Pointer = property }));
    }
}
