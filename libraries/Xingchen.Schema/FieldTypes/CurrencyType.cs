using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>An amount of money; its currency is another field, or the account's.</summary>
internal sealed class CurrencyType : FieldTypeRule
{
    public override FieldType Type => FieldType.Currency;

    public override SlotFamily Slots => SlotFamily.Number;

    public override StorageForm Storage => StorageForm.Number;

    public override Range Precision => new(1, 28, 18);

    public override Range Scale => new(0, 12, 4);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Number];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        JsonForms.Decimal(value, limits.Precision, limits.Scale);
}
