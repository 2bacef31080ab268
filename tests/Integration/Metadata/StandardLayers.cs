using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Contracts;
using Xingchen.Schema;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>The repository's own standard layers, and layers made of a few lines of JSON.</summary>
internal static class StandardLayers
{
    /// <summary>platform, bedrock and trade.</summary>
    public static IReadOnlyList<LayerDocument> All { get; } =
        [Read("global", LayerKind.Global), Read("idc/bedrock", LayerKind.Idc), Read("group/trade", LayerKind.Group)];

    /// <summary>A package's layer.</summary>
    public static LayerDocument Package(string name, string @namespace, string version, string json) =>
        Document(Layer.Parse(LayerKind.Isv, name, @namespace, version, JsonDocument.Parse(json).RootElement, out _),
            "isv");

    /// <summary>The trade layer with more in it, as another version.</summary>
    public static LayerDocument Trade(string version, Func<string, string> change)
    {
        var content = change(All[2].Content.GetRawText());
        return Document(Layer.Parse(
            LayerKind.Group, "trade", null, version, JsonDocument.Parse(content).RootElement, out _), "group");
    }

    /// <summary>The trade layer with fields more in some objects, as another version.</summary>
    public static LayerDocument Trade(
        string version, IReadOnlyCollection<string> objects, IEnumerable<object> fields) => Trade(version, document =>
        {
            var layer = JsonNode.Parse(document)!;
            foreach (var item in layer["objects"]!.AsArray().Where(item =>
                         objects.Contains(item!["name"]!.GetValue<string>())))
                foreach (var field in fields)
                    item!["fields"]!.AsArray().Add(JsonSerializer.SerializeToNode(field));
            return layer.ToJsonString();
        });

    private static LayerDocument Read(string folder, LayerKind kind)
    {
        var home = Path.Combine(Root(), "metadata", folder);
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(home, "package.json"))).RootElement;
        var definitions = Path.Combine(home, "metadata");
        var files = !Directory.Exists(definitions) ? [] :
            Directory.EnumerateFiles(definitions, "*.json", SearchOption.AllDirectories)
                .Select(file => new DefinitionFile(
                Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetRelativePath(home, file),
                    File.ReadAllBytes(file)));
        var layer = Layer.Parse(
            kind, manifest.GetProperty("name").GetString()!, null, manifest.GetProperty("version").GetString()!, files,
                out var wrong);
        Assert.Empty(wrong);
        return Document(layer, kind.ToString().ToLowerInvariant());
    }

    private static LayerDocument Document(Layer layer, string kind) => new(
        layer.Digest, kind, layer.Name, layer.Namespace, layer.Version, CanonicalJson.Read(layer.Content));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Xingchen.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
