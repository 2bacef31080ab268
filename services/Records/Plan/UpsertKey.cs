using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>The unique field and the value by which a record is upserted.</summary>
internal sealed record UpsertKey(ObjectLayout Layout, int Ordinal, StoredValue Value)
{
    public SchemaField Field => Layout.Fields[Ordinal].Field;

    /// <exception cref="ProblemException"><c>request-invalid</c>: the field is not unique; <c>record-invalid</c>: no
    /// value for it; <c>conflict</c>: it became unique and old values are not checked yet.</exception>
    public static UpsertKey Parse(Schema.Schema schema, SchemaObject item, string field, string value)
    {
        var (layout, ordinal) = Find(item, field);
        return layout.Fields[ordinal].Codec.TryParse(
            schema, layout.Fields[ordinal].Field, value, out var stored, out var fault)
            ? new UpsertKey(layout, ordinal, stored)
            : throw new ProblemException(Problems.RecordInvalid, "Mend what errors lists.",
                [new Finding(fault.Code, fault.Detail, RecordFindings.Step("", field))]);
    }

    /// <summary>The unique field of a name.</summary>
    /// <exception cref="ProblemException"><c>request-invalid</c>: the field is not unique; <c>conflict</c>: not
    /// yet.</exception>
    public static (ObjectLayout Layout, int Ordinal) Find(SchemaObject item, string field)
    {
        var layout = ObjectLayout.Of(item);
        var ordinal = layout.Find(field);
        if (ordinal >= 0 && layout.Fields[ordinal].Field.Place.Building.HasFlag(FieldIndexes.Unique))
            throw NotYet(item, field);
        return ordinal >= 0 && layout.Fields[ordinal].Field.Unique
            ? (layout, ordinal)
            : throw new ProblemException(
                Problems.RequestInvalid, $"{item.Name} has no unique field of this name to upsert by.");
    }

    /// <summary>That a field is unique for what is written now and not yet for what was there before.</summary>
    public static ProblemException NotYet(SchemaObject item, string field) => new(Problems.Conflict,
        $"{field} of {item.Name} became unique on data that was there; until that is checked nothing is found by it. "
        + $"GET /v1/objects/{item.Name}/indexes tells how far that is.");

    /// <summary>Puts the key into a draft; a body that brings the field with another value is refused.</summary>
    public void Apply(RecordDraft draft, RecordFindings findings)
    {
        var ordinal = draft.Layout == Layout ? Ordinal : draft.Layout.Find(Field.Name);
        if (draft.Values[ordinal] is { } given && given.Key != Value.Key)
            findings.Add(
                RecordFindings.Step(draft.Pointer, Field.Name), "key-mismatch",
                "It differs from the value in the address.");
        else
            draft.Values[ordinal] ??= Value;
    }
}
