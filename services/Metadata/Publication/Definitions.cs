using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Effective definitions as JSON, and their tags.</summary>
internal static class Definitions
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The effective definition of what a change is about, or null.</summary>
    public static JsonElement? Find(Resolution resolution, PrivateChange change) =>
        Find(resolution, change.Kind, change.Name, change.Field);

    /// <summary>The effective definition of something, or of a field of it; null where there is none.</summary>
    public static JsonElement? Find(
        Resolution resolution, TargetKind kind, string name, string? field = null, bool explain = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            if (!resolution.WriteDefinition(writer, kind.Name, name, explain)) return null;
        var definition = CanonicalJson.Read(buffer.WrittenMemory);
        if (field is null) return definition;
        if (!definition.TryGetProperty("fields", out var fields)) return null;
        foreach (var item in fields.EnumerateArray())
            if (item.GetProperty("name").GetString() == field) return item;
        return null;
    }

    /// <summary>A strong tag (RFC 9110 §8.8.3): equal for equal definitions.</summary>
    public static string Tag(JsonElement definition) =>
        '"' + Digest.Of(CanonicalJson.Write(definition)).Value[7..39] + '"';
}

/// <summary>What a request wants to be so before it changes anything (RFC 9110 §13.1).</summary>
/// <param name="Match">Tags of <c>If-Match</c>; empty where it was not sent.</param>
/// <param name="NoneMatch">Tags of <c>If-None-Match</c>.</param>
internal sealed record Precondition(
    IReadOnlyList<EntityTagHeaderValue> Match, IReadOnlyList<EntityTagHeaderValue> NoneMatch)
{
    /// <summary>Reads the headers of a request.</summary>
    public static Precondition Of(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        return new Precondition([.. headers.IfMatch], [.. headers.IfNoneMatch]);
    }

    /// <remarks>For a field the tag of its object serves too: who read the whole object may change a field of
    /// it.</remarks>
    /// <exception cref="ProblemException"><c>version-mismatch</c></exception>
    public void Check(Resolution resolution, PrivateChange change)
    {
        if (Match.Count == 0 && NoneMatch.Count == 0) return;
        var current = Definitions.Find(resolution, change);
        var tags = new List<string>();
        if (current is { } there) tags.Add(Definitions.Tag(there));
        if (current is not null && change.Field is not null)
            tags.Add(Definitions.Tag(Definitions.Find(resolution, change.Kind, change.Name)!.Value));
        if ((Match.Count > 0 && !Any(Match, tags)) || (NoneMatch.Count > 0 && Any(NoneMatch, tags)))
            throw new ProblemException(
                Problems.VersionMismatch, "The definition is not the one that you read. Read it again.");
    }

    private static bool Any(IReadOnlyList<EntityTagHeaderValue> wanted, List<string> tags) => wanted.Any(want =>
        want.Tag == "*" ? tags.Count > 0 : tags.Contains(want.Tag.Value!));
}
