using Xingchen.Schema.Expressions;

namespace Xingchen.Schema.Definitions;

/// <summary>A hook: code that is called while a record is written.</summary>
internal static class HookDefinition
{
    private static readonly ItemShape Shape = new("hook",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        CodeDefinition.And(
            new("object", new NameForm(), Above.Fixed, Required: true),
            new("on", new WordListForm("beforeCreate", "afterCreate", "beforeUpdate", "afterUpdate", "beforeDelete",
                "afterDelete"), Above.Fixed, Required: true),
            new("when", new TextForm(4000, 1), Above.Fixed),
            new("order", new CountForm(0, 10_000), Above.Fixed)),
        []);

    public static DefinitionKind Kind { get; } = new("hook", "hooks", Shape, Verify) { NeedsPackage = true };

    private static void Verify(StackCheck stack)
    {
        foreach (var hook in stack.Items)
            if (stack.Object(hook.Text("object")!) is { } about)
                CodeDefinition.Condition(stack, hook, "when", about, ExpressionPlace.Condition);
            else
                stack.Find(hook, "reference-missing", $"There is no object \"{hook.Text("object")}\" in the stack.",
                    "object");
    }
}
