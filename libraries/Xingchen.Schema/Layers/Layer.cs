using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>An ordered contribution of definitions: immutable, addressed by the SHA-256 of its canonical
/// form.</summary>
public sealed class Layer
{
    internal Layer(
        LayerKind kind, string name, string? @namespace, string version, IReadOnlyList<Definition> definitions,
        byte[] content)
    {
        Kind = kind;
        Name = name;
        Namespace = kind == LayerKind.Account ? DefinitionNames.Private : @namespace;
        Version = version;
        Definitions = definitions;
        Content = content;
        Digest = Model.Digest.Of(content).Value;
        Source = kind switch
        {
            LayerKind.Global => "global",
            LayerKind.Idc => "idc",
            LayerKind.Group => "group",
            LayerKind.Account => "account",
            _ => name,
        };
    }

    /// <summary>The kind of the definitions of a collection: <c>object</c> of <c>objects</c>; null where there is
    /// none.</summary>
    public static string? KindOf(string collection) => DefinitionKind.OfCollection(collection)?.Name;

    public LayerKind Kind { get; }

    /// <summary>The package's name; any word for the private layer.</summary>
    public string Name { get; }

    /// <summary>The prefix of what it adds, without underscores: a publisher's, <c>c</c> for the private layer, else
    /// null.</summary>
    public string? Namespace { get; }

    public string Version { get; }

    /// <summary><c>sha256:</c> of <see cref="Content"/>.</summary>
    public string Digest { get; }

    /// <summary>What it is called in describe and in explanations: its kind, or a package's name.</summary>
    public string Source { get; }

    public IReadOnlyList<Definition> Definitions { get; }

    /// <summary>The canonical document: <c>{"objects":[…],"overlays":[…],"pages":[…]}</c>, each list by name.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Whether it brings hooks, functions, subscriptions or schedules.</summary>
    public bool CallsCode => Definitions.Any(definition =>
        !definition.IsOverlay && DefinitionKind.OfName(definition.Kind)!.NeedsPackage);

    /// <summary>Reads a layer's document.</summary>
    /// <param name="content">UTF-8 JSON of at most <see cref="LayerReader.MostBytes"/> bytes and 24 levels.</param>
    /// <param name="findings">Everything wrong with it. What is wrong is left out of the layer that is
    /// returned.</param>
    public static Layer Parse(
        LayerKind kind, string name, string? @namespace, string version,
        ReadOnlyMemory<byte> content, out IReadOnlyList<Finding> findings)
    {
        var reader = new LayerReader(kind, name, @namespace);
        reader.ReadDocument(content);
        return reader.Finish(version, out findings);
    }

    /// <inheritdoc cref="Parse(LayerKind, string, string?, string, ReadOnlyMemory{byte}, out IReadOnlyList{Finding})"/>
    public static Layer Parse(
        LayerKind kind, string name, string? @namespace, string version,
        JsonElement content, out IReadOnlyList<Finding> findings)
    {
        var reader = new LayerReader(kind, name, @namespace);
        reader.ReadDocument(content);
        return reader.Finish(version, out findings);
    }

    /// <summary>Reads a layer from the files of a package folder; findings carry the file, and pointers into
    /// it.</summary>
    public static Layer Parse(
        LayerKind kind, string name, string? @namespace, string version,
        IEnumerable<DefinitionFile> files, out IReadOnlyList<Finding> findings)
    {
        var reader = new LayerReader(kind, name, @namespace);
        foreach (var file in files.OrderBy(f => f.File, StringComparer.Ordinal)) reader.ReadFile(file);
        return reader.Finish(version, out findings);
    }

    /// <summary>A layer that says nothing.</summary>
    public static Layer Empty(LayerKind kind, string name, string? @namespace = null, string version = "0.0.0") =>
        Parse(kind, name, @namespace, version, "{}"u8.ToArray(), out _);
}
