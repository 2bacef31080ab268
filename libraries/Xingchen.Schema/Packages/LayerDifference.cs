using System.Text.Json;
using Xingchen.Schema.Definitions;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema.Packages;

/// <summary>How much of a new version a change asks for (Semantic Versioning 2.0.0, §§ 6–8).</summary>
public enum ChangeWeight
{
    /// <summary>Nobody who relies on the package notices.</summary>
    Patch,
    /// <summary>There is more than before.</summary>
    Minor,
    /// <summary>Something that others can see is gone or narrower.</summary>
    Major,
    /// <summary>Data that is there could not follow: no version may do it.</summary>
    Never,
}

/// <summary>One difference between two versions of a package.</summary>
/// <param name="What">A sentence without its full stop.</param>
/// <param name="File">Where it stands in the later version; null where it is gone.</param>
public sealed record LayerChange(ChangeWeight Weight, string What, string? File, string? Pointer);

/// <summary>What differs between the definitions of two versions of a package, and how much each difference weighs.
/// Pure.</summary>
/// <remarks>Pages are shown, not programmed against: no change of one weighs. What a layer above may tighten weighs by
/// whether it became tighter or looser; everything else by the tables below.</remarks>
public static class LayerDifference
{
    private static readonly HashSet<string> Additive = ["formula", "each", "filter", "result", "nameField", "format"];

    /// <summary>Everything that differs, the heaviest first.</summary>
    public static IReadOnlyList<LayerChange> Between(Layer before, Layer after)
    {
        var old = before.Definitions.ToDictionary(d => (d.Kind, d.Name, d.IsOverlay));
        var changes = new List<LayerChange>();
        foreach (var definition in after.Definitions)
        {
            var comparison = new DefinitionDifference(definition, changes);
            if (old.Remove((definition.Kind, definition.Name, definition.IsOverlay), out var known))
                comparison.Compare(known.Content, definition.Content);
            else if (definition.IsOverlay) comparison.Compare(default, definition.Content);
            else comparison.Added(IsNew(before, after, definition));
        }
        foreach (var gone in old.Values)
        {
            var comparison = new DefinitionDifference(gone, changes, isGone: true);
            if (gone.IsOverlay) comparison.Compare(gone.Content, default);
            else comparison.Removed();
        }
        return [.. changes.OrderByDescending(change => change.Weight)];
    }

    /// <summary>The least version that may follow, given the heaviest change. Below 1.0.0 the second number counts as
    /// the first, the third as the second.</summary>
    public static NuGet.Versioning.SemanticVersion Least(NuGet.Versioning.SemanticVersion from, ChangeWeight weight) =>
        (weight, from.Major) switch
        {
            (ChangeWeight.Major, 0) => new(0, from.Minor + 1, 0),
            (ChangeWeight.Major, _) => new(from.Major + 1, 0, 0),
            (ChangeWeight.Minor, > 0) => new(from.Major, from.Minor + 1, 0),
            _ => new(from.Major, from.Minor, from.Patch + 1),
        };

    /// <summary>Whether definitions of a kind are for people to read, not for programs to rely on.</summary>
    internal static bool IsShown(string kind) => kind is "page" or "translation" or "report";

    /// <summary>Whether definitions of a kind are called by the platform alone, and by nobody who relies on
    /// them.</summary>
    internal static bool IsCalled(string kind) => kind is "hook" or "subscription" or "schedule";

    /// <summary>Whether what a rule is about came with it.</summary>
    private static bool IsNew(Layer before, Layer after, Definition rule) =>
        rule.Content.TryGetProperty("object", out var about) && about.GetString() is { } name
        && after.Definitions.Any(d => d is { Kind: "object", IsOverlay: false } && d.Name == name)
        && !before.Definitions.Any(d => d is { Kind: "object", IsOverlay: false } && d.Name == name);

    /// <summary>Whether a value of a property is wider, narrower or another.</summary>
    internal static ChangeWeight Weigh(
        string kind, ItemShape item, PropertyShape property, JsonElement? old, JsonElement? now)
    {
        if (IsShown(kind)) return ChangeWeight.Patch;
        if (property.Name == "handler") return ChangeWeight.Patch;
        if (IsCalled(kind) && property is { Above: Above.Fixed, Name: not "locked" }) return ChangeWeight.Minor;
        if (property.Form is WordListForm)
            return Names(old).Except(Names(now)).Any() ? ChangeWeight.Major : ChangeWeight.Minor;
        if (property.Name == "rule") return now is null ? ChangeWeight.Minor : ChangeWeight.Major;
        if (kind == "permission-set" && property.Name is not ("label" or "description" or "locked"))
            return Allows(property, now) >= Allows(property, old) ? ChangeWeight.Minor : ChangeWeight.Major;
        if (property.Name == "type" && item.Name == "field" && Rule(old) is { } from && Rule(now) is { } to
            && !from.ChangesInto.Contains(to.Type)) return ChangeWeight.Never;
        if (property.Name == "deprecated") return ChangeWeight.Minor; // § 7
        if (property.Form is NameListForm) // locked, references: more locks narrow, more references widen
        {
            var (narrower, wider) = property.Name == "locked" ? (now, old) : (old, now);
            return Names(narrower).Except(Names(wider)).Any() ? ChangeWeight.Major : ChangeWeight.Minor;
        }
        return property.Above switch
        {
            Above.Free => ChangeWeight.Patch,
            Above.Tighten => property.Form.Loosens(now, old) ? ChangeWeight.Major : ChangeWeight.Minor,
            _ => Additive.Contains(property.Name) || item.Name == "validation rule" && property.Name == "fields"
                ? ChangeWeight.Minor : ChangeWeight.Major,
        };
    }

