using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>Checks one definition or overlay against the shape of its kind.</summary>
internal sealed class ShapeReader(FindingList findings, string? file, LayerKind kind, string? prefix)
{
    private static readonly string[] Directives = ["unset", "restore", "after", "before"];

    /// <param name="isOverlay">Whether items are differences: nothing is required, and directives may stand.</param>
    /// <param name="root">Whether this is the definition itself, not an item of one of its lists.</param>
    /// <param name="owned">Whether the whole definition is this layer's own, so that names in it need no
    /// prefix.</param>
    public void Read(ItemShape shape, JsonElement content, string pointer, bool isOverlay, bool root, bool owned)
    {
        var seen = new HashSet<string>();
        foreach (var member in content.EnumerateObject())
        {
            var at = FindingList.Step(pointer, member.Name);
            if (!seen.Add(member.Name))
                Add("member-duplicate", $"\"{LayerReader.Clip(member.Name)}\" stands twice; keep one.", at);
            else if (root && (member.Name == "$schema" || (isOverlay && member.Name is "overlays" or "kind"))) continue;
            else if (root && isOverlay && member.Name == shape.Key.Name)
                Add("member-unknown", $"An overlay does not name itself; leave \"{member.Name}\" out.", at);
            else if (shape.Property(member.Name) is { } property) ReadProperty(property, member.Value, at);
            else if (shape.List(member.Name) is { } list) ReadList(list, member.Value, at, isOverlay, owned);
            else if (Directives.Contains(member.Name)) ReadDirective(shape, member, at, isOverlay, root);
            else Unknown(shape, member.Name, at);
        }
        if (seen.Contains("after") && seen.Contains("before"))
            Add("overlay-anchor-invalid", "Give \"after\" or \"before\", not both.", pointer);
        if (!isOverlay)
            foreach (var property in shape.Properties.Where(p => p.Required && !seen.Contains(p.Name)))
                Add("property-missing", $"A {shape.Name} needs \"{property.Name}\".", pointer);
        if (!isOverlay || (!root && seen.Contains("type"))) shape.Check?.Invoke(content, pointer, Add);
    }

    private void ReadProperty(PropertyShape property, JsonElement value, string pointer)
    {
        if (property.Form.Expects(value) is { } expected)
            Add("property-invalid", $"\"{property.Name}\" must be {expected}.", pointer);
    }

    private void ReadList(ListShape list, JsonElement value, string pointer, bool isOverlay, bool owned)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            Add("property-invalid", $"\"{list.Name}\" must be a list.", pointer);
            return;
        }
        if (value.GetArrayLength() > list.Most)
        {
            Add("too-many", $"\"{list.Name}\" may have {list.Most} items at most; this has {value.GetArrayLength()}.",
                pointer);
            return;
        }
        var keys = new HashSet<string>();
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var at = FindingList.Step(pointer, index++);
            if (item.ValueKind != JsonValueKind.Object)
                Add("property-invalid", $"Each of \"{list.Name}\" must be an object.", at);
            else
            {
                ReadKey(list, item, at, keys, owned);
                Read(list.Item, item, at, isOverlay, root: false, owned);
            }
        }
    }

    private void ReadKey(ListShape list, JsonElement item, string pointer, HashSet<string> keys, bool owned)
    {
        var member = list.Item.Key.Name;
        if (!item.TryGetProperty(member, out var value) || value.ValueKind != JsonValueKind.String)
        {
            if (value.ValueKind == JsonValueKind.Undefined)
                Add("property-missing", $"A {list.Item.Name} needs \"{member}\".", pointer);
            return;
        }
        var key = value.GetString()!;
        var at = FindingList.Step(pointer, member);
        if (!keys.Add(key))
            Add("definition-duplicate", $"\"{LayerReader.Clip(key)}\" stands twice in \"{list.Name}\"; keep one.", at);
        if (!list.Prefixed || !DefinitionNames.IsName(key)) return;
        if (DefinitionNames.SystemFields.Contains(key))
            Add("name-reserved", $"Every record has \"{key}\" by itself; choose another name.", at);
        if (owned && DefinitionNames.PrefixOf(key) is not null)
            Add("prefix-invalid", $"A field of an object of one's own has no prefix: call it "
                + $"\"{LayerReader.Unprefixed(key)}\".", at);
    }

    private void ReadDirective(ItemShape shape, JsonProperty directive, string pointer, bool isOverlay, bool root)
    {
        if (!isOverlay)
            Add("member-unknown", $"\"{directive.Name}\" belongs in an overlay; a definition has its items in order.",
                pointer);
        else if (directive.Name is "after" or "before")
        {
            if (root) Add("member-unknown", $"Only an item of a list can be placed by \"{directive.Name}\".", pointer);
            else ReadProperty(shape.Key with { Name = directive.Name }, directive.Value, pointer);
        }
        else if (directive.Value.ValueKind != JsonValueKind.Array
            || directive.Value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            Add("property-invalid", $"\"{directive.Name}\" must be a list of property names.", pointer);
        else
        {
            var index = 0;
            foreach (var item in directive.Value.EnumerateArray())
            {
                var at = FindingList.Step(pointer, index++);
                if (shape.Property(item.GetString()!) is null || item.GetString() == shape.Key.Name)
                    Add("member-unknown", $"A {shape.Name} has no property "
                        + $"\"{LayerReader.Clip(item.GetString()!)}\" to {directive.Name}.", at);
            }
        }
    }

    private void Unknown(ItemShape shape, string member, string pointer)
    {
        var known = shape.Properties.Select(p => p.Name).Append(shape.Key.Name).Concat(shape.Lists.Select(l => l.Name));
        Add("member-unknown", $"A {shape.Name} has no \"{LayerReader.Clip(member)}\"; it "
            + $"has {string.Join(", ", known)}.", pointer);
    }

    private void Add(string code, string detail, string pointer) => findings.Add(code, detail, pointer, file);

    /// <summary>Whose layer is read; later kinds of definition may ask.</summary>
    public (LayerKind Kind, string? Prefix) Of => (kind, prefix);
}
