using System.Globalization;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>A record id: text outside, one integer inside.</summary>
/// <remarks>An id that is malformed, of another object, absent, deleted, another account's or another org's gets one
/// and the same answer: what the first two cannot tell here, the database tells with the same words.</remarks>
public sealed class ReferenceCodec : ValueCodec
{
    public static readonly ReferenceCodec Instance = new();

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault) =>
        value.ValueKind == JsonValueKind.String
            ? TryParse(schema, field, PicklistCodec.TryText(value, out var text) ? text : "", out stored, out fault)
            : WrongType("a record id", value, out stored, out fault);

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault)
    {
        if (!RecordId.TryParse(text, out var id)
            || schema.Find(id.Prefix) is not { } target
            || field.References is not { } targets || !targets.Contains(target.Name))
        {
            fault = NotFound(field);
            stored = default;
            return false;
        }
        return Accept(Store(id.Value), out stored, out fault);
    }

    public override StoredValue FromBody(SchemaField field, JsonElement value) => Store(value.GetInt64());

    public override void Write(Utf8JsonWriter writer, SchemaField field, ReadOnlySpan<byte> body)
    {
        if (!long.TryParse(body, NumberStyles.Integer, CultureInfo.InvariantCulture, out var id))
        {
            writer.WriteNullValue();
            return;
        }
        Span<char> text = stackalloc char[18];
        new RecordId(id).Format(text);
        writer.WriteStringValue(text);
    }

    /// <summary>The one answer for an id that cannot be referred to.</summary>
    public static Fault NotFound(SchemaField field) =>
        new("reference-not-found",
            $"There is no record of {string.Join(" or ", field.References ?? [])} with this id.");

    internal static StoredValue Store(long id)
    {
        var text = id.ToString(CultureInfo.InvariantCulture);
        return new StoredValue(text, id, text);
    }
}
