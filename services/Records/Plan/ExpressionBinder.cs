using Xingchen.Hosting;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>Checked expressions as values and conditions of a SELECT: its SQL, joins, slots and walls are those of
/// queries.</summary>
/// <remarks>What reads nothing of a record is run here and becomes a constant. Where a SELECT has no room for another
/// parent there is a finding, and NULL.</remarks>
internal sealed class ExpressionBinder(QueryPlanning planning, QueryScope scope)
{
    /// <summary>The condition on a source's record. What is NULL does not hold.</summary>
    public QueryCondition Condition(Expression expression, QuerySource source)
    {
        if (expression.ReadsNothing) return new Junction(Run(expression) is true, []);
        if (expression is not CallExpression { IsCondition: true } call)
            return new Comparison("=", Value(expression, source), new ConstantValue(true, ValueKind.Boolean));
        return call.Function.Name switch
        {
            "AND" or "OR" => new Junction(call.Function.Name == "AND",
                [.. call.Arguments.Select(term => Condition(term, source))]),
            "NOT" => new Negation(Condition(call.Arguments[0], source)),
            "ISNULL" => new IsNull(Value(call.Arguments[0], source)),
            "ISBLANK" => Blank(Value(call.Arguments[0], source)),
            "=" or "<" or "<=" or ">" or ">=" => Compare(call.Function.Name, call, source),
            "<>" => new Negation(Compare("=", call, source)),
            "IN" => In(call, source),
            "CONTAINS" => new Contains(Value(call.Arguments[0], source), Value(call.Arguments[1], source)),
            "BEGINS" => Begins(Value(call.Arguments[0], source), Value(call.Arguments[1], source)),
            "ENDS" => new Affix(Value(call.Arguments[0], source), Value(call.Arguments[1], source), AtEnd: true),
            "INCLUDES" => new Includes(Value(call.Arguments[0], source),
                [.. call.Arguments.Skip(1).Select(choice => (string)((ConstantExpression)choice).Value!)]),
            var name => throw new InvalidOperationException($"No condition {name}."),
        };
    }

    /// <summary>The value of a source's record.</summary>
    public QueryValue Value(Expression expression, QuerySource source)
    {
        if (expression.ReadsNothing) return Constant(Run(expression), expression.Kind);
        return expression switch
        {
            FieldExpression field => Field(field, source),
            ChildrenExpression children => Children(children, source),
            CallExpression { IsCondition: true } => new TruthValue(Condition(expression, source)),
            CallExpression call => Call(call, source),
            _ => throw new InvalidOperationException("No value for this expression."),
        };
    }

    private object? Run(Expression expression) => expression.ToDelegate()(NoRecord.Instance, planning.Moment);

    private static QueryValue Constant(object? value, ValueKind kind) => value switch
    {
        null => new NullValue(kind),
        ExactNumber number => new ConstantValue(number.ToString(), kind),
        // as a parameter the first instant would be taken for minus infinity
        DateTime time when time == DateTime.MinValue => new MidnightValue(
            new ConstantValue(DateOnly.MinValue, ValueKind.Date), TimeZones.Default),
        DateTime time => new ConstantValue(new DateTimeOffset(time, TimeSpan.Zero), kind),
        _ => new ConstantValue(value, kind),
    };

    private QueryValue Field(FieldExpression field, QuerySource source)
    {
        if (Along(field.Path.Parents, source) is not { } at) return new NullValue(field.Kind);
        return field.Path.Field is { } stored ? scope.Value(at, stored) : QueryScope.System(at, field.Path.Name);
    }

    private QuerySource? Along(IReadOnlyList<SchemaField> parents, QuerySource source)
    {
        var at = source;
        for (var i = 0; i < parents.Count && at is not null; i++) at = scope.Join(at, parents[i]);
        return at;
    }

