using Xingchen.Schema.Expressions;

namespace Xingchen.Schema.Definitions;

/// <summary>A subscription: code that is told of changes after they are committed.</summary>
internal static class SubscriptionDefinition
{
    private static readonly ItemShape Shape = new("subscription",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        CodeDefinition.And(
            new("objects", new NameListForm(50), Above.Fixed, Required: true),
            new("actions", new WordListForm("created", "updated", "deleted", "restored"), Above.Fixed, Required: true),
            new("filter", new TextForm(4000, 1), Above.Fixed)),
        []);

    public static DefinitionKind Kind { get; } =
        new("subscription", "subscriptions", Shape, Verify) { NeedsPackage = true };

    /// <remarks>The filter is a condition on the record of the change, of whichever of the objects it is.</remarks>
    private static void Verify(StackCheck stack)
    {
        foreach (var subscription in stack.Items)
        {
            var names = subscription.Strings("objects");
            if (names.Count == 0)
                stack.Find(subscription, "property-invalid", "\"objects\" must name an object.", "objects");
            foreach (var name in names)
                if (stack.Object(name) is { } about)
                    CodeDefinition.Condition(stack, subscription, "filter", about, ExpressionPlace.Record);
                else
                    stack.Find(subscription, "reference-missing", $"There is no object \"{name}\" in the stack.",
                        "objects");
        }
    }
}
