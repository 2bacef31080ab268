using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>Any number of different values of a list.</summary>
internal sealed class MultiPicklistType : FieldTypeRule
{
    public override FieldType Type => FieldType.MultiPicklist;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.Texts;

    public override IReadOnlyList<string> Properties => ["values", "picklist"];

    public override string? Expects(JsonElement value, FieldLimits limits)
    {
        if (value.ValueKind != JsonValueKind.Array) return "a list of values";
        var seen = new HashSet<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (JsonForms.OneOf(item, limits.Values) is { } expected) return "a list of which each is " + expected;
            if (!seen.Add(item.GetString()!)) return "a list of different values";
        }
        return null;
    }
}
