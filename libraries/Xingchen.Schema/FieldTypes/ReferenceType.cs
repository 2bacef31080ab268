using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A record of another object, or of one of several (polymorphic).</summary>
internal sealed class ReferenceType : FieldTypeRule
{
    public override FieldType Type => FieldType.Reference;

    public override SlotFamily Slots => SlotFamily.Reference;

    public override StorageForm Storage => StorageForm.Reference;

    public override IReadOnlyList<string> Properties => ["references", "children", "onDelete"];

    public override IReadOnlyList<string> Needs => ["references"];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.ValueKind == JsonValueKind.String && RecordId.TryParse(value.GetString(), out _) ? null
            : "the id of a record";
}
