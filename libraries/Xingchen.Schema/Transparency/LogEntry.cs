using System.Text;
using System.Text.Json;

namespace Xingchen.Schema.Transparency;

/// <summary>What the log of packages says of one event: public for ever.</summary>
/// <param name="Event"><c>release</c> or <c>yank</c>.</param>
/// <param name="Namespace">The publisher's; null for the platform's own packages.</param>
/// <param name="Digest">Of the package's file.</param>
/// <param name="SignedBy">The id of the publisher's key; null where the file is not signed.</param>
/// <param name="At">When, UTC, to the second: <c>2026-01-31T12:00:00Z</c>.</param>
public sealed record LogEntry(
    string Event, string Name, string? Namespace, string Version, string Digest, string? SignedBy, string At)
{
    public const string Release = "release";
    public const string Yank = "yank";

    /// <summary>The one text of it: canonical JSON. Its UTF-8 bytes are the leaf of the tree.</summary>
    public string ToText() => Encoding.UTF8.GetString(CanonicalJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("at", At);
        writer.WriteString("digest", Digest);
        writer.WriteString("event", Event);
        writer.WriteString("name", Name);
        writer.WriteString("namespace", Namespace);
        writer.WriteString("signedBy", SignedBy);
        writer.WriteString("version", Version);
        writer.WriteEndObject();
    }));

    /// <returns>Null where it is not the text of an entry.</returns>
    public static LogEntry? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<LogEntry>(text, JsonSerializerOptions.Web) is { } entry
                && entry.ToText() == text ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
