using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A decimal number; its scale is kept as it was written.</summary>
internal sealed class NumberType : FieldTypeRule
{
    public override FieldType Type => FieldType.Number;

    public override SlotFamily Slots => SlotFamily.Number;

    public override StorageForm Storage => StorageForm.Number;

    public override Range Precision => new(1, 28, 18);

    public override Range Scale => new(0, 12, 6);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Currency, FieldType.Percent];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        JsonForms.Decimal(value, limits.Precision, limits.Scale);
}
