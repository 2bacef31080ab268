using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A moment (RFC 3339), kept in UTC.</summary>
internal sealed class DateTimeType : FieldTypeRule
{
    public override FieldType Type => FieldType.DateTime;

    public override SlotFamily Slots => SlotFamily.Time;

    public override StorageForm Storage => StorageForm.Time;

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out _)
            ? null : "a time such as 2026-11-20T08:00:00Z";
}
