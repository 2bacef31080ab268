using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>Lays one layer's definitions and overlays over what lies below it.</summary>
/// <remarks>Whatever it may not do has no effect and a finding, so that a schema always comes out.</remarks>
internal sealed class LayerMerge(Layer layer, StackFindings findings)
{
    private Definition current = null!;

    public void Apply(Dictionary<string, SortedDictionary<string, ResolvedItem>> items)
    {
        foreach (var definition in layer.Definitions)
        {
            current = definition;
            var kind = DefinitionKind.OfName(definition.Kind)!;
            var byName = items[kind.Name];
            var below = byName.GetValueOrDefault(definition.Name);
            if (definition.IsOverlay)
            {
                if (below is not null)
                    byName[definition.Name] = Overlay(kind.Shape, below, definition.Content, definition.Pointer);
                else
                    Find("overlay-target-missing",
                        $"There is no {kind.Name} \"{definition.Name}\" below this layer to overlay.",
                        FindingList.Step(definition.Pointer, "overlays"));
            }
            else if (below is null || below.Layer == layer.Source)
                byName[definition.Name] = Define(kind.Shape, definition.Content);
            else
                Find("definition-duplicate", $"The layer \"{below.Layer}\" "
                    + $"defines {kind.Name} \"{definition.Name}\" already; "
                    + "choose another name, or write an overlay.",
                    FindingList.Step(definition.Pointer, kind.Shape.Key.Name));
        }
        // After all else of the layer, for what it translates may be its own.
        foreach (var definition in layer.Definitions.Where(d => d.Kind == TranslationDefinition.Kind.Name))
        {
            current = definition;
            new LayerTranslation(layer, this).Apply(items, definition);
        }
    }

    internal ResolvedItem Define(ItemShape shape, JsonElement content)
    {
        var properties = new SortedDictionary<string, Setting>(StringComparer.Ordinal);
        Dictionary<string, IReadOnlyList<ResolvedItem>>? lists = null;
        foreach (var member in content.EnumerateObject())
        {
            if (shape.Property(member.Name) is not null && member.Name != shape.Key.Name)
                properties[member.Name] = new Setting(member.Value, layer.Source, []);
            else if (shape.List(member.Name) is { } list)
                (lists ??= [])[member.Name] =
                    [.. member.Value.EnumerateArray().Select(item => Define(list.Item, item))];
        }
        return new ResolvedItem(content.GetProperty(shape.Key.Name).GetString()!, layer.Source, properties, lists);
    }

    private ResolvedItem Overlay(ItemShape shape, ResolvedItem below, JsonElement overlay, string pointer)
    {
        var properties = new SortedDictionary<string, Setting>(StringComparer.Ordinal);
        foreach (var (name, setting) in below.Properties) properties[name] = setting;
        foreach (var name in Named(overlay, "unset"))
            Set(shape, below, properties, name, null, FindingList.Step(pointer, "unset"));
        foreach (var name in Named(overlay, "restore"))
            Set(shape, below, properties, name, Original(below, name), FindingList.Step(pointer, "restore"));
        var lists = new Dictionary<string, IReadOnlyList<ResolvedItem>>(below.Lists);
        foreach (var member in overlay.EnumerateObject())
        {
            var at = FindingList.Step(pointer, member.Name);
            if (shape.List(member.Name) is { } list)
                lists[list.Name] = Merge(list, below, member.Value, at);
            else if (shape.Property(member.Name) is { } property && property != shape.Key)
                Set(shape, below, properties, member.Name,
                    property.Form.Combine(properties.GetValueOrDefault(member.Name)?.Value, member.Value), at);
        }
        return new ResolvedItem(below.Key, below.Layer, properties, lists);
    }

    /// <param name="value">Null takes the property away.</param>
    internal void Set(
        ItemShape shape, ResolvedItem item, SortedDictionary<string, Setting> properties, string name,
        JsonElement? value, string pointer)
    {
        var property = shape.Property(name)!;
        var below = properties.GetValueOrDefault(name);
        if (below is null && value is null) return;
        if (item.Layer != layer.Source)
        {
            if (item.Locks(name))
            {
                Locked($"\"{name}\" of {shape.Name} \"{item.Key}\"", item, pointer);
                return;
            }
            if (property.Above == Above.Fixed)
            {
                Find("overlay-not-allowed", $"\"{name}\" of {shape.Name} \"{item.Key}\" belongs to "
                    + $"\"{item.Layer}\", which defines it; "
                    + "no layer above may change it.", pointer);
                return;
            }
            var effective = below?.Value ?? shape.Default(item, name);
            if (property.Above == Above.Tighten && property.Form.Loosens(effective, value ?? shape.Default(item, name)))
            {
                // Two packages that tighten the same thing do not know of each other: the tighter holds, whatever
                // their order.
                var unrelated = layer.Kind == LayerKind.Isv && below is not null && below.Layer != item.Layer
                    && findings.IsPackage(below.Layer);
                if (!unrelated)
                    Find("overlay-loosens", $"\"{name}\" of {shape.Name} \"{item.Key}\" is {Shown(effective)} below; "
                        + "a layer above may restrict it further, never less.", pointer);
                return;
            }
        }
        properties[name] = below is null || below.Layer == layer.Source
            ? new Setting(value, layer.Source, below?.Hides ?? [])
            : new Setting(value, layer.Source, [new HiddenValue(below.Layer, below.Value), .. below.Hides]);
    }

