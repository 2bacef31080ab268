using System.Text.Json;
using Xingchen.Metadata.Stacks;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>Guards the data that fields in force have: what a change of definitions may do to it, now and when a field
/// returns.</summary>
/// <remarks>
/// A field's data waits in its place while the field is gone, and what made it unique is written with the data. So a
/// field becomes unique only together with its first value. JSON: <c>{"Order.c__code":"unique"}</c>.
/// </remarks>
internal static class DepartedFields
{
    private const string Plain = "plain";
    private const string Unique = "unique-on-live-field";

    /// <summary>What may not be done to fields that have data, or may have had.</summary>
    public static IReadOnlyList<Finding> Check(Schema.Schema before, Schema.Schema after, string departed)
    {
        var gone = Parse(departed);
        return [.. Fields(after).Select(one => Check(before, one.Object, one.Field, gone)).OfType<Finding>()];
    }

    private static Finding? Check(
        Schema.Schema before, SchemaObject item, SchemaField field, SortedDictionary<string, string> gone)
    {
        var name = $"\"{field.Name}\" of {item.Name}";
        if (before.Find(item.Name)?.Find(field.Name) is not { } known)
            return !field.Unique || !gone.TryGetValue(Key(item, field), out var was) || was == UniqueAs(field) ? null
                : new Finding(Unique, $"{name} was in force before and its values wait for it; they may be equal, so "
                    + "it cannot come back as unique. Choose another name, or leave unique out.");
        if (known.Place != field.Place)
            return new Finding("field-type-change", $"{name} is in force as {Word(known.Type)} and may hold values; as "
                + $"{Word(field.Type)} it could not keep them. Add a field of another name.");
        return !field.Unique || UniqueAs(field) == UniqueAs(known) ? null
            : new Finding(Unique, $"{name} is in force and may hold equal values, so it cannot become unique (or "
                + "compare in another way) later. Add a field that is unique from the start.");
    }

    /// <summary>What to remember once <paramref name="after"/> is in force.</summary>
    public static string Next(Schema.Schema before, Schema.Schema after, string departed)
    {
        var gone = Parse(departed);
        foreach (var (item, field) in Fields(before))
            if (after.Find(item.Name)?.Find(field.Name) is null) gone[Key(item, field)] = UniqueAs(field);
        foreach (var (item, field) in Fields(after)) gone.Remove(Key(item, field));
        return JsonSerializer.Serialize(gone);
    }

    private static IEnumerable<(SchemaObject Object, SchemaField Field)> Fields(Schema.Schema schema) =>
        schema.Objects.SelectMany(item => item.Fields.Select(field => (item, field)));

    private static string Key(SchemaObject item, SchemaField field) => item.Name + "." + field.Name;

    private static string UniqueAs(SchemaField field) =>
        !field.Unique ? Plain : field.CaseSensitive ? "unique" : "unique-ignoring-case";

    private static string Word(FieldType type) => JsonNamingPolicy.CamelCase.ConvertName(type.ToString());

    private static SortedDictionary<string, string> Parse(string departed) =>
        new(JsonSerializer.Deserialize<Dictionary<string, string>>(departed)!, StringComparer.Ordinal);
}
