namespace Xingchen.Schema.Expressions;

/// <summary>Conditions and choices. A condition that is NULL is FALSE.</summary>
internal static class LogicFunctions
{
    public static readonly ExpressionFunction If = new(FunctionGroup.Logic, "IF", "IF(condition, then[, else])",
        "then where the condition holds, otherwise else, or NULL.", call =>
        {
            if (!call.Has(2, 3)) return null;
            var condition = call.Argument(0, ValueKind.Boolean);
            var values = call.Alike(Enumerable.Range(1, call.Count - 1), allowsNull: true);
            return condition is null || values is null ? null
                : call.Make(values[0].Kind, [condition, .. values], ValueBound.Most(values));
        }, (a, _) => a[0] is true ? a[1] : a.Length > 2 ? a[2] : null, strict: false);

    public static readonly ExpressionFunction IsBlank = new(FunctionGroup.Logic, "ISBLANK", "ISBLANK(value)",
        "Whether there is no value: NULL, a text without characters, a set without choices.",
        call => call.Has(1, 1) && call.Any(0) is { } value ? call.Make(ValueKind.Boolean, [value]) : null,
        (a, _) => a[0] is null or "" or IReadOnlyList<string> { Count: 0 }, strict: false, condition: true);

    /// <summary>What <c>= NULL</c> is read as.</summary>
    public static readonly ExpressionFunction IsNull = new(FunctionGroup.Logic, "ISNULL", "ISNULL(value)",
        "Whether the value is NULL, as value = NULL.",
        call => call.Has(1, 1) && call.Any(0) is { } value ? call.Make(ValueKind.Boolean, [value]) : null,
        (a, _) => a[0] is null, strict: false, condition: true);

    public static readonly ExpressionFunction Not = new(FunctionGroup.Logic, "NOT", "NOT(condition), NOT condition",
        "TRUE exactly where the condition does not hold, so also where it is NULL.",
        call => call.Typed(1, 1, ValueKind.Boolean) is { } one ? call.Make(ValueKind.Boolean, one) : null,
        (a, _) => a[0] is not true, strict: false, condition: true);

    public static readonly ExpressionFunction And = Joined("AND", "AND(a, b, …), a AND b",
        "Whether all conditions hold.", a => Array.TrueForAll(a, value => value is true));

    public static readonly ExpressionFunction Or = Joined("OR", "OR(a, b, …), a OR b",
        "Whether one of the conditions holds.", a => Array.Exists(a, value => value is true));

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        And, Or, Not, If,
        new(FunctionGroup.Logic, "SWITCH", "SWITCH(value, a, thenA[, b, thenB, …][, else])",
            "What stands after the first of a, b, … that equals the value; otherwise else, or NULL.", Switch,
            (a, _) =>
            {
                for (var i = 1; i + 1 < a.Length; i += 2)
                    if (a[0] is { } value && a[i] is { } other && Compare.Values(value, other) == 0) return a[i + 1];
                return a.Length % 2 == 0 ? a[^1] : null;
            }, strict: false),
        new(FunctionGroup.Logic, "COALESCE", "COALESCE(a, b, …)", "The first of the values that is not NULL.",
            call => call.Has(2, ExpressionLimits.Arguments)
                && call.Alike(Enumerable.Range(0, call.Count), allowsNull: false) is { } values
                ? call.Make(values[0].Kind, values, ValueBound.Most(values)) : null,
            (a, _) => a.FirstOrDefault(value => value is not null), strict: false),
        IsBlank, IsNull,
    ];

    private static ExpressionFunction Joined(
        string name, string signature, string summary, Func<object?[], bool> holds) => new(
        FunctionGroup.Logic, name, signature, summary,
        call => call.Typed(1, ExpressionLimits.Arguments, ValueKind.Boolean) is { } terms
            ? call.Make(ValueKind.Boolean, terms) : null,
        (a, _) => holds(a), strict: false, condition: true);

    private static Expression? Switch(FunctionCall call)
    {
        if (!call.Has(3, ExpressionLimits.Arguments)) return null;
        var hasElse = call.Count % 2 == 0;
        var pairs = (call.Count - (hasElse ? 2 : 1)) / 2;
        var compared = call.Alike([0, .. Enumerable.Range(0, pairs).Select(i => 1 + 2 * i)], allowsNull: false);
        var results = call.Alike(
            [.. Enumerable.Range(0, pairs).Select(i => 2 + 2 * i), .. hasElse ? [call.Count - 1] : Array.Empty<int>()],
            allowsNull: true);
        if (compared is null || results is null) return null;
        if (compared[0].Kind is ValueKind.Choices or ValueKind.Opaque)
            return call.Refuse("type-mismatch", $"SWITCH cannot compare {ValueKinds.Words(compared[0].Kind)}.");
        var arguments = new List<Expression> { compared[0] };
        for (var i = 0; i < pairs; i++) arguments.AddRange([compared[i + 1], results[i]]);
        if (hasElse) arguments.Add(results[^1]);
        return call.Make(results[0].Kind, arguments, ValueBound.Most(results));
    }
}
