namespace Xingchen.Schema.Definitions;

/// <summary>A list of values that several fields share: one place to add a value to, relabel or hide it.</summary>
internal static class PicklistDefinition
{
    private static readonly ItemShape Shape = new("picklist",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("values", PicklistValueDefinition.Shape, 1000)]);

    public static DefinitionKind Kind { get; } = new("picklist", "picklists", Shape, Verify);

    /// <summary>Gives the fields that name a picklist its values.</summary>
    public static void Share(Dictionary<string, SortedDictionary<string, ResolvedItem>> items)
    {
        var picklists = items[Kind.Name];
        foreach (var item in items["object"].Values.ToList())
        {
            if (!item.List("fields").Any(field => field.Text("picklist") is not null)) continue;
            items["object"][item.Key] = item.With("fields",
            [
                .. item.List("fields").Select(field => field.Text("picklist") is { } name
                    ? field.Borrowing("values", picklists.GetValueOrDefault(name)?.List("values") ?? []) : field),
            ]);
        }
    }

    private static void Verify(StackCheck stack)
    {
        foreach (var picklist in stack.Items) HasChoices(stack, picklist);
    }

    /// <summary>Finds where no value of a list can be chosen.</summary>
    public static void HasChoices(StackCheck stack, ResolvedItem owner)
    {
        if (owner.List("values").Any(value => !value.Flag("hidden"))) return;
        // Of those who hid values, one above the list's owner is to blame, if there is one.
        var hidden = owner.List("values").OrderBy(value => value.Properties["hidden"].Layer == owner.Layer)
            .FirstOrDefault();
        stack.Find(owner, "picklist-empty", $"{owner.Key} has no value that can be chosen; it needs one.",
            "values", hidden?.Key, "hidden");
    }
}