    private QueryValue Call(CallExpression call, QuerySource source)
    {
        var name = call.Function.Name;
        if (name == "IF")
            return new ChoiceValue(Condition(call.Arguments[0], source), Value(call.Arguments[1], source),
                call.Arguments.Count > 2 ? Value(call.Arguments[2], source) : new NullValue(call.Kind), call.Kind);
        var arguments = call.Arguments.Select(argument => Value(argument, source)).ToList();
        return (name, call.Kind, arguments) switch
        {
            ("STARTOFDAY", _, [var date]) => new MidnightValue(date, planning.Clock.Zone),
            ("-", ValueKind.Number, [{ Kind: ValueKind.Number } operand]) =>
                new ArithmeticValue('-', new ConstantValue("0", ValueKind.Number), operand),
            ("+" or "-" or "*" or "/", ValueKind.Number, [{ Kind: ValueKind.Number } left, var right]) =>
                new ArithmeticValue(name[0], left, right),
            _ => new FunctionValue(name, arguments, call.Kind),
        };
    }

    private Comparison Compare(string symbol, CallExpression call, QuerySource source)
    {
        var (left, right) = (Value(call.Arguments[0], source), Value(call.Arguments[1], source));
        // A constant goes to the right, where an index is looked for.
        return left is ConstantValue && right is not ConstantValue
            ? new Comparison(symbol switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => symbol }, right,
                left)
            : new Comparison(symbol, left, right);
    }

    private QueryCondition In(CallExpression call, QuerySource source)
    {
        var values = call.Arguments.Select(argument => Value(argument, source)).ToList();
        return values[0] is FieldValue && values.Skip(1).All(value => value is ConstantValue)
            ? new InValues(values[0], [.. values.Skip(1).Select(value => ((ConstantValue)value).Value)])
            : new Among(values);
    }

    private static QueryCondition Blank(QueryValue value) =>
        value.Kind is ValueKind.Text or ValueKind.Choices ? new IsBlank(value) : new IsNull(value);

    private static QueryCondition Begins(QueryValue text, QueryValue part) =>
        part is ConstantValue { Value: string begin }
        ? new Like(text, begin.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%")
        : new Affix(text, part, AtEnd: false);

    private QueryValue Children(ChildrenExpression children, QuerySource source)
    {
        if (Along(children.Parents, source) is not { } parent || planning.Sources > QueryLimits.Joins
            || children.Child.Find(children.Relation.Field) is not { } field)
        {
            planning.Findings.Add("query-too-large", 0,
                $"A query reaches at most {QueryLimits.Joins} objects and parents.");
            return new NullValue(children.Kind);
        }
        var inner = new QueryScope(planning, children.Child);
        var binder = new ExpressionBinder(planning, inner);
        var value = children.Value is { } summarized ? binder.Value(summarized, inner.Root) : null;
        var filter = children.Filter is { } chosen ? binder.Condition(chosen, inner.Root) : null;
        var (function, trims) = children.Summary switch
        {
            Summary.Count => ("COUNT", false),
            Summary.Sum => ("SUM", false),
            Summary.Average => ("AVG", false),
            var extreme => (extreme == Summary.Min ? "MIN" : "MAX", children.Kind == ValueKind.Number),
        };
        QueryValue aggregate = new AggregateValue(function, false, value, children.Kind);
        if (trims) aggregate = new FunctionValue("TRIMSCALE", [aggregate], ValueKind.Number);
        return new ChildrenValue(new SelectPlan(inner.Root, inner.Joins, (parent, field), filter, Grouped: true, [],
            null,
            [], null, [new OutputLeaf("value", aggregate)]), children.Kind);
    }

    /// <summary>What is run without a record reads none.</summary>
    private sealed class NoRecord : ExpressionRecord
    {
        public static readonly NoRecord Instance = new();

        public override object? Value(SchemaField field) => throw Read();

        public override object? System(string name) => throw Read();

        public override ExpressionRecord? Parent(SchemaField reference) => throw Read();

        public override IEnumerable<ExpressionRecord> Children(ChildRelation relation) => throw Read();

        private static InvalidOperationException Read() => new("An expression that reads nothing has read.");
    }
}
