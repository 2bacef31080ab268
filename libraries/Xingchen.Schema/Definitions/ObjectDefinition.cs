using System.Text.Json;

namespace Xingchen.Schema.Definitions;

/// <summary>An object: what records are of.</summary>
internal static class ObjectDefinition
{
    private static readonly ItemShape Shape = new("object",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("pluralLabel", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("help", new LabelForm(2000), Above.Free),
            new("nameField", new NameForm(), Above.Fixed),
            new("keyPrefix", new TextForm(3, 3), Above.Fixed),
            new("hidden", new FlagForm(), Above.Tighten),
            new("historyDays", new CountForm(3, 36_500), Above.Free),
            new("recycleBinDays", new CountForm(1, 36_500), Above.Free),
            new("locked", new NameListForm(50, Star: true), Above.Fixed),
        ],
        [new("fields", FieldDefinition.Shape, FieldDefinition.MostPerDefinition, Prefixed: true)]);

    public static DefinitionKind Kind { get; } = new("object", "objects", Shape, Verify);

    private static void Verify(StackCheck stack)
    {
        var prefixes = new Dictionary<string, string>();
        foreach (var item in stack.Items)
        {
            KeyPrefixOf(stack, item, prefixes);
            if (item.Text("nameField") is { } nameField && item.Item("fields", nameField) is null)
                stack.Find(item, "name-field-missing",
                    $"\"{nameField}\" is no field of {item.Key}; name one of its fields in \"nameField\".",
                        "nameField");
            foreach (var field in item.List("fields")) FieldDefinition.Verify(stack, item, field);
            Masters(stack, item);
        }
        Relationships.Verify(stack);
        FieldExpressions.Verify(stack);
    }

    private static void KeyPrefixOf(StackCheck stack, ResolvedItem item, Dictionary<string, string> prefixes)
    {
        var text = item.Text("keyPrefix");
        if (stack.IsStandard(item))
        {
            if (text is null)
                stack.Find(item, "key-prefix-missing",
                    $"A standard object needs a \"keyPrefix\" of its own, such as 0A1; "
                    + $"{item.Key} has none.");
            else if (!KeyPrefix.TryParse(text, out var prefix) || prefix.Value >= KeyPrefix.FirstAllotted
                || prefix.Value == 0)
                stack.Find(item, "key-prefix-invalid", $"\"{text}\" is no key prefix of a standard object: "
                    + "three of 0-9A-Za-z, the first a digit, not 000.", "keyPrefix");
            else if (!prefixes.TryAdd(text, item.Key))
                stack.Find(item, "key-prefix-taken", $"{prefixes[text]} has the key prefix {text}; choose another.",
                    "keyPrefix");
        }
        else if (text is not null)
            stack.Find(item, "key-prefix-refused",
                "The platform allots the key prefixes of packages and private objects; "
                + "leave \"keyPrefix\" out.", "keyPrefix");
    }

    private static void Masters(StackCheck stack, ResolvedItem item)
    {
        var masters = item.List("fields").Where(f => f.Text("type") == "masterDetail").ToList();
        foreach (var other in masters.Skip(1))
            stack.Find(item, "master-many",
                $"{item.Key} has the master {masters[0].Key} already; make \"{other.Key}\" a reference.",
                "fields", other.Key);
        foreach (var master in masters.Where(m => m.Layer != item.Layer))
            stack.Find(item, "overlay-not-allowed", $"Only the layer that defines {item.Key} can give it a master; "
                + $"make \"{master.Key}\" a reference.", "fields", master.Key);
    }
}
