using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A summary of child records, computed when it is read.</summary>
internal sealed class RollupType : FieldTypeRule
{
    public override FieldType Type => FieldType.Rollup;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.None;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => ["of", "function", "each", "filter"];

    public override IReadOnlyList<string> Needs => ["of", "function"];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: the field is computed";
}