    private IReadOnlyList<ResolvedItem> Merge(ListShape list, ResolvedItem owner, JsonElement overlays, string pointer)
    {
        var below = owner.List(list.Name);
        if (owner.Layer != layer.Source && owner.Locks(list.Name))
        {
            if (overlays.GetArrayLength() > 0) Locked($"\"{list.Name}\" of \"{owner.Key}\"", owner, pointer);
            return below;
        }
        if (list.Instead is { } instead && owner.Text(instead) is { } shared)
        {
            Find("overlay-not-allowed", $"\"{owner.Key}\" has the {list.Name} of the {instead} {shared}: overlay that.",
                pointer);
            return below;
        }
        var merged = below.ToList();
        var positions = new Dictionary<string, int>();
        for (var i = 0; i < merged.Count; i++) positions[merged[i].Key] = i;
        var moves = new List<ItemMove>();
        var index = 0;
        foreach (var overlay in overlays.EnumerateArray())
        {
            var at = FindingList.Step(pointer, index++);
            var key = overlay.GetProperty(list.Item.Key.Name).GetString()!;
            if (positions.TryGetValue(key, out var position))
                merged[position] = Overlay(list.Item, merged[position], overlay, at);
            else if (Added(list, owner, overlay, key, at) is { } added)
            {
                positions[key] = merged.Count;
                merged.Add(added);
            }
            else continue;
            if (Move(merged[positions[key]], overlay, at) is { } move) moves.Add(move);
        }
        return moves.Count == 0 ? merged : ItemMove.Apply(merged, moves, Find);
    }

    private ResolvedItem? Added(ListShape list, ResolvedItem owner, JsonElement content, string key, string pointer)
    {
        var what = list.Item.Name;
        var at = FindingList.Step(pointer, list.Item.Key.Name);
        if (list.Prefixed && owner.Layer != layer.Source)
        {
            if (DefinitionNames.PrefixOf(key) != layer.Namespace)
                Find("overlay-target-missing",
                    $"{owner.Key} has no {what} \"{key}\" below this layer; one of this layer's own is called "
                    + (layer.Namespace is null ? "without a prefix."
                        : $"\"{layer.Namespace}__{LayerReader.Unprefixed(key)}\"."), at);
            else if (!content.TryGetProperty("type", out _))
                Find("overlay-target-missing",
                    $"{owner.Key} has no {what} \"{key}\" below this layer; to add it, give it a \"type\".", at);
            else return Define(list.Item, content);
            return null;
        }
        if (!content.TryGetProperty("hidden", out _)) return Define(list.Item, content);
        Find("overlay-target-missing", $"{owner.Key} has no {what} \"{key}\" below this layer to hide.", at);
        return null;
    }

    private ItemMove? Move(ResolvedItem item, JsonElement overlay, string pointer)
    {
        foreach (var (name, after) in new[] { ("after", true), ("before", false) })
            if (overlay.TryGetProperty(name, out var anchor))
            {
                var at = FindingList.Step(pointer, name);
                if (item.Layer == layer.Source || !item.Locks("order"))
                    return new ItemMove(item.Key, anchor.GetString()!, after, at);
                Locked($"The order of \"{item.Key}\"", item, at);
            }
        return null;
    }

    private static JsonElement? Original(ResolvedItem item, string name)
    {
        if (item.Properties.GetValueOrDefault(name) is not { } setting) return null;
        if (setting.Layer == item.Layer) return setting.Value;
        return setting.Hides.LastOrDefault(hidden => hidden.Layer == item.Layer)?.Value;
    }

    private static IEnumerable<string> Named(JsonElement overlay, string directive) =>
        overlay.TryGetProperty(directive, out var names) ? names.EnumerateArray().Select(n => n.GetString()!) : [];

    private static string Shown(JsonElement? value) =>
        value is { } there ? LayerReader.Clip(there.GetRawText()) : "not set";

    private void Locked(string what, ResolvedItem owner, string pointer) =>
        Find("definition-locked", $"{what} is locked by \"{owner.Layer}\", which defines it; leave it as it is.",
            pointer);

    internal void Find(string code, string detail, string pointer) =>
        findings.Add(layer.Source, code, detail, pointer, current.File);
}
