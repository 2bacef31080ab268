using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>The value of a property, who set it, and what that hides.</summary>
/// <param name="Value">Null where the layer took the property away.</param>
/// <param name="Layer">The <see cref="Layer.Source"/> that had the last word.</param>
/// <param name="Hides">What the layers below had said, the nearest first.</param>
public sealed record Setting(JsonElement? Value, string Layer, IReadOnlyList<HiddenValue> Hides);

/// <summary>A value that a higher layer hides.</summary>
public sealed record HiddenValue(string Layer, JsonElement? Value);

/// <summary>A definition, or an item of one of its lists, with every layer's word in it. Immutable.</summary>
public sealed class ResolvedItem
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<ResolvedItem>> NoLists =
        new Dictionary<string, IReadOnlyList<ResolvedItem>>();

    private (string? List, IReadOnlyList<ResolvedItem> Items) borrowed;

    internal ResolvedItem(
        string key, string layer, IReadOnlyDictionary<string, Setting> properties,
        IReadOnlyDictionary<string, IReadOnlyList<ResolvedItem>>? lists = null)
    {
        Key = key;
        Layer = layer;
        Properties = properties;
        Lists = lists ?? NoLists;
    }

    /// <summary>Its name, or a picklist value, or a page item's field path.</summary>
    public string Key { get; }

    /// <summary>The source of the layer that defines it.</summary>
    public string Layer { get; }

    public IReadOnlyDictionary<string, Setting> Properties { get; }

    public IReadOnlyDictionary<string, IReadOnlyList<ResolvedItem>> Lists { get; }

    /// <summary>The effective value of a property; null where it has none.</summary>
    public JsonElement? Value(string property) => Properties.GetValueOrDefault(property)?.Value;

    public string? Text(string property) => Value(property) is { ValueKind: JsonValueKind.String } value
        ? value.GetString() : null;

    public bool Flag(string property) => Value(property)?.ValueKind == JsonValueKind.True;

    public int? Number(string property) =>
        Value(property) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : null;

    public IReadOnlyList<string> Strings(string property) =>
        Value(property) is { ValueKind: JsonValueKind.Array } value
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)] : [];

    public IReadOnlyList<ResolvedItem> List(string list) =>
        borrowed.List == list ? borrowed.Items : Lists.GetValueOrDefault(list) ?? [];

    public ResolvedItem? Item(string list, string key) => List(list).FirstOrDefault(item => item.Key == key);

    /// <summary>The same with another list.</summary>
    internal ResolvedItem With(string list, IReadOnlyList<ResolvedItem> of) => new(Key, Layer, Properties,
        new Dictionary<string, IReadOnlyList<ResolvedItem>>(Lists) { [list] = of });

    /// <summary>The same that takes a list from elsewhere: it has it, and it is not written down with it.</summary>
    internal ResolvedItem Borrowing(string list, IReadOnlyList<ResolvedItem> of) =>
        new(Key, Layer, Properties, Lists) { borrowed = (list, of) };

    internal bool Locks(string member) => Strings("locked") is { Count: > 0 } locked
        && (locked.Contains("*") || locked.Contains(member));
}
