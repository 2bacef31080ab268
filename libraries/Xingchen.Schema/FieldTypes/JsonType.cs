using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Any JSON value: kept, not understood.</summary>
internal sealed class JsonType : FieldTypeRule
{
    public override FieldType Type => FieldType.Json;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.Json;

    public override Range Length => new(2, 100_000, 32_000);

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        value.GetRawText().Length <= limits.Length ? null : $"a JSON value of at most {limits.Length} characters";
}
