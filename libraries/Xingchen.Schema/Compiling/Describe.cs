using System.Text.Json;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>What callers are told of objects: the bodies of <c>GET /v1/objects</c> and <c>GET
/// /v1/objects/{object}</c>.</summary>
/// <remarks>Labels come in the first of the languages there is, see <see cref="Languages.FromHeader"/>. Pure.</remarks>
public static class Describe
{
    /// <summary>Writes <c>{"objects":[{"name","label","pluralLabel","keyPrefix","layer","custom"}]}</c>.</summary>
    public static void WriteList(Utf8JsonWriter writer, Schema schema, IReadOnlyList<string> languages)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("objects");
        foreach (var item in schema.Objects)
        {
            writer.WriteStartObject();
            WriteHead(writer, item, languages);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes one object with its fields and children.</summary>
    public static void WriteObject(Utf8JsonWriter writer, SchemaObject item, IReadOnlyList<string> languages)
    {
        writer.WriteStartObject();
        WriteHead(writer, item, languages);
        WriteLabel(writer, "description", item.Description, languages);
        WriteLabel(writer, "help", item.Help, languages);
        writer.WriteString("nameField", item.NameField);
        writer.WriteStartArray("fields");
        foreach (var field in item.Fields) WriteField(writer, item, field, languages);
        writer.WriteEndArray();
        writer.WriteStartArray("children");
        foreach (var child in item.Children)
        {
            writer.WriteStartObject();
            writer.WriteString("name", child.Name);
            writer.WriteString("object", child.Object);
            writer.WriteString("field", child.Field);
            writer.WriteBoolean("owned", child.Owned);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter writer, SchemaObject item, IReadOnlyList<string> languages)
    {
        writer.WriteString("name", item.Name);
        writer.WriteString("label", item.Label.For(languages));
        writer.WriteString("pluralLabel", item.PluralLabel.For(languages));
        writer.WriteString("keyPrefix", item.Prefix.ToString());
        writer.WriteString("layer", item.Layer);
        writer.WriteBoolean("custom", item.Custom);
        if (item.Hidden) writer.WriteBoolean("hidden", true);
    }

    private static void WriteField(Utf8JsonWriter writer, SchemaObject item, SchemaField field,
        IReadOnlyList<string> languages)
    {
        writer.WriteStartObject();
        writer.WriteString("name", field.Name);
        writer.WriteString("label", field.Label.For(languages));
        writer.WriteString("type", FieldTypeRule.NameOf(field.Type));
        writer.WriteBoolean("required", field.Required);
        writer.WriteBoolean("unique", field.Unique);
        writer.WriteBoolean("indexed", field.Indexed);
        writer.WriteBoolean("readOnly", field.ReadOnly);
        writer.WriteBoolean("custom", field.Layer is not ("global" or "idc" or "group"));
        writer.WriteString("layer", field.Layer);
        if (field.Length is { } length) writer.WriteNumber("length", length);
        if (field.Precision is { } precision) writer.WriteNumber("precision", precision);
        if (field.Scale is { } scale) writer.WriteNumber("scale", scale);
        if (field.Values is { Count: > 0 } values) WriteValues(writer, values, languages);
        if (field.References is { Count: > 0 } references)
        {
            writer.WriteStartArray("references");
            foreach (var target in references) writer.WriteStringValue(target);
            writer.WriteEndArray();
            writer.WriteString("onDelete", field.OnDelete);
        }
        if (item.MasterField == field.Name) writer.WriteBoolean("master", true);
        if (!field.CaseSensitive) writer.WriteBoolean("caseSensitive", false);
        if (field.Formula is not null) writer.WriteString("formula", field.Formula);
        if (field.Format is not null) writer.WriteString("format", field.Format);
        if (field.Default is { } value)
        {
            writer.WritePropertyName("default");
            value.WriteTo(writer);
        }
        WriteLabel(writer, "help", field.Help, languages);
        if (field.Hidden) writer.WriteBoolean("hidden", true);
        writer.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter writer, IReadOnlyList<PicklistValue> values,
        IReadOnlyList<string> languages)
    {
        writer.WriteStartArray("values");
        foreach (var value in values)
        {
            writer.WriteStartObject();
            writer.WriteString("value", value.Value);
            writer.WriteString("label", value.Label.For(languages));
            if (value.Hidden) writer.WriteBoolean("hidden", true);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteLabel(Utf8JsonWriter writer, string member, Label? label, IReadOnlyList<string> languages)
    {
        if (label is not null) writer.WriteString(member, label.For(languages));
    }
}
