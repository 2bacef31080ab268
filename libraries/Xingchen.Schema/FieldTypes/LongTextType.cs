using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Text of any number of lines: not indexed.</summary>
internal sealed class LongTextType : FieldTypeRule
{
    public override FieldType Type => FieldType.LongText;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.Text;

    public override Range Length => new(1, 100_000, 32_000);

    public override string? Expects(JsonElement value, FieldLimits limits) => JsonForms.Text(value, limits.Length);
}
