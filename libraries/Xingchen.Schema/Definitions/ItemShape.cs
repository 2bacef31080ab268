using System.Text.Json;

namespace Xingchen.Schema.Definitions;

/// <summary>What a higher layer may do with a property.</summary>
internal enum Above
{
    /// <summary>Nothing.</summary>
    Fixed,
    /// <summary>Change it as it likes.</summary>
    Free,
    /// <summary>Restrict it further, never less.</summary>
    Tighten,
}

/// <summary>A property of a kind of item.</summary>
/// <param name="Required">Whether a definition must have it; an overlay never must.</param>
internal sealed record PropertyShape(string Name, ValueForm Form, Above Above, bool Required = false);

/// <summary>A list of an item's own items, merged by their key.</summary>
/// <param name="Name">The member it stands in, such as <c>fields</c>.</param>
/// <param name="Item">The shape of each.</param>
/// <param name="Most">How many a single definition or overlay may bring.</param>
/// <param name="Prefixed">Whether what a package or the private layer adds to another layer's list must bear its
/// prefix.</param>
/// <param name="Instead">The property that names a definition of which an item has this list, in place of its
/// own.</param>
internal sealed record ListShape(
    string Name, ItemShape Item, int Most, bool Prefixed = false, string? Instead = null);

/// <summary>The shape of a kind of item: a definition itself, or an item of one of its keyed lists.</summary>
/// <param name="Name">As it is called in messages.</param>
/// <param name="Key">The property that names an item; it never changes.</param>
internal sealed record ItemShape(
    string Name, PropertyShape Key, IReadOnlyList<PropertyShape> Properties, IReadOnlyList<ListShape> Lists)
{
    private readonly Dictionary<string, PropertyShape> properties = Properties.Append(Key).ToDictionary(p => p.Name);
    private readonly Dictionary<string, ListShape> lists = Lists.ToDictionary(l => l.Name);

    public PropertyShape? Property(string name) => properties.GetValueOrDefault(name);

    public ListShape? List(string name) => lists.GetValueOrDefault(name);

    /// <summary>Further checks of an item that is written down whole, beyond property by property.</summary>
    public Action<JsonElement, string, Action<string, string, string>>? Check { get; init; }

    /// <summary>Writes, beside its properties, what follows from them.</summary>
    public Action<Utf8JsonWriter, ResolvedItem>? Computed { get; init; }

    /// <summary>The value that counts where an item does not have the property.</summary>
    public Func<ResolvedItem, string, JsonElement?> Default { get; init; } = static (_, _) => null;
}
