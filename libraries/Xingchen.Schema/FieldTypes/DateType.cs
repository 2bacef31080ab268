using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A day, without a time or a zone.</summary>
internal sealed class DateType : FieldTypeRule
{
    public override FieldType Type => FieldType.Date;

    public override SlotFamily Slots => SlotFamily.Time;

    public override StorageForm Storage => StorageForm.Date;

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", out _)
            ? null : "a date such as 2026-11-20";
}
