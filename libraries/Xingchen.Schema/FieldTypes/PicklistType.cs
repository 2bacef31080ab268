using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>One of a list of values.</summary>
internal sealed class PicklistType : FieldTypeRule
{
    public override FieldType Type => FieldType.Picklist;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override IReadOnlyList<string> Properties => ["values", "picklist"];

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Text, FieldType.LongText];

    public override string? Expects(JsonElement value, FieldLimits limits) => JsonForms.OneOf(value, limits.Values);
}
