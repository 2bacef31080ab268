using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Contracts;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Where an account's own definitions speak of what changes or goes: pages, rules, permission sets, formulas,
/// reports. Pure.</summary>
/// <remarks>By names, as they stand in texts: what it tells is to be looked at, and none is left out. A name without
/// prefix counts where the definition also speaks of its object.</remarks>
internal static partial class StackUses
{
    public static IReadOnlyList<StackUse> Of(
        Layer own, IReadOnlyList<StackItem> changed, IReadOnlyList<StackItem> removed)
    {
        var spoken = own.Definitions.Select(definition => (Definition: definition, Names: NamesIn(definition)))
            .ToList();
        return
        [
            .. from one in changed.Where(item => item.Field is not null).Select(item => (Item: item, Change: "changed"))
                   .Concat(removed.Select(item => (Item: item, Change: "removed")))
               from said in spoken
               where Speaks(said.Names, one.Item)
               select new StackUse(said.Definition.Kind, said.Definition.Name, one.Item.Object, one.Item.Field,
                   one.Change),
        ];
    }

    private static bool Speaks(HashSet<string> names, StackItem item) => item.Field is null
        ? names.Contains(item.Object)
        : names.Contains(item.Field)
            && (item.Field.Contains("__", StringComparison.Ordinal) || names.Contains(item.Object));

    private static HashSet<string> NamesIn(Definition definition)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { definition.Name };
        Add(definition.Content, names);
        return names;
    }

    private static void Add(JsonElement json, HashSet<string> names)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject())
                {
                    names.Add(member.Name);
                    Add(member.Value, names);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray()) Add(item, names);
                break;
            case JsonValueKind.String:
                foreach (Match name in Word.Matches(json.GetString()!)) names.Add(name.Value);
                break;
        }
    }

    [GeneratedRegex("[A-Za-z][A-Za-z0-9_]*", RegexOptions.None, 1000)]
    private static partial Regex Word { get; }
}
