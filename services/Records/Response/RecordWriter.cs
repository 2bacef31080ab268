using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xingchen.Records.Plan;
using Xingchen.Records.Values;

namespace Xingchen.Records.Response;

/// <summary>Writes records: the bytes of the body with their keys renamed, no objects in between.</summary>
internal static class RecordWriter
{
    public static readonly JsonWriterOptions Json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Object = JsonEncodedText.Encode("object");
    private static readonly JsonEncodedText Version = JsonEncodedText.Encode("version");
    private static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
    private static readonly JsonEncodedText CreatedBy = JsonEncodedText.Encode("createdBy");
    private static readonly JsonEncodedText ModifiedAt = JsonEncodedText.Encode("modifiedAt");
    private static readonly JsonEncodedText ModifiedBy = JsonEncodedText.Encode("modifiedBy");

    /// <summary>A record with all of its fields; what it has no value for is null.</summary>
    /// <param name="children">Writes members behind its fields; null for none.</param>
    public static void WriteWhole(
        Utf8JsonWriter json, ObjectLayout layout, StoredRecord record, Action? children = null)
    {
        json.WriteStartObject();
        WriteId(json, Id, record.Id);
        json.WriteString(Object, layout.Object.Name);
        json.WriteNumber(Version, record.Version);
        WriteTime(json, CreatedAt, record.CreatedAt);
        json.WriteString(CreatedBy, record.CreatedBy);
        WriteTime(json, ModifiedAt, record.ModifiedAt);
        json.WriteString(ModifiedBy, record.ModifiedBy);
        var values = ArrayPool<Range>.Shared.Rent(layout.Fields.Length);
        Split(layout, record.Body, values);
        for (var i = 0; i < layout.Fields.Length; i++) Write(json, layout.Fields[i], record.Body, values[i]);
        ArrayPool<Range>.Shared.Return(values);
        children?.Invoke();
        json.WriteEndObject();
    }

    /// <summary>What a view shows of a record and its parents.</summary>
    /// <param name="parent">The joined records by their number; null where one is not there.</param>
    public static void WriteView(
        Utf8JsonWriter json, ViewNode node, Func<int, StoredRecord?> parent, Action? children = null)
    {
        if (parent(node.Number) is not { } record || node.LayoutOf(record.Id) is not (>= 0 and var at))
        {
            json.WriteNullValue();
            return;
        }
        json.WriteStartObject();
        var layout = node.Layouts[at];
        var values = ArrayPool<Range>.Shared.Rent(layout.Fields.Length);
        Split(layout, record.Body, values);
        foreach (var member in node.Members)
        {
            if (member.Node is { } nested)
            {
                json.WritePropertyName(member.Name);
                WriteView(json, nested, parent);
            }
            else if (member.Ordinals.Length == 0) WriteSystem(json, member.Name, layout, record);
            else Write(json, layout.Fields[member.Ordinals[at]], record.Body, values[member.Ordinals[at]]);
        }
        ArrayPool<Range>.Shared.Return(values);
        children?.Invoke();
        json.WriteEndObject();
    }

    private static void WriteSystem(Utf8JsonWriter json, string name, ObjectLayout layout, StoredRecord record)
    {
        switch (name)
        {
            case "id": WriteId(json, Id, record.Id); break;
            case "object": json.WriteString(Object, layout.Object.Name); break;
            case "version": json.WriteNumber(Version, record.Version); break;
            case "createdAt": WriteTime(json, CreatedAt, record.CreatedAt); break;
            case "createdBy": json.WriteString(CreatedBy, record.CreatedBy); break;
            case "modifiedAt": WriteTime(json, ModifiedAt, record.ModifiedAt); break;
            case "modifiedBy": json.WriteString(ModifiedBy, record.ModifiedBy); break;
            default: json.WriteNull(name); break;
        }
    }

    private static void WriteTime(Utf8JsonWriter json, JsonEncodedText name, DateTime time)
    {
        json.WritePropertyName(name);
        TimeCodec.Write(json, time);
    }

    private static void WriteId(Utf8JsonWriter json, JsonEncodedText name, long id)
    {
        Span<char> text = stackalloc char[18];
        new RecordId(id).Format(text);
        json.WriteString(name, text);
    }

    private static void Write(Utf8JsonWriter json, FieldLayout field, byte[] body, Range at)
    {
        json.WritePropertyName(field.Name);
        var value = body.AsSpan(at);
        if (value.Length == 0) json.WriteNullValue();
        else field.Codec.Write(json, field.Field, value);
    }

    /// <summary>Where in the body the value of each field stands; empty where it has none.</summary>
    public static void Split(ObjectLayout layout, byte[] body, Range[] values)
    {
        values.AsSpan(0, layout.Fields.Length).Fill(0..0);
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var ordinal = layout.Find(reader.ValueSpan);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (ordinal >= 0) values[ordinal] = start..(int)reader.BytesConsumed;
        }
    }
}
