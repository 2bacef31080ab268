using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Guards the data that fields in force have: what a change of definitions may do to it.</summary>
/// <remarks>What finds records (indexed, unique, searchable) may change at any time: it is filled in afterwards, round
/// by round (see <see cref="IndexRounds"/>).</remarks>
internal static class LiveFields
{
    /// <summary>What may not be done to fields that have data.</summary>
    public static IReadOnlyList<Finding> Check(Schema.Schema before, Schema.Schema after) =>
        [.. after.Objects.SelectMany(item => item.Fields.Select(field => Check(before, item, field)))
            .OfType<Finding>()];

    private static Finding? Check(Schema.Schema before, SchemaObject item, SchemaField field) =>
        before.Find(item.Name)?.Find(field.Name) is not { } known || known.Place.BodyKey == field.Place.BodyKey
            ? null
            : new Finding("field-type-change",
                $"\"{field.Name}\" of {item.Name} is in force as {Word(known.Type)} and may hold values; as "
                + $"{Word(field.Type)} it could not keep them. Add a field of another name.");

    private static string Word(FieldType type) => JsonNamingPolicy.CamelCase.ConvertName(type.ToString());
}
