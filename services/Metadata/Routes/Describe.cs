using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Metadata.Routes;

/// <summary>What <c>GET /v1/objects</c> says of an object.</summary>
internal sealed record ObjectSummary(
    string Name, string Label, string PluralLabel, string KeyPrefix, string Layer, bool Custom);

/// <summary>What <c>GET /v1/objects/{object}</c> says.</summary>
internal sealed record ObjectDescription(
    string Name, string Label, string PluralLabel, string KeyPrefix, string NameField, string Layer, bool Custom,
    string? Description, string? Help, IReadOnlyList<FieldDescription> Fields,
    IReadOnlyList<ChildDescription> Children);

/// <summary>What it says of a field.</summary>
internal sealed record FieldDescription(
    string Name, string Label, string Type, bool Required, bool Unique, bool Indexed, bool Searchable,
    int? Length, int? Precision, int? Scale, IReadOnlyList<ValueDescription>? Values, IReadOnlyList<string>? References,
    string? Formula, JsonElement? Default, bool ReadOnly, string Layer, bool? CaseSensitive, string? OnDelete,
    string? Format, string? Help);

/// <summary>What it says of a value that may be chosen.</summary>
internal sealed record ValueDescription(string Value, string Label);

/// <summary>A relationship to child records; owned ones travel inside their parent.</summary>
internal sealed record ChildDescription(string Name, string Object, string Field, bool Owned);

/// <summary>Describes a schema in a language. What is hidden is left out. Pure.</summary>
internal static class Describe
{
    public static IReadOnlyList<ObjectSummary> Objects(Schema.Schema schema, string language) =>
        [.. schema.Objects.Where(item => !item.Hidden).Select(item => new ObjectSummary(
            item.Name, Text(item.Label, language), Text(item.PluralLabel, language), item.Prefix.ToString(), item.Layer,
                item.Custom))];

    public static ObjectDescription Object(SchemaObject item, string language) => new(
        item.Name, Text(item.Label, language), Text(item.PluralLabel, language), item.Prefix.ToString(), item.NameField,
        item.Layer, item.Custom, TextOrNull(item.Description, language), TextOrNull(item.Help, language),
        [.. item.Fields.Where(field => !field.Hidden).Select(field => Field(field, language))],
        [.. item.Children.Select(child => new ChildDescription(child.Name, child.Object, child.Field, child.Owned))]);

    public static string Text(Label label, string language) => label.For([language]);

    private static FieldDescription Field(SchemaField field, string language)
    {
        var isReference = field.Type is FieldType.Reference or FieldType.MasterDetail;
        return new FieldDescription(
            field.Name, Text(field.Label, language), FieldTypeRule.NameOf(field.Type), field.Required,
            field.Unique, field.Indexed, field.Searchable, field.Length, field.Precision, field.Scale,
            field.Type is FieldType.Picklist or FieldType.MultiPicklist ? Values(field, language) : null,
            isReference ? field.References : null, field.Formula, field.Default, field.ReadOnly, field.Layer,
            field.CaseSensitive ? null : false, isReference ? field.OnDelete : null, field.Format,
            TextOrNull(field.Help, language));
    }

    private static IReadOnlyList<ValueDescription> Values(SchemaField field, string language) =>
        [.. (field.Values ?? []).Where(value => !value.Hidden)
            .Select(value => new ValueDescription(value.Value, Text(value.Label, language)))];

    private static string? TextOrNull(Label? label, string language) => label is null ? null : Text(label, language);
}
