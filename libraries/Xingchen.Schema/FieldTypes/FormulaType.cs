using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Computed from other fields when read.</summary>
internal sealed class FormulaType : FieldTypeRule
{
    public override FieldType Type => FieldType.Formula;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.None;

    public override bool Available => false;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => ["formula"];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: such fields are not there yet";
}
