namespace Xingchen.Schema.Expressions;

/// <summary>What must hold of an object's records when they are written: its rules, conditions on its fields, and
/// defaults that are expressions; each checked. Immutable; safe for any thread.</summary>
/// <remarks>What is wrong with the schema in force (a lower layer took a field away) is left out: it has its finding.
/// </remarks>
public sealed class ObjectConditions
{
    private ObjectConditions(
        IReadOnlyList<RuleCondition> rules, IReadOnlyList<FieldCondition> required,
        IReadOnlyList<FieldCondition> fixedFields, IReadOnlyDictionary<string, RunExpression> defaults)
    {
        Rules = rules;
        Required = required;
        Fixed = fixedFields;
        Defaults = defaults;
        ReadsOthers = rules.Any(rule => rule.Condition.ReadsOthers);
    }

    public IReadOnlyList<RuleCondition> Rules { get; }

    /// <summary>Fields that need a value where their condition holds.</summary>
    public IReadOnlyList<FieldCondition> Required { get; }

    /// <summary>Fields whose value stays where their condition holds.</summary>
    public IReadOnlyList<FieldCondition> Fixed { get; }

    /// <summary>By field; they read no record.</summary>
    public IReadOnlyDictionary<string, RunExpression> Defaults { get; }

    /// <summary>Whether a rule reads parents: then the rules are asked of the database, in the transaction that
    /// writes.</summary>
    public bool ReadsOthers { get; }

    /// <returns>Null for an object that has nothing of that.</returns>
    internal static ObjectConditions? Of(Schema schema, SchemaObject item)
    {
        Expression? Check(string? text, ExpressionPlace place, ValueKind kind) =>
            text is null ? null : ExpressionChecker.Check(text, schema, item, place, kind, out _);
        var rules = new List<RuleCondition>();
        foreach (var rule in item.Rules)
            if (Check(rule.Condition, ExpressionPlace.Condition, ValueKind.Boolean) is { } condition)
                rules.Add(new RuleCondition(rule, condition));
        var (required, stays) = (new List<FieldCondition>(), new List<FieldCondition>());
        var defaults = new Dictionary<string, RunExpression>();
        foreach (var field in item.Fields)
        {
            if (Check(field.RequiredIf, ExpressionPlace.Record, ValueKind.Boolean) is { } needed)
                required.Add(new FieldCondition(field.Name, needed.ToCondition()));
            if (Check(field.ReadOnlyIf, ExpressionPlace.Record, ValueKind.Boolean) is { } kept)
                stays.Add(new FieldCondition(field.Name, kept.ToCondition()));
            if (Check(field.DefaultExpression, ExpressionPlace.Default, ValueKinds.Of(field.Type)) is { } value)
                defaults[field.Name] = value.ToDelegate();
        }
        return rules.Count + required.Count + stays.Count + defaults.Count == 0 ? null
            : new ObjectConditions(rules, required, stays, defaults);
    }
}

/// <summary>A rule with its condition, which holds where a record is wrong.</summary>
public sealed class RuleCondition
{
    internal RuleCondition(ValidationRule rule, Expression condition)
    {
        Rule = rule;
        Condition = condition;
        Holds = condition.ToCondition();
        Reads = condition.All.OfType<FieldExpression>().Where(field => field.Path.Parents.Count == 0)
            .Select(field => field.Path.Name).ToHashSet();
    }

    public ValidationRule Rule { get; }

    public Expression Condition { get; }

    /// <summary>Names of the record's own fields that it reads.</summary>
    public IReadOnlySet<string> Reads { get; }

    public Func<ExpressionRecord, ExpressionMoment, bool> Holds { get; }
}

/// <summary>A condition about a field.</summary>
public sealed record FieldCondition(string Field, Func<ExpressionRecord, ExpressionMoment, bool> Holds);
