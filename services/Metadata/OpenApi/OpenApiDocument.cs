using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Xingchen.Metadata.OpenApi;

/// <summary>The OpenAPI document of an account's objects as a caller sees them, compressed.</summary>
/// <param name="Tag">A weak entity tag: SHA-256 of the text, so that equal documents have equal tags on every
/// instance.</param>
/// <param name="Gzip">The text; about a fifteenth of its size.</param>
/// <remarks>Immutable; a function of schema, permission sets and language alone.</remarks>
internal sealed record OpenApiDocument(string Tag, byte[] Gzip)
{
    private static readonly JsonElement Common = Read();

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the document, object by object: what is in memory at a time is one object and the compressed
    /// text.</summary>
    public static OpenApiDocument Of(CallerShape shape, string language)
    {
        using var compressed = new MemoryStream();
        using var hash = SHA256.Create();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        using (var text = new CryptoStream(gzip, hash, CryptoStreamMode.Write))
        using (var json = new Utf8JsonWriter(text, Json))
            Write(json, shape, language);
        return new OpenApiDocument($"W/\"{Convert.ToHexStringLower(hash.Hash!)}\"", compressed.ToArray());
    }

    private static void Write(Utf8JsonWriter json, CallerShape shape, string language)
    {
        var schemas = new RecordSchemas(shape, language);
        var paths = new RecordPaths(shape, schemas);
        json.WriteStartObject();
        foreach (var member in Common.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            switch (member.Name)
            {
                case "paths":
                    Members(json, member.Value, shape.Objects.SelectMany(paths.Of));
                    break;
                case "components":
                    json.WriteStartObject();
                    foreach (var component in member.Value.EnumerateObject())
                    {
                        json.WritePropertyName(component.Name);
                        Members(json, component.Value, component.Name == "schemas"
                            ? shape.Objects.SelectMany(schemas.Of).Prepend(("Api_ObjectName", Names(shape))) : []);
                    }
                    json.WriteEndObject();
                    break;
                default: member.Value.WriteTo(json); break;
            }
        }
        json.WriteStartArray("tags");
        foreach (var item in shape.Objects)
        {
            json.WriteStartObject();
            json.WriteString("name", item.Name);
            json.WriteString("description", item.PluralLabel.For([language]));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The members of <paramref name="common"/>, then others.</summary>
    private static void Members(
        Utf8JsonWriter json, JsonElement common, IEnumerable<(string Name, JsonObject Value)> others)
    {
        json.WriteStartObject();
        foreach (var member in common.EnumerateObject()) member.WriteTo(json);
        foreach (var (name, value) in others)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
            json.Flush();
        }
        json.WriteEndObject();
    }

    /// <summary>The names of the objects that the caller sees; any text where there are none.</summary>
    private static JsonObject Names(CallerShape shape)
    {
        var names = new JsonArray([.. shape.Objects.Select(item => (JsonNode)JsonValue.Create(item.Name)!)]);
        var schema = new JsonObject { ["type"] = "string" };
        if (names.Count > 0) schema["enum"] = names;
        return schema;
    }

    private static JsonElement Read()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("OpenApi.common.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
