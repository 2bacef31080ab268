using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>True or false.</summary>
internal sealed class BooleanType : FieldTypeRule
{
    public override FieldType Type => FieldType.Boolean;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.Boolean;

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false";
}
