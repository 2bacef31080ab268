using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Hundredths: 12.5 is twelve and a half percent.</summary>
internal sealed class PercentType : FieldTypeRule
{
    public override FieldType Type => FieldType.Percent;

    public override SlotFamily Slots => SlotFamily.Number;

    public override StorageForm Storage => StorageForm.Number;

    public override Range Precision => new(1, 28, 9);

    public override Range Scale => new(0, 12, 4);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Number];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        JsonForms.Decimal(value, limits.Precision, limits.Scale);
}
