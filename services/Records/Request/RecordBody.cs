using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Records.Request;

/// <summary>Reads what the headers and the body of a record request say: syntax only.</summary>
internal static class RecordBody
{
    /// <summary>Bytes of a record's body at most, children and all.</summary>
    public const int MostBytes = 4_000_000;

    /// <summary>Bytes of memory that a promised length is given before any of it came.</summary>
    private const int MostAhead = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <exception cref="ProblemException"><c>media-type-unsupported</c>, <c>body-too-large</c>,
    /// <c>request-invalid</c>.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext http, CancellationToken ct)
    {
        var type = http.Request.ContentType?.Split(';')[0].Trim();
        if (type is null || !(type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/merge-patch+json", StringComparison.OrdinalIgnoreCase)))
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send application/json.");
        if (http.Request.ContentLength > MostBytes) throw TooLarge();
        // A length is a promise, and memory is given for what came.
        using var buffer = new MemoryStream((int)Math.Min(http.Request.ContentLength ?? 1024, MostAhead));
        await CopyAsync(http.Request.Body, buffer, ct);
        var bytes = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        if (!Utf8.IsValid(bytes.Span)) throw NotText("The body is not UTF-8.");
        if (HasBrokenName(bytes.Span)) throw NotText("The name of a member holds half of a surrogate pair.");
        return JsonDocument.Parse(bytes, Strict);
    }

    /// <summary>Whether a name is no text: an escape in it is half of a surrogate pair. Values are their fields'
    /// affair.</summary>
    private static bool HasBrokenName(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0) return false;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueIsEscaped) continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return true;
            }
        }
        return false;
    }

    private static ProblemException NotText(string detail) =>
        new(Problems.RequestInvalid, "The body is not the JSON that is expected here.",
            [new Finding("malformed-json", detail, "")]);

    /// <summary>Whether a list of entity tags (RFC 9110 §13.1) names a version; <c>*</c> names any.</summary>
    /// <param name="weak">Whether <c>W/</c> may stand before a tag.</param>
    public static bool Names(string? header, long version, bool weak)
    {
        if (string.IsNullOrEmpty(header)) return false;
        foreach (var part in header.Split(','))
        {
            var tag = part.Trim();
            if (tag == "*") return true;
            if (weak && tag.StartsWith("W/", StringComparison.Ordinal)) tag = tag[2..];
            if (tag == $"\"{version}\"") return true;
        }
        return false;
    }

    /// <exception cref="ProblemException"><c>version-mismatch</c>.</exception>
    public static void RequireMatch(HttpContext http, long version)
    {
        var header = http.Request.Headers.IfMatch.ToString();
        if (header.Length > 0 && !Names(header, version, weak: false))
            throw new ProblemException(
                Problems.VersionMismatch, $"The record is at version {version} now. Read it again and decide.");
    }

    private static async Task CopyAsync(Stream body, MemoryStream buffer, CancellationToken ct)
    {
        var chunk = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(chunk, ct)) > 0;)
        {
            if (buffer.Length + read > MostBytes) throw TooLarge();
            await buffer.WriteAsync(chunk.AsMemory(0, read), ct);
        }
    }

    private static ProblemException TooLarge() =>
        new(Problems.BodyTooLarge, $"A record has at most {MostBytes} bytes. Import many records as a file.");
}
