using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.IO.Compression;
using System.Security.Cryptography;
using Xingchen.Hosting;

namespace Xingchen.Records.Request;

/// <summary>Where the next page of a query begins, and what the query was.</summary>
/// <param name="Text">The query; null where it is too long to be carried and must be sent again beside the
/// cursor.</param>
/// <param name="Parameters">Its parameters, as JSON.</param>
/// <param name="Digest">Of text and parameters, where <paramref name="Text"/> is null.</param>
/// <param name="Now">The instant (milliseconds since 1970) that date names are reckoned from, the same on every
/// page.</param>
/// <param name="Zone">The time zone that they are reckoned in, likewise.</param>
/// <param name="Keys">The order's keys of the last record given, as text.</param>
/// <param name="Left">Records that LIMIT still allows; null without LIMIT.</param>
/// <remarks>Stateless: signed for its caller, readable to him, holding nothing that the page did not show or could
/// not.</remarks>
public sealed record QueryCursor(
    [property: JsonPropertyName("q")] string? Text,
    [property: JsonPropertyName("p")] IReadOnlyDictionary<string, JsonElement>? Parameters,
    [property: JsonPropertyName("h")] string? Digest,
    [property: JsonPropertyName("t")] long Now,
    [property: JsonPropertyName("z")] string Zone,
    [property: JsonPropertyName("k")] IReadOnlyList<string?> Keys,
    [property: JsonPropertyName("l")] long? Left)
{
    /// <summary>The time that all pages answer for, in microseconds since 1970; null for what is there when each is
    /// read.</summary>
    [JsonPropertyName("a")]
    public long? AsOf { get; init; }

    /// <summary>Bytes of a payload that the signer takes back.</summary>
    private const int MostPayload = 2_900;

    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Signs the cursor; leaves the query out where it is too long.</summary>
    /// <exception cref="ProblemException"><c>query-invalid</c>: the keys alone are too long.</exception>
    public string Sign(CursorSigner signer, string purpose, AccountKey caller)
    {
        if (Pack(this) is { } whole) return signer.Sign(purpose, caller, whole);
        if (Pack(this with { Text = null, Parameters = null, Digest = DigestOf(Text ?? "", Parameters) }) is { } brief)
            return signer.Sign(purpose, caller, brief);
        throw new ProblemException(Problems.QueryInvalid,
            "The values that the records are ordered by are too long to continue from. Order by shorter ones.");
    }

    /// <summary>Reads a cursor back.</summary>
    /// <param name="text">What the caller sent beside it; must be the same query where it is given.</param>
    /// <exception cref="ProblemException"><c>cursor-invalid</c></exception>
    public static QueryCursor Open(
        CursorSigner signer, string purpose, AccountKey caller, string cursor,
        string? text, IReadOnlyDictionary<string, JsonElement> parameters)
    {
        var read = Unpack(signer.Open(purpose, caller, cursor));
        if (read.Text is { } carried)
            return text is null || text == carried ? read : throw Invalid("The cursor belongs to another query.");
        if (text is null) throw Invalid("This query is too long for its cursor to carry: send it again beside the "
            + "cursor, with POST.");
        return DigestOf(text, parameters) == read.Digest
            ? read with { Text = text, Parameters = parameters }
            : throw Invalid("The cursor belongs to another query.");
    }

    /// <summary>The same, where it answers for this time or nothing else was said.</summary>
    /// <exception cref="ProblemException"><c>cursor-invalid</c></exception>
    public QueryCursor For(DateTimeOffset? asOf) => asOf is null || AsOfTime.Micros(asOf) == AsOf
        ? this : throw Invalid("The cursor belongs to another asOf.");

    /// <summary>The one problem of cursors.</summary>
    public static ProblemException Invalid(string detail) => new(Problems.CursorInvalid, detail);

    /// <summary>JSON where that is short, else compressed; null where it is too long either way.</summary>
    private static string? Pack(QueryCursor cursor)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(cursor, Json);
        if (json.Length < 300) return Encoding.UTF8.GetString(json);
        var packed = new byte[MostPayload];
        return BrotliEncoder.TryCompress(json, packed, out var written, quality: 5, window: 18)
            && written * 4 / 3 < MostPayload - 8
            ? "~" + Convert.ToBase64String(packed, 0, written)
            : null;
    }

    private static QueryCursor Unpack(string payload)
    {
        if (!payload.StartsWith('~')) return JsonSerializer.Deserialize<QueryCursor>(payload, Json)!;
        using var packed = new MemoryStream(Convert.FromBase64String(payload[1..]));
        using var unpacked = new BrotliStream(packed, CompressionMode.Decompress);
        return JsonSerializer.Deserialize<QueryCursor>(unpacked, Json)!;
    }

    private static string DigestOf(string text, IReadOnlyDictionary<string, JsonElement>? parameters) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
            (object)new object?[] { text, parameters }, Json)));
}
