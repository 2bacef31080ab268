using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Computed from child records.</summary>
internal sealed class RollupType : FieldTypeRule
{
    public override FieldType Type => FieldType.Rollup;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.None;

    public override bool Available => false;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => ["formula"];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: such fields are not there yet";
}
