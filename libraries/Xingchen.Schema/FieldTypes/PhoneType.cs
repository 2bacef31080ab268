using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A telephone number as people write it.</summary>
internal sealed class PhoneType : FieldTypeRule
{
    public override FieldType Type => FieldType.Phone;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override Range Length => new(1, 60, 40);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Text, FieldType.LongText];

    public override string? Expects(JsonElement value, FieldLimits limits) => JsonForms.Text(value, limits.Length);
}
