using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>The record that this one is a part of, and lives and dies with.</summary>
internal sealed class MasterDetailType : FieldTypeRule
{
    public override FieldType Type => FieldType.MasterDetail;

    public override SlotFamily Slots => SlotFamily.Reference;

    public override StorageForm Storage => StorageForm.Reference;

    public override IReadOnlyList<string> Properties => ["references", "children"];

    public override IReadOnlyList<string> Needs => ["references"];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.ValueKind == JsonValueKind.String && RecordId.TryParse(value.GetString(), out _) ? null
            : "the id of a record";
}
