using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A number that the platform gives, in the words of its format.</summary>
internal sealed class AutoNumberType : FieldTypeRule
{
    public override FieldType Type => FieldType.AutoNumber;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => ["format"];

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Text];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: the platform numbers records";
}
