using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Metadata.Publication;

/// <summary>Guards the data that fields in force have: what a change of definitions may do to it.</summary>
/// <remarks>What finds records (indexed, unique, searchable) may change at any time: it is filled in afterwards, round
/// by round (see <see cref="IndexRounds"/>).</remarks>
internal static class LiveFields
{
    /// <summary>What may not be done to fields that have data.</summary>
    /// <param name="isBack">Whether it may be a way back, as for packages and standard releases: their versions were
    /// held to the same when they were uploaded, and who goes back to one before finds its type again. What was
    /// written meanwhile waits in its place; a place for other values is refused all the same.</param>
    public static IReadOnlyList<Finding> Check(Schema.Schema before, Schema.Schema after, bool isBack = false) =>
        [.. after.Objects.SelectMany(item => item.Fields.Select(field => Check(before, item, field, isBack)))
            .OfType<Finding>()];

    private static Finding? Check(Schema.Schema before, SchemaObject item, SchemaField field, bool isBack)
    {
        if (before.Find(item.Name)?.Find(field.Name) is not { } known
            || isBack && known.Place.BodyKey == field.Place.BodyKey) return null;
        if (known.Type == field.Type)
            return known.References?.Except(field.References ?? []).FirstOrDefault() is not { } lost ? null
                : new Finding("field-references-change", $"\"{field.Name}\" of {item.Name} may refer to records of "
                    + $"{lost} already. Leave that among its \"references\", or add a field of another name.");
        var rule = FieldTypeRule.Of(known.Type);
        if (rule.ChangesInto.Contains(field.Type)) return null;
        var mend = rule.ChangesInto.Count == 0 ? "Add a field of another name."
            : $"It may become {string.Join(" or ", rule.ChangesInto.Select(FieldTypeRule.NameOf))}; "
                + "else add a field of another name.";
        return new Finding("field-type-change",
            $"\"{field.Name}\" of {item.Name} is in force as {rule.Name} and may hold values; as "
            + $"{FieldTypeRule.NameOf(field.Type)} it could not keep them. {mend}");
    }
}
