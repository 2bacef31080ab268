using System.Text;
using System.Text.Json;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Integration.Life;

/// <summary>A package whose versions differ in several objects at once, so that a mixture of two would be
/// seen.</summary>
internal static class LifePackage
{
    /// <summary>Objects of a version with the names of their fields; empty for none installed.</summary>
    public static IReadOnlyDictionary<string, string[]> ObjectsOf(string version) => version switch
    {
        "" => new Dictionary<string, string[]>(),
        "1.0.0" => new Dictionary<string, string[]>
        {
            ["life__A"] = ["title", "one"], ["life__B"] = ["title", "one"],
        },
        _ => new Dictionary<string, string[]>
        {
            ["life__A"] = ["title", "one", "two"], ["life__B"] = ["title", "one", "two"], ["life__C"] = ["title"],
        },
    };

    public static byte[] File(string version) => Pack("life-all", "life", version, null,
        [.. ObjectsOf(version).Select(item => ObjectOf(item.Key, [.. item.Value.Select(name => Text(name))]))]);

    public static object Text(string name, bool unique = false) =>
        new { name, type = "text", length = 80, unique, label = new { en = name } };

    public static object ObjectOf(string name, params object[] fields) => new
    {
        name, label = new { en = name }, pluralLabel = new { en = name }, nameField = "title", fields,
    };

    /// <param name="items">Definitions and overlays of objects, and validation rules.</param>
    public static byte[] Pack(string name, string ns, string version, object? dependencies, object[] items)
    {
        var files = items.Select(item => JsonSerializer.SerializeToElement(item)).Select(item =>
            item.TryGetProperty("overlays", out var below)
                ? new PackageFile($"metadata/overlays/{below.GetString()}.json", Bytes(item))
                : item.TryGetProperty("condition", out _)
                ? new PackageFile($"metadata/validation-rules/{item.GetProperty("name").GetString()}.json", Bytes(item))
                : new PackageFile($"metadata/objects/{item.GetProperty("name").GetString()}.json", Bytes(item)));
        var manifest = new { name, @namespace = ns, version, dependencies = dependencies ?? new { } };
        var output = new MemoryStream();
        PackageWriter.Pack([new("package.json", Bytes(manifest)), .. files], output, null);
        return output.ToArray();
    }

    private static byte[] Bytes(object item) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(item));
}