    private static int Allows(PropertyShape property, JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.True } => 1,
        { ValueKind: JsonValueKind.String } text when property.Name == "otherFields" =>
            text.GetString() switch { "edit" => 2, "see" => 1, _ => 0 },
        _ => 0,
    };

    private static FieldTypeRule? Rule(JsonElement? type) =>
        type is { ValueKind: JsonValueKind.String } name ? FieldTypeRule.OfName(name.GetString()!) : null;

    private static IEnumerable<string?> Names(JsonElement? list) =>
        list is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.GetString()) : [];
}

/// <summary>The differences of one definition.</summary>
internal sealed class DefinitionDifference(Definition definition, List<LayerChange> changes, bool isGone = false)
{
    private readonly DefinitionKind kind = DefinitionKind.OfName(definition.Kind)!;

    private bool IsShown => LayerDifference.IsShown(kind.Name);

    public void Added(bool isAboutNew)
    {
        var narrows = kind.Name == "validation-rule" && !isAboutNew;
        if (kind.Name == "config-item" && Demands(definition.Content, "default", "value"))
            Add(ChangeWeight.Major, $"{Named(definition.Name)} is new and required, without a default", "");
        else Add(narrows ? ChangeWeight.Major : IsShown ? ChangeWeight.Patch : ChangeWeight.Minor,
            $"{Named(definition.Name)} is new" + (narrows ? " and refuses what could be written" : ""), "");
    }

    public void Removed() => Add(
        kind.Name switch
        {
            _ when IsShown => ChangeWeight.Patch,
            "validation-rule" => ChangeWeight.Minor,
            _ when LayerDifference.IsCalled(kind.Name) => ChangeWeight.Minor,
            _ => ChangeWeight.Major,
        }, $"{Named(definition.Name)} is gone", "");

    public void Compare(JsonElement old, JsonElement now) => Compare(kind.Shape, old, now, definition.Name, "");

    private void Compare(ItemShape shape, JsonElement old, JsonElement now, string name, string pointer)
    {
        foreach (var property in shape.Properties)
        {
            var (from, to) = (Value(shape, old, now, property.Name), Value(shape, now, old, property.Name));
            if (from is null ? to is null : to is { } there && CanonicalJson.Same(from.Value, there)) continue;
            var weight = LayerDifference.Weigh(kind.Name, shape, property, from, to);
            Add(weight, $"\"{property.Name}\" of {name} is {Shown(to)}, was {Shown(from)}",
                FindingList.Step(pointer, property.Name));
        }
        foreach (var list in shape.Lists) Compare(list, old, now, name, FindingList.Step(pointer, list.Name));
    }

    private void Compare(ListShape list, JsonElement old, JsonElement now, string name, string pointer)
    {
        var left = Items(list, old).ToDictionary(item => item.Key, item => item.Content);
        foreach (var (key, content, index) in Items(list, now))
        {
            var at = FindingList.Step(pointer, index);
            var path = $"{name}.{key}";
            if (left.Remove(key, out var known)) Compare(list.Item, known, content, path, at);
            else if (Overlays(list, content)) Compare(list.Item, default, content, path, at);
            else if (IsShown) Add(ChangeWeight.Patch, $"{path} is new", at);
            else if (list.Item.Name == "field" && Demands(content, "default"))
                Add(ChangeWeight.Major, $"{path} is new and required, without a default for who does not know it", at);
            else Add(ChangeWeight.Minor, $"{path} is new", at);
        }
        foreach (var (key, content) in left)
            if (Overlays(list, content)) Compare(list.Item, content, default, $"{name}.{key}", pointer);
            else Add(IsShown ? ChangeWeight.Patch : ChangeWeight.Major, $"{name}.{key} is gone", pointer);
    }

    /// <summary>Whether an item changes one of a lower layer, and brings none.</summary>
    private bool Overlays(ListShape list, JsonElement content) => definition.IsOverlay
        && (list.Prefixed ? !content.TryGetProperty("type", out _) : content.TryGetProperty("hidden", out _));

    private static bool Demands(JsonElement item, params ReadOnlySpan<string> unless)
    {
        foreach (var property in unless) if (item.TryGetProperty(property, out _)) return false;
        return item.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.True;
    }

    private static IEnumerable<(string Key, JsonElement Content, int Index)> Items(ListShape list, JsonElement owner) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(list.Name, out var items)
            ? items.EnumerateArray().Select((item, i) =>
                (item.GetProperty(list.Item.Key.Name).GetString()!, item, i))
            : [];

    /// <summary>A value, or what counts where a field that is written down whole does not say.</summary>
    private static JsonElement? Value(ItemShape shape, JsonElement item, JsonElement other, string property)
    {
        if (item.ValueKind != JsonValueKind.Object) return null;
        if (item.TryGetProperty(property, out var value)) return value.ValueKind == JsonValueKind.Null ? null : value;
        if (shape.Name != "field" || !item.TryGetProperty("type", out var named)
            || FieldTypeRule.OfName(named.GetString()!) is not { } type) return null;
        var range = property switch
        {
            "length" => type.Length, "precision" => type.Precision, "scale" => type.Scale, _ => null,
        };
        return range is null || other.ValueKind != JsonValueKind.Object ? null
            : JsonSerializer.SerializeToElement(range.Default);
    }

    private void Add(ChangeWeight weight, string what, string pointer) => changes.Add(new LayerChange(
        weight, what, isGone ? null : definition.File, isGone ? null : definition.Pointer + pointer));

    private string Named(string name) => $"The {kind.Shape.Name} {name}";

    private static string Shown(JsonElement? value) =>
        value is { } there ? LayerReader.Clip(there.GetRawText()) : "not set";
}
