using System.Text;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>What a change changes: computed here, because that is cheaper than in SQL.</summary>
/// <param name="Before">The changed values as they were, by body key, as JSON.</param>
/// <param name="After">The changed values as they become; null where one is cleared.</param>
/// <param name="References">New references, to be checked.</param>
/// <param name="Freed">Unique values that the record gives up.</param>
/// <param name="Taken">Unique values that it takes.</param>
internal sealed record RecordDifference(
    string Before, string After, IReadOnlyList<(long Id, int Ordinal, string Pointer)> References,
    IReadOnlyList<UniqueValue> Freed, IReadOnlyList<UniqueValue> Taken)
{
    public bool IsNone => After == "{}";

    public static RecordDifference Of(RecordDraft before, RecordDraft after)
    {
        var fields = after.Layout.Fields;
        var changed = new bool[fields.Length];
        var (old, @new) = (new StringBuilder("{"), new StringBuilder("{"));
        for (var i = 0; i < fields.Length; i++)
        {
            changed[i] = !IsSame(fields[i].Field, before.Values[i]?.Json, after.Values[i]?.Json);
            if (!changed[i])
            {
                // What only looks different stays as it is, or the log could not give the record back to the letter.
                after.Values[i] = before.Values[i];
                continue;
            }
            Append(old, fields[i].Field, before.Values[i]?.Json);
            Append(@new, fields[i].Field, after.Values[i]?.Json);
        }
        return new RecordDifference(
            old.Append('}').ToString(), @new.Append('}').ToString(),
            [.. after.References().Where(reference => changed[reference.Ordinal])],
            [.. before.UniqueValues().Where(value => changed[value.Ordinal] && IsMoved(value, after))],
            [.. after.UniqueValues().Where(value => changed[value.Ordinal] && IsMoved(value, before))]);
    }

    /// <summary>Whether the other record's key differs: <c>1.0</c> and <c>1.00</c> are two texts and one key.</summary>
    private static bool IsMoved(UniqueValue value, RecordDraft other) =>
        other.Values[value.Ordinal]?.Key != value.Value;

    private static void Append(StringBuilder json, SchemaField field, string? value)
    {
        if (json.Length > 1) json.Append(',');
        json.Append('"').Append(field.Place.BodyKey).Append("\":").Append(value ?? "null");
    }

    private static bool IsSame(SchemaField field, string? before, string? after)
    {
        if (before == after) return true;
        if (before is null || after is null || field.Type != FieldType.Json) return false;
        using var one = JsonDocument.Parse(before);
        using var other = JsonDocument.Parse(after);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }
}
