using System.Text;
using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>A stack of layers, resolved. Immutable; safe for any thread.</summary>
public sealed class Resolution
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<ResolvedItem>> items;
    private readonly IReadOnlyList<(string Layer, Finding Finding)> found;
    private readonly Dictionary<(string Kind, string Name), ResolvedItem> byName;

    internal Resolution(
        IReadOnlyList<Layer> stack, IReadOnlyDictionary<string, IReadOnlyList<ResolvedItem>> items,
        IReadOnlyList<(string Layer, Finding Finding)> found)
    {
        Stack = stack;
        this.items = items;
        this.found = found;
        byName = items.SelectMany(pair => pair.Value.Select(item => (Key: (pair.Key, item.Key), item)))
            .ToDictionary(pair => pair.Key, pair => pair.item);
        Findings = [.. found.Select(f => f.Finding)];
        Address = Digest.Of(Encoding.UTF8.GetBytes(
            string.Join('\n', stack.Select(l => $"{(int)l.Kind} {l.Source} {l.Namespace} {l.Digest}")))).Value;
    }

    public IReadOnlyList<Layer> Stack { get; }

    /// <summary>SHA-256 over the layers: equal for equal stacks.</summary>
    public string Address { get; }

    /// <summary>Everything that is wrong. What is wrong has no effect.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>By name, ordinal.</summary>
    public IReadOnlyList<ResolvedItem> Objects => items["object"];

    /// <summary>By name, ordinal.</summary>
    public IReadOnlyList<ResolvedItem> Pages => items["page"];

    /// <summary>The findings that are one layer's doing.</summary>
    /// <param name="source">Its <see cref="Layer.Source"/>.</param>
    public IReadOnlyList<Finding> FindingsOf(string source) =>
        [.. found.Where(f => f.Layer == source).Select(f => f.Finding)];

    /// <summary>The items of a kind, by name.</summary>
    /// <param name="kind">Its name (<c>object</c>) or that of its collection (<c>objects</c>).</param>
    public IReadOnlyList<ResolvedItem> All(string kind) =>
        (DefinitionKind.OfName(kind) ?? DefinitionKind.OfCollection(kind)) is { } known ? items[known.Name] : [];

    /// <inheritdoc cref="All"/>
    public ResolvedItem? Find(string kind, string name) =>
        (DefinitionKind.OfName(kind) ?? DefinitionKind.OfCollection(kind)) is { } known
            ? byName.GetValueOrDefault((known.Name, name)) : null;

    /// <summary>The source of the layer that defines an item, if it is a standard one.</summary>
    internal static bool IsStandard(string source) => source is "global" or "idc" or "group";

    /// <summary>Everything that is in force, as canonical JSON: equal for equal stacks.</summary>
    public byte[] ToJson() => CanonicalJson.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var kind in DefinitionKind.All.OrderBy(k => k.Collection, StringComparer.Ordinal))
        {
            writer.WriteStartArray(kind.Collection);
            foreach (var item in items[kind.Name]) EffectiveJson.Write(writer, kind.Shape, item);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    });

    /// <summary>Writes the effective definition of an item; with <paramref name="explain"/>, who set each property
    /// and what that hides.</summary>
    /// <returns>Whether there is such an item; else nothing is written.</returns>
    public bool WriteDefinition(Utf8JsonWriter writer, string kind, string name, bool explain = false)
    {
        if ((DefinitionKind.OfName(kind) ?? DefinitionKind.OfCollection(kind)) is not { } known
            || Find(kind, name) is not { } item)
            return false;
        EffectiveJson.Write(writer, known.Shape, item, explain);
        return true;
    }

    /// <summary>Every property of an item with the layer that set it, the values that it hides, and its path.</summary>
    public IReadOnlyList<Blame> Blame(string kind, string name) =>
        Find(kind, name) is { } item ? [.. EffectiveJson.BlameOf(item, "")] : [];
}

/// <summary>Who set a property.</summary>
/// <param name="Path">Such as <c>/fields/email/required</c>: members, and keys of list items.</param>
public sealed record Blame(string Path, Setting Setting);
