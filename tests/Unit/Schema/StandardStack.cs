using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>The layers that stand in the repository's <c>metadata</c> folder.</summary>
internal static class StandardStack
{
    public static string Folder { get; } = Find();

    public static Layer Global { get; } = Read(LayerKind.Global, "platform", "global");

    public static Layer Idc { get; } = Read(LayerKind.Idc, "bedrock", "idc/bedrock");

    public static Layer Group { get; } = Read(LayerKind.Group, "trade", "group/trade");

    public static Layer Sample { get; } = Read(LayerKind.Account, "sample", "account/sample");

    public static IReadOnlyList<Layer> Standard { get; } = [Global, Idc, Group];

    /// <summary>The sample packages, by name.</summary>
    public static IReadOnlyList<Layer> Packages()
    {
        var layers = new List<Layer>();
        foreach (var folder in Directory.EnumerateDirectories(Path.Combine(Folder, "isv"))
            .Order(StringComparer.Ordinal))
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "package.json")));
            layers.Add(Read(LayerKind.Isv, manifest.RootElement.GetProperty("name").GetString()!, folder,
                manifest.RootElement.GetProperty("namespace").GetString()));
        }
        return layers;
    }

    public static Layer Read(LayerKind kind, string name, string folder, string? @namespace = null)
    {
        var root = Path.Combine(Folder, folder);
        var files = Directory.EnumerateFiles(Path.Combine(root, "metadata"), "*.json", SearchOption.AllDirectories)
            .Select(file => new DefinitionFile(
                Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetRelativePath(root, file),
                    File.ReadAllBytes(file)));
        var layer = Layer.Parse(kind, name, @namespace, "1.0.0", files, out var findings);
        Assert.Empty(findings);
        return layer;
    }

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Xingchen.sln"))) return Path.Combine(at.FullName, "metadata");
        throw new InvalidOperationException("The tests run inside the repository.");
    }
}
