using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A whole number of at most 15 digits, which a double holds exactly.</summary>
internal sealed class IntegerType : FieldTypeRule
{
    public override FieldType Type => FieldType.Integer;

    public override SlotFamily Slots => SlotFamily.Number;

    public override StorageForm Storage => StorageForm.Number;

    public override Range Precision => new(1, 15, 15);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Number, FieldType.Currency, FieldType.Percent];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        JsonForms.Decimal(value, limits.Precision, 0);
}
