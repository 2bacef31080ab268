using System.Text.Json;

namespace Xingchen.Schema.Definitions;

/// <summary>A permission set: what those may do to whom it is granted, object by object and field by field.</summary>
/// <remarks>Sets add up: what any of somebody's sets allows is allowed, and nothing else is.</remarks>
internal static class PermissionSetDefinition
{
    private static readonly ItemShape Field = new("field permission",
        new PropertyShape("field", new NameForm(), Above.Fixed, Required: true),
        [
            new("see", new FlagForm(), Above.Free),
            new("edit", new FlagForm(), Above.Free),
            new("locked", new NameListForm(10, Star: true), Above.Fixed),
        ],
        []);

    private static readonly ItemShape Object = new("object permission",
        new PropertyShape("object", new NameForm(), Above.Fixed, Required: true),
        [
            new("read", new FlagForm(), Above.Free),
            new("create", new FlagForm(), Above.Free),
            new("edit", new FlagForm(), Above.Free),
            new("delete", new FlagForm(), Above.Free),
            new("otherFields", new ChoiceForm("none", "see", "edit"), Above.Free),
            new("rule", new TextForm(4000, 1), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("fields", Field, FieldDefinition.MostPerDefinition)]);

    private static readonly ItemShape Shape = new("permission set",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("objects", Object, 1000)]);

    public static DefinitionKind Kind { get; } = new("permission-set", "permission-sets", Shape, Verify);

    /// <summary>The compiled set.</summary>
    /// <remarks>What is not said is not allowed; <c>edit</c> of a field lets see it.</remarks>
    public static PermissionSet Compile(ResolvedItem set) => new(set.Key,
        set.List("objects").ToDictionary(entry => entry.Key, entry => new ObjectPermission(
            entry.Flag("read"), entry.Flag("create"), entry.Flag("edit"), entry.Flag("delete"), entry.Text("rule"),
            LevelOf(entry.Text("otherFields")),
            entry.List("fields").ToDictionary(field => field.Key, field =>
                field.Flag("edit") ? FieldPermission.Edit
                    : field.Flag("see") ? FieldPermission.See : FieldPermission.None))));

    private static FieldPermission LevelOf(string? text) => text switch
    {
        "see" => FieldPermission.See, "edit" => FieldPermission.Edit, _ => FieldPermission.None,
    };

    private static void Verify(StackCheck stack)
    {
        foreach (var set in stack.Items)
            foreach (var entry in set.List("objects"))
            {
                if (stack.Object(entry.Key) is not { } about)
                {
                    stack.Find(set, "reference-missing", $"There is no object \"{entry.Key}\" in the stack.",
                        "objects", entry.Key, "object");
                    continue;
                }
                Coherent(stack, set, entry);
                if (entry.Text("rule") is { } rule)
                    foreach (var found in AccessRule.Check(rule, stack.Schema, stack.Schema.Find(entry.Key)!))
                        stack.Find(set, found, "objects", entry.Key, "rule");
                foreach (var field in entry.List("fields")) VerifyField(stack, set, entry, about, field);
                Foreign(stack, set, entry, about);
            }
    }

    private static void Coherent(StackCheck stack, ResolvedItem set, ResolvedItem entry)
    {
        if (entry.Flag("read")) return;
        foreach (var right in new[] { "create", "edit", "delete" })
            if (entry.Flag(right))
                stack.Find(set, "permission-incoherent",
                    $"Who may {right} records of {entry.Key} must see them: set \"read\" too, or leave "
                    + $"\"{right}\" out.", "objects", entry.Key, right);
    }

    private static void VerifyField(
        StackCheck stack, ResolvedItem set, ResolvedItem entry, ResolvedItem about, ResolvedItem field)
    {
        if (about.Item("fields", field.Key) is null)
            stack.Find(set, "reference-missing", DefinitionNames.SystemFields.Contains(field.Key)
                ? $"Who sees a record sees its \"{field.Key}\": leave it out."
                : $"{about.Key} has no field \"{field.Key}\".", "objects", entry.Key, "fields", field.Key, "field");
        else if (field.Flag("edit") && field.Value("see")?.ValueKind == JsonValueKind.False)
            stack.Find(set, "permission-incoherent",
                $"Who may edit \"{field.Key}\" sees it: leave \"see\" out, or \"edit\".",
                "objects", entry.Key, "fields", field.Key, "edit");
    }

    /// <summary>A package changes the sets of others only as to what it defines itself: else installing it would widen
    /// what somebody else's set allows.</summary>
    private static void Foreign(StackCheck stack, ResolvedItem set, ResolvedItem entry, ResolvedItem about)
    {
        void Check(ResolvedItem item, string owner, params string[] path)
        {
            foreach (var (name, setting) in item.Properties)
                if (setting.Layer != set.Layer && setting.Layer != owner && stack.IsPackage(setting.Layer))
                    stack.Find(set, "overlay-not-allowed",
                        $"A package may add to another's permission set only what it defines itself; "
                        + $"{string.Join(' ', path.Where((_, i) => i % 2 == 1))} is of \"{owner}\".", [.. path, name]);
        }
        Check(entry, about.Layer, "objects", entry.Key);
        foreach (var field in entry.List("fields"))
            Check(field, about.Item("fields", field.Key)?.Layer ?? about.Layer,
                "objects", entry.Key, "fields", field.Key);
    }
}
