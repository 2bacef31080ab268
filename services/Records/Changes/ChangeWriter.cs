using System.Buffers;
using System.Text.Json;
using Xingchen.Records.Plan;
using Xingchen.Records.Response;
using Xingchen.Records.Values;

namespace Xingchen.Records.Changes;

/// <summary>An entry of the log as it was read.</summary>
/// <param name="Before">The changed values as they were, by body key; null where there were none.</param>
/// <param name="After">The changed values as they became.</param>
internal sealed record StoredChange(
    long Position, long Record, long Version, string Kind, DateTime At, string Actor, byte[]? Before, byte[]? After)
{
    /// <summary>The record and its version: unique in the account.</summary>
    public string Id => $"{new RecordId(Record)}-{Version}";
}

/// <summary>Writes changes as the API has them, by the schema in force.</summary>
internal static class ChangeWriter
{
    /// <summary>One change; fields that the schema does not have are left out.</summary>
    public static void Write(Utf8JsonWriter json, ObjectLayout layout, StoredChange change, string cursor)
    {
        var record = new RecordId(change.Record).ToString();
        json.WriteStartObject();
        json.WriteString("cursor", cursor);
        json.WriteString("id", change.Id);
        json.WriteString("object", layout.Object.Name);
        json.WriteString("kind", change.Kind);
        json.WriteString("record", record);
        json.WriteNumber("version", change.Version);
        json.WriteString("at", TimeCodec.Format(change.At));
        json.WriteString("by", change.Actor);
        json.WriteStartObject("fields");
        WriteFields(json, layout, change.Before ?? "{}"u8.ToArray(), change.After ?? "{}"u8.ToArray());
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>One version of a record, as its history has it.</summary>
    public static void WriteVersion(Utf8JsonWriter json, ObjectLayout layout, StoredChange change)
    {
        json.WriteStartObject();
        json.WriteNumber("version", change.Version);
        json.WriteString("kind", change.Kind);
        json.WriteString("at", TimeCodec.Format(change.At));
        json.WriteString("by", change.Actor);
        json.WriteStartObject("fields");
        WriteFields(json, layout, change.Before ?? "{}"u8.ToArray(), change.After ?? "{}"u8.ToArray());
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, ObjectLayout layout, byte[] before, byte[] after)
    {
        var fields = layout.Fields;
        var old = ArrayPool<Range>.Shared.Rent(fields.Length);
        var @new = ArrayPool<Range>.Shared.Rent(fields.Length);
        RecordWriter.Split(layout, before, old);
        RecordWriter.Split(layout, after, @new);
        for (var i = 0; i < fields.Length; i++)
        {
            var was = before.AsSpan(old[i]);
            var becomes = after.AsSpan(@new[i]);
            if (was.Length == 0 && becomes.Length == 0) continue;
            json.WriteStartObject(fields[i].Name);
            json.WritePropertyName("old");
            WriteValue(json, fields[i], was);
            json.WritePropertyName("new");
            WriteValue(json, fields[i], becomes);
            json.WriteEndObject();
        }
        ArrayPool<Range>.Shared.Return(old);
        ArrayPool<Range>.Shared.Return(@new);
    }

    private static void WriteValue(Utf8JsonWriter json, FieldLayout field, ReadOnlySpan<byte> value)
    {
        if (value.Length == 0 || value.SequenceEqual("null"u8)) json.WriteNullValue();
        else field.Codec.Write(json, field.Field, value);
    }
}
