using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>One line of text.</summary>
internal sealed class TextType : FieldTypeRule
{
    public override FieldType Type => FieldType.Text;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override Range Length => new(1, 1000, 255);

    public override IReadOnlyList<string> Properties => ["caseSensitive"];

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.LongText, FieldType.Picklist];

    public override string? Expects(JsonElement value, FieldLimits limits) => JsonForms.Text(value, limits.Length);
}
