namespace Xingchen.Schema.Definitions;

/// <summary>A kind of definition: one file each, and one line in <see cref="All"/>.</summary>
/// <param name="Name">As an overlay's <c>kind</c> has it, such as <c>object</c>.</param>
/// <param name="Collection">The folder and the member of a layer's document, such as <c>objects</c>.</param>
/// <param name="Verify">What can only be said of the whole resolved stack.</param>
internal sealed record DefinitionKind(string Name, string Collection, ItemShape Shape, Action<StackCheck> Verify)
{
    public static IReadOnlyList<DefinitionKind> All { get; } =
    [
        ObjectDefinition.Kind, PicklistDefinition.Kind, PageDefinition.Kind, ValidationRuleDefinition.Kind,
        PermissionSetDefinition.Kind, ConfigItemDefinition.Kind, TranslationDefinition.Kind, ReportDefinition.Kind,
        HookDefinition.Kind, FunctionDefinition.Kind, SubscriptionDefinition.Kind, ScheduleDefinition.Kind,
    ];

    /// <summary>Whether it calls code, so that a private layer, which has none, may only overlay it.</summary>
    public bool NeedsPackage { get; init; }

    public static DefinitionKind? OfName(string name) => All.FirstOrDefault(k => k.Name == name);

    public static DefinitionKind? OfCollection(string collection) =>
        All.FirstOrDefault(k => k.Collection == collection);
}
