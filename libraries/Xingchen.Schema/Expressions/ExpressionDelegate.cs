namespace Xingchen.Schema.Expressions;

/// <summary>Runs an expression on a record.</summary>
/// <returns>The value in the form that <see cref="ExpressionRecord"/> names; null for NULL.</returns>
public delegate object? RunExpression(ExpressionRecord record, ExpressionMoment moment);

/// <summary>Expressions as delegates.</summary>
public static class ExpressionDelegate
{
    /// <summary>Compiles an expression. The delegate keeps nothing between calls; safe for any thread.</summary>
    public static RunExpression ToDelegate(this Expression expression) => expression switch
    {
        ConstantExpression constant => (_, _) => constant.Value,
        RequestExpression request => (_, moment) => request.Value switch
        {
            RequestValue.User => moment.User,
            RequestValue.Now => moment.Now,
            _ => moment.Today,
        },
        FieldExpression field => Field(field.Path),
        CallExpression call => Call(call),
        ChildrenExpression children => Children(children),
        _ => throw new InvalidOperationException("No delegate for this expression."),
    };

    /// <summary>Compiles a condition: what is NULL is false.</summary>
    public static Func<ExpressionRecord, ExpressionMoment, bool> ToCondition(this Expression expression)
    {
        var run = expression.ToDelegate();
        return (record, moment) => run(record, moment) is true;
    }

    private static RunExpression Field(ExpressionPath path)
    {
        if (path.Parents.Count == 0)
            return path.Field is { } own ? (record, _) => record.Value(own) : (record, _) => record.System(path.Name);
        return (record, _) => Follow(record, path.Parents) is not { } at ? null
            : path.Field is { } field ? at.Value(field) : at.System(path.Name);
    }

    private static ExpressionRecord? Follow(ExpressionRecord record, IReadOnlyList<SchemaField> parents)
    {
        var at = record;
        for (var i = 0; i < parents.Count && at is not null; i++) at = at.Parent(parents[i]);
        return at;
    }

    private static RunExpression Call(CallExpression call)
    {
        var function = call.Function;
        var arguments = call.Arguments.Select(ToDelegate).ToArray();
        var folds = function.Folds(call.Arguments);
        return (record, moment) =>
        {
            var values = new object?[arguments.Length];
            for (var i = 0; i < arguments.Length; i++)
            {
                values[i] = arguments[i](record, moment);
                if (values[i] is null && function.IsStrict) return function.IsCondition ? false : null;
                if (folds && values[i] is string text) values[i] = text.ToLowerInvariant();
            }
            return function.Run(values, moment);
        };
    }

    private static RunExpression Children(ChildrenExpression children)
    {
        var value = children.Value?.ToDelegate();
        var filter = children.Filter?.ToCondition();
        return (record, moment) =>
        {
            var all = Follow(record, children.Parents)?.Children(children.Relation) ?? [];
            var chosen = filter is null ? all : all.Where(child => filter(child, moment));
            if (value is null) return (ExactNumber)chosen.LongCount();
            var values = chosen.Select(child => value(child, moment)).OfType<object>().ToList();
            return children.Summary switch
            {
                Summary.Count => (ExactNumber)(long)values.Count,
                _ when values.Count == 0 => null,
                Summary.Min => Trimmed(values.Min(Compare.Order)),
                Summary.Max => Trimmed(values.Max(Compare.Order)),
                Summary.Sum => Sum(values),
                _ => Sum(values) / values.Count,
            };
        };
    }

    private static ExactNumber Sum(List<object> values) =>
        values.Aggregate(ExactNumber.Zero, (sum, value) => sum + (ExactNumber)value);

    private static object? Trimmed(object? value) => value is ExactNumber number ? number.Trimmed() : value;
}

/// <summary>How values compare: texts by code point, numbers exactly.</summary>
internal sealed class Compare : IComparer<object>
{
    public static readonly Compare Order = new();

    int IComparer<object>.Compare(object? a, object? b) => Values(a!, b!);

    public static int Values(object a, object b) => (a, b) switch
    {
        (string one, string other) => Texts(one, other),
        (ExactNumber one, ExactNumber other) => one.CompareTo(other),
        (IComparable one, _) => one.CompareTo(b),
        _ => throw new InvalidOperationException("These do not compare."),
    };

    /// <summary>By code point: units of UTF-16 put what lies beyond U+FFFF before U+E000.</summary>
    private static int Texts(string one, string other)
    {
        var least = Math.Min(one.Length, other.Length);
        for (var i = 0; i < least; i++)
        {
            if (one[i] == other[i]) continue;
            var (a, b) = (char.IsSurrogate(one[i]), char.IsSurrogate(other[i]));
            return a == b ? one[i].CompareTo(other[i]) : a ? 1 : -1;
        }
        return one.Length.CompareTo(other.Length);
    }
}
