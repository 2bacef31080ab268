using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>What a kind of definition can ask, and say, of a stack that is merged.</summary>
internal sealed class StackCheck(
    IReadOnlyList<Layer> stack, string kind,
    IReadOnlyDictionary<string, SortedDictionary<string, ResolvedItem>> items, StackFindings findings,
    Lazy<Schema> schema)
{
    private static readonly string[] Keys = ["name", "value", "field", "object", "path"];
    private Dictionary<(string, string), ResolvedItem>? children;

    /// <summary>What expressions are checked against.</summary>
    public Schema Schema => schema.Value;

    /// <summary>The items of the kind that is checked, by name.</summary>
    public IReadOnlyCollection<ResolvedItem> Items => items[kind].Values;

    public ResolvedItem? Object(string name) => items["object"].GetValueOrDefault(name);

    public ResolvedItem? Picklist(string name) => items["picklist"].GetValueOrDefault(name);

    /// <summary>Whether a standard layer defines it.</summary>
    public bool IsStandard(ResolvedItem item) => item.Layer is "global" or "idc" or "group";

    /// <summary>Whether a package of a publisher is called that.</summary>
    public bool IsPackage(string source) => findings.IsPackage(source);

    /// <summary>The object whose records are the children of that name; null where there is none.</summary>
    public ResolvedItem? ChildOf(string parent, string name)
    {
        if (children is null)
        {
            children = [];
            foreach (var item in items["object"].Values)
                foreach (var field in item.List("fields"))
                    if (field.Text("children") is { } called)
                        foreach (var target in field.Strings("references")) children.TryAdd((target, called), item);
        }
        return children.GetValueOrDefault((parent, name));
    }

    /// <summary>Says what is wrong at the place where the layer that had the last word wrote it.</summary>
    /// <param name="path">Member names and item keys from the definition down, such as <c>fields</c>, <c>email</c>,
    /// <c>default</c>.</param>
    public void Find(ResolvedItem item, string code, string detail, params string?[] path) =>
        Find(item, new Finding(code, detail), path);

    /// <summary>Says what is wrong with an expression; its position is told.</summary>
    /// <inheritdoc cref="Find(ResolvedItem, string, string, string?[])"/>
    public void Find(ResolvedItem item, Finding finding, params string?[] path)
    {
        var source = SourceOf(item, path);
        var definition = stack.FirstOrDefault(l => l.Source == source)?.Definitions
            .FirstOrDefault(d => d.Kind == kind && d.Name == item.Key);
        findings.Add(source, finding with
        {
            Pointer = definition is null ? null : PointerInto(definition, path), File = definition?.File,
        });
    }

    private static string SourceOf(ResolvedItem item, string?[] path)
    {
        var at = item;
        for (var i = 0; i < path.Length && path[i] is { } step; i++)
        {
            if (at.Properties.GetValueOrDefault(step) is { } setting) return setting.Layer;
            if (i + 1 < path.Length && at.Item(step, path[i + 1]!) is { } inner)
            {
                at = inner;
                i++;
            }
            else break;
        }
        return at.Layer;
    }

    private static string PointerInto(Definition definition, string?[] path)
    {
        var pointer = definition.Pointer;
        var at = definition.Content;
        foreach (var step in path)
        {
            if (step is null) break;
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(step, out var member))
            {
                pointer = FindingList.Step(pointer, step);
                at = member;
            }
            else if (at.ValueKind == JsonValueKind.Array && IndexOf(at, step) is >= 0 and var index)
            {
                pointer = FindingList.Step(pointer, index);
                at = at[index];
            }
            else break;
        }
        return pointer;
    }

    private static int IndexOf(JsonElement list, string key)
    {
        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object
                && Keys.Any(k => item.TryGetProperty(k, out var value) && value.ValueKind == JsonValueKind.String
                    && value.GetString() == key))
                return index;
            index++;
        }
        return -1;
    }
}
