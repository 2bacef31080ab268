using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Xingchen.Schema;

/// <summary>The one byte form of a JSON value: members in ordinal order, no white space, UTF-8.</summary>
/// <remarks>As RFC 8785, but numbers keep the digits that they were written with: <c>12.30</c> is not <c>12.3</c> here,
/// for the scale of a decimal is part of it. Pure.</remarks>
public static class CanonicalJson
{
    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The canonical bytes of <paramref name="value"/>.</summary>
    public static byte[] Write(JsonElement value) => Write(writer => Write(writer, value));

    /// <summary>The bytes of what <paramref name="write"/> writes, which must put members in ordinal order
    /// itself.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options)) write(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes <paramref name="value"/> with its members in ordinal order; of a member twice, the
    /// last.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var (name, member) in Members(value))
                {
                    writer.WritePropertyName(name);
                    Write(writer, member);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>Reads bytes that are known to be JSON, into memory of their own.</summary>
    public static JsonElement Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>Whether two values have the same canonical form.</summary>
    public static bool Same(JsonElement left, JsonElement right) =>
        left.ValueKind == right.ValueKind && Write(left).AsSpan().SequenceEqual(Write(right));

    private static SortedDictionary<string, JsonElement> Members(JsonElement value)
    {
        var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject()) members[member.Name] = member.Value;
        return members;
    }
}
