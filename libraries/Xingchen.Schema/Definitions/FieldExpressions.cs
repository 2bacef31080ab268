using System.Text.Json;
using Xingchen.Schema.Expressions;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema.Definitions;

/// <summary>The expressions of fields: what computes them, conditions on them, defaults. Checked with the whole stack
/// in view.</summary>
internal static class FieldExpressions
{
    /// <summary>The expression of a default such as <c>{"expression": "TODAY() + 30"}</c>; null where it is a value of
    /// the field itself.</summary>
    public static string? DefaultOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 1
            && value.TryGetProperty("expression", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString() : null;

    public static void Verify(StackCheck stack)
    {
        // Most stacks have none: then nothing is built to check them against.
        foreach (var item in stack.Items)
            foreach (var field in item.List("fields"))
                if (field.Text("formula") is not null || field.Text("of") is not null) Computed(stack, item, field);
                else Conditions(stack, item, field);
    }

    private static void Computed(StackCheck stack, ResolvedItem item, ResolvedItem field)
    {
        if (stack.Schema.Find(item.Key) is not { } of || of.Find(field.Key) is not { IsComputed: true } known) return;
        foreach (var finding in stack.Schema.Computed.FindingsOf(of, known))
            stack.Find(item, finding, "fields", field.Key, finding.Pointer is { Length: > 0 } property ? property
                : known.Type == FieldType.Rollup ? "of" : "formula");
    }

    private static void Conditions(StackCheck stack, ResolvedItem item, ResolvedItem field)
    {
        foreach (var property in new[] { "requiredIf", "readOnlyIf" })
            if (field.Text(property) is { } condition)
                Check(stack, item, field, property, condition, ExpressionPlace.Record, ValueKind.Boolean);
        if (field.Value("default") is { } value && DefaultOf(value) is { } text
            && FieldTypeRule.OfName(field.Text("type") ?? "") is { Written: true } rule && rule.Type != FieldType.Json)
            Check(stack, item, field, "default", text, ExpressionPlace.Default, ValueKinds.Of(rule.Type));
    }

    private static void Check(
        StackCheck stack, ResolvedItem item, ResolvedItem field, string property, string text, ExpressionPlace place,
        ValueKind wanted)
    {
        if (stack.Schema.Find(item.Key) is not { } of) return;
        ExpressionChecker.Check(text, stack.Schema, of, place, wanted, out var found);
        foreach (var finding in found) stack.Find(item, finding, "fields", field.Key, property);
    }
}
