namespace Xingchen.Schema.Expressions;

/// <summary>Sets of choices. One choice is a text and compares as one.</summary>
internal static class PicklistFunctions
{
    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        new(FunctionGroup.Picklists, "INCLUDES", "INCLUDES(choices, 'a', …)", "Whether a set has one of the choices.",
            Includes, (a, _) => a[0] is IReadOnlyList<string> set
                && a.Skip(1).Any(choice => set.Contains((string)choice!)),
            strict: false, condition: true),
        new(FunctionGroup.Picklists, "CHOICES", "CHOICES(choices)", "How many choices a set has.",
            call => call.Typed(1, 1, ValueKind.Choices) is { } a ? call.Make(ValueKind.Number, a, new(6)) : null,
            (a, _) => (ExactNumber)(long)((IReadOnlyList<string>)a[0]!).Count),
    ];

    private static Expression? Includes(FunctionCall call)
    {
        if (!call.Has(2, ExpressionLimits.Arguments)) return null;
        var all = new List<Expression?> { call.Argument(0, ValueKind.Choices) };
        for (var i = 1; i < call.Count; i++)
        {
            var choice = call.Argument(i, ValueKind.Text);
            if (choice is not null and not ConstantExpression)
                choice = call.Checker.Refuse("type-mismatch", call.Syntax.Arguments[i],
                    "Here should stand a text in quotes.");
            if (choice is ConstantExpression { Value: string text }
                && all[0] is FieldExpression { Path.Field: { } field }
                && !call.Choice(field, text, i)) choice = null;
            all.Add(choice);
        }
        return FunctionCall.Whole(all) is { } whole ? call.Make(ValueKind.Boolean, whole) : null;
    }
}
