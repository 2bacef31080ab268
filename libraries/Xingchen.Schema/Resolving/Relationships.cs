using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>What objects are to each other: references lead somewhere, children have one name, masters form no
/// ring.</summary>
internal static class Relationships
{
    public static void Verify(StackCheck stack)
    {
        var taken = new Dictionary<(string Parent, string Children), string>();
        foreach (var item in stack.Items)
            foreach (var field in item.List("fields"))
            {
                foreach (var target in field.Strings("references"))
                    if (stack.Object(target) is { } parent) Children(stack, item, field, parent, taken);
                    else
                        stack.Find(item, "reference-missing",
                            $"\"{field.Key}\" of {item.Key} refers to \"{target}\", which is no object "
                            + "of the stack.", "fields", field.Key, "references");
            }
        Rings(stack);
    }

    private static void Children(
        StackCheck stack, ResolvedItem item, ResolvedItem field, ResolvedItem parent,
        Dictionary<(string, string), string> taken)
    {
        if (field.Text("children") is not { } name) return;
        var here = $"{item.Key}.{field.Key}";
        if (parent.Item("fields", name) is not null || DefinitionNames.SystemFields.Contains(name))
            stack.Find(item, "children-taken", $"{parent.Key} has a field \"{name}\"; call its children otherwise.",
                "fields", field.Key, "children");
        else if (!taken.TryAdd((parent.Key, name), here))
            stack.Find(item, "children-taken",
                $"The children \"{name}\" of {parent.Key} are those of {taken[(parent.Key, name)]}; "
                + $"call those of {here} otherwise.", "fields", field.Key, "children");
    }

    private static void Rings(StackCheck stack)
    {
        var masters = stack.Items
            .Select(item => (item.Key, Master: item.List("fields")
                .FirstOrDefault(f => f.Text("type") == "masterDetail")))
            .Where(pair => pair.Master is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Master!);
        foreach (var item in stack.Items)
        {
            var seen = new HashSet<string>();
            var at = item.Key;
            while (masters.TryGetValue(at, out var field) && field.Strings("references") is [var master]
                && seen.Add(at))
            {
                at = master;
                if (at != item.Key) continue;
                stack.Find(item, "master-ring",
                    $"{item.Key} would be a part of itself, by way of {string.Join(", ", seen)}; "
                    + "make one of these a reference.", "fields", masters[item.Key].Key);
                break;
            }
        }
    }
}
