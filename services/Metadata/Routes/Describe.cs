using System.Text.Json;
using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Metadata.Routes;

/// <summary>What <c>GET /v1/objects</c> says of an object.</summary>
/// <param name="May">What the caller may do with its records: <c>create</c>, <c>edit</c>, <c>delete</c>.</param>
internal sealed record ObjectSummary(
    string Name, string Label, string PluralLabel, string KeyPrefix, string Layer, bool Custom,
    IReadOnlyList<string> May);

/// <summary>What <c>GET /v1/objects/{object}</c> says.</summary>
/// <param name="May">As in <see cref="ObjectSummary"/>.</param>
internal sealed record ObjectDescription(
    string Name, string Label, string PluralLabel, string KeyPrefix, string NameField, string Layer, bool Custom,
    string? Description, string? Help, IReadOnlyList<FieldDescription> Fields,
    IReadOnlyList<ChildDescription> Children, IReadOnlyList<string> May);

/// <summary>What it says of a field.</summary>
internal sealed record FieldDescription(
    string Name, string Label, string Type, bool Required, bool Unique, bool Indexed, bool Searchable,
    int? Length, int? Precision, int? Scale, IReadOnlyList<ValueDescription>? Values, IReadOnlyList<string>? References,
    string? Formula, JsonElement? Default, bool ReadOnly, string Layer, bool? CaseSensitive, string? OnDelete,
    string? Format, string? Help)
{
    /// <summary>The type of what a formula or roll-up gives; null where its expression is wrong.</summary>
    public string? Result { get; init; }

    /// <summary>The relationship that a roll-up summarizes.</summary>
    public string? Of { get; init; }

    public string? Function { get; init; }

    public string? Each { get; init; }

    public string? Filter { get; init; }

    public string? RequiredIf { get; init; }

    /// <summary>True where it should not be used any more; else absent.</summary>
    public bool? Deprecated { get; init; }

    public string? ReadOnlyIf { get; init; }
}

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
                item.Custom, MayOf(schema, item)))];

    public static ObjectDescription Object(Schema.Schema schema, SchemaObject item, string language) => new(
        item.Name, Text(item.Label, language), Text(item.PluralLabel, language), item.Prefix.ToString(), item.NameField,
        item.Layer, item.Custom, TextOrNull(item.Description, language), TextOrNull(item.Help, language),
        [.. item.Fields.Where(field => !field.Hidden).Select(field => Field(schema, item, field, language))],
        [.. item.Children.Select(child => new ChildDescription(child.Name, child.Object, child.Field, child.Owned))],
        MayOf(schema, item));

    private static IReadOnlyList<string> MayOf(Schema.Schema schema, SchemaObject item) =>
    [
        .. new[] { RecordRight.Create, RecordRight.Edit, RecordRight.Delete }
            .Where(right => schema.Caller?.View.Of(item.Name).May(right) != false)
            .Select(right => right.ToString().ToLowerInvariant()),
    ];

    public static string Text(Label label, string language) => label.For([language]);

    private static FieldDescription Field(
        Schema.Schema schema, SchemaObject item, SchemaField field, string language)
    {
        var isReference = field.Type is FieldType.Reference or FieldType.MasterDetail;
        return new FieldDescription(
            field.Name, Text(field.Label, language), FieldTypeRule.NameOf(field.Type), field.Required,
            field.Unique, field.Indexed, field.Searchable, field.Length, field.Precision, field.Scale,
            Values(field, language),
            isReference ? field.References : null, field.Formula, field.Default, field.ReadOnly, field.Layer,
            field.CaseSensitive ? null : false, isReference ? field.OnDelete : null, field.Format,
            TextOrNull(field.Help, language))
        {
            Result = field.IsComputed && schema.Computed.TypeOf(item, field) is { } result
                ? FieldTypeRule.NameOf(result) : null,
            Of = field.Rollup?.Of,
            Function = field.Rollup is { } rollup ? Rollup.NameOf(rollup.Summary) : null,
            Each = field.Rollup?.Each,
            Filter = field.Rollup?.Filter,
            RequiredIf = field.RequiredIf,
            Deprecated = field.Deprecated ? true : null,
            ReadOnlyIf = field.ReadOnlyIf,
        };
    }

    /// <summary>What a picklist lets choose; null for other fields.</summary>
    public static IReadOnlyList<ValueDescription>? Values(SchemaField field, string language) =>
        field.Type is not (FieldType.Picklist or FieldType.MultiPicklist) ? null
        : [.. (field.Values ?? []).Where(value => !value.Hidden)
            .Select(value => new ValueDescription(value.Value, Text(value.Label, language)))];

    /// <summary>The label of an item of a page; null where it has none.</summary>
    public static string? Text(ResolvedItem item, string language)
    {
        if (item.Value("label") is not { } label) return null;
        if (label.ValueKind == JsonValueKind.String) return label.GetString();
        return new Label(label.EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!)).For([language]);
    }

    private static string? TextOrNull(Label? label, string language) => label is null ? null : Text(label, language);
}
