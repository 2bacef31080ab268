using System.Text.Json;

namespace Xingchen.Schema.Packages;

/// <summary>Parses the JSON files of a package that are not definitions.</summary>
internal static class PackageJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>The root in memory of its own, or null after adding a finding.</summary>
    public static JsonElement? TryParse(byte[] json, string file, PackageFindings findings)
    {
        var start = json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        try
        {
            using var document = JsonDocument.Parse(json.AsMemory(start), Options);
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            findings.Add("json-invalid", wrong.Message.Contains("uplicate", StringComparison.Ordinal)
                ? "A member stands twice in an object; keep one."
                : $"This is not JSON, at line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}.", file, "");
            return null;
        }
    }
}
