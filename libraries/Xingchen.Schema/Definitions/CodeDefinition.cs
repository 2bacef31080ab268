namespace Xingchen.Schema.Definitions;

/// <summary>What hooks, functions, subscriptions and schedules share: they call code of the package that brings
/// them.</summary>
internal static class CodeDefinition
{
    /// <summary>Milliseconds that a call may take at most.</summary>
    public const int MostMilliseconds = 30_000;

    /// <summary>The properties that all of them have, after those of the kind.</summary>
    public static IReadOnlyList<PropertyShape> And(params PropertyShape[] own) =>
    [
        .. own,
        new("handler", new HandlerForm(), Above.Fixed, Required: true),
        new("timeout", new CountForm(1, MostMilliseconds), Above.Tighten),
        new("enabled", new SwitchForm(), Above.Tighten),
        new("label", new LabelForm(200), Above.Free),
        new("description", new LabelForm(2000), Above.Free),
        new("locked", new NameListForm(20, Star: true), Above.Fixed),
    ];

    /// <summary>A condition that code is called for, on records of an object.</summary>
    public static void Condition(
        StackCheck stack, ResolvedItem item, string property, ResolvedItem about, Expressions.ExpressionPlace place)
    {
        if (item.Text(property) is not { } text || stack.Schema.Find(about.Key) is not { } of) return;
        Expressions.ExpressionChecker.CheckCondition(text, stack.Schema, of, place, out var found);
        foreach (var finding in found) stack.Find(item, finding, property);
    }
}
