using System.Text.Json;
using Xingchen.Records.Values;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>A record that is about to be written, or as it was before, as expressions about it alone read it.</summary>
/// <param name="mark">Who writes it, when.</param>
/// <param name="stored">As it is stored; null where it is new.</param>
/// <param name="whole">Its object with the fields that its writer does not see: rules ask them as well.</param>
/// <param name="isBefore">Whether it is read as it is stored, and not as it becomes.</param>
internal sealed class DraftRecord(
    RecordDraft draft, Sql.WriteMark mark, StoredRecord? stored, ObjectLayout whole, bool isBefore = false)
    : ExpressionRecord
{
    private RecordDraft? hidden;

    public override object? Value(SchemaField field)
    {
        var values = draft;
        if (draft.Layout.Find(field.Name) < 0)
            values = hidden ??= stored?.ToDraft(whole) ?? new RecordDraft(whole, "");
        var ordinal = values.Layout.Find(field.Name);
        if (ordinal < 0 || values.Values[ordinal] is not { } value) return null;
        return ValueKinds.Of(field.Type) switch
        {
            ValueKind.Number => ExactNumber.TryParse(value.Json),
            ValueKind.Boolean => value.Json == "true",
            ValueKind.Date => DateOnly.FromDateTime((DateTime)value.Sort!),
            ValueKind.DateTime => (DateTime)value.Sort!,
            ValueKind.Id => (long)value.Sort!,
            ValueKind.Choices => JsonSerializer.Deserialize<string[]>(value.Json),
            ValueKind.Opaque => value.Json,
            _ => JsonSerializer.Deserialize<string>(value.Json),
        };
    }

    public override object? System(string name) => name switch
    {
        "id" => draft.Id == 0 ? null : draft.Id,
        "object" => draft.Layout.Object.Name,
        "version" => (ExactNumber)(stored is null ? 1 : isBefore ? stored.Version : stored.Version + 1),
        "createdAt" => stored?.CreatedAt ?? mark.At,
        "createdBy" => stored?.CreatedBy ?? mark.Actor,
        "modifiedAt" => isBefore && stored is not null ? stored.ModifiedAt : mark.At,
        _ => isBefore && stored is not null ? stored.ModifiedBy : mark.Actor,
    };

    public override ExpressionRecord? Parent(SchemaField reference) => throw Others();

    public override IEnumerable<ExpressionRecord> Children(ChildRelation relation) => throw Others();

    private static InvalidOperationException Others() =>
        new("Rules that read other records are asked of the database.");
}
