using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Computed from other fields, of the record and of its parents, when it is read.</summary>
internal sealed class FormulaType : FieldTypeRule
{
    public override FieldType Type => FieldType.Formula;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.None;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => ["formula", "result", "scale"];

    public override IReadOnlyList<string> Needs => ["formula", "result"];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: the field is computed";
}
