using Xingchen.Schema.Expressions;

namespace Xingchen.Schema.Definitions;

/// <summary>A validation rule: a condition that holds where a record is wrong, and what to say then.</summary>
internal static class ValidationRuleDefinition
{
    private static readonly ItemShape Shape = new("validation rule",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("object", new NameForm(), Above.Fixed, Required: true),
            new("condition", new TextForm(4000, 1), Above.Fixed, Required: true),
            new("message", new LabelForm(1000), Above.Free, Required: true),
            new("fields", new NameListForm(20), Above.Fixed),
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        []);

    public static DefinitionKind Kind { get; } = new("validation-rule", "validation-rules", Shape, Verify);

    /// <summary>The rule of an object of the schema.</summary>
    public static ValidationRule Compile(ResolvedItem rule) => new(
        rule.Key, rule.Text("condition")!, new Label(LabelForm.Languages(rule.Value("message")!.Value)),
        rule.Strings("fields"), rule.Layer);

    private static void Verify(StackCheck stack)
    {
        foreach (var rule in stack.Items)
        {
            if (stack.Object(rule.Text("object")!) is not { } about || stack.Schema.Find(about.Key) is not { } of)
            {
                stack.Find(rule, "reference-missing", $"There is no object \"{rule.Text("object")}\" in the stack.",
                    "object");
                continue;
            }
            foreach (var field in rule.Strings("fields").Where(field => about.Item("fields", field) is null))
                stack.Find(rule, "reference-missing", $"{about.Key} has no field \"{field}\".", "fields");
            var condition = ExpressionChecker.CheckCondition(
                rule.Text("condition")!, stack.Schema, of, ExpressionPlace.Condition, out var found);
            foreach (var finding in found) stack.Find(rule, finding, "condition");
            if (condition is null) continue;
            if (Tautology.Holds(condition))
                stack.Find(rule, "rule-never-passes",
                    "The condition holds for every record: nothing could be written any more.", "condition");
            else if (Tautology.Fails(condition))
                stack.Find(rule, "rule-never-fails", "The condition holds for no record: leave the rule out.",
                    "condition");
        }
    }
}
