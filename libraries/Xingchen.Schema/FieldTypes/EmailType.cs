using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>An address of electronic mail: one @, no white space (RFC 5321 §4.5.3.1 gives its length).</summary>
internal sealed class EmailType : FieldTypeRule
{
    public override FieldType Type => FieldType.Email;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override Range Length => new(3, 254, 254);

    public override IReadOnlyList<string> Properties => ["caseSensitive"];

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Text, FieldType.LongText];

    public override string? Expects(JsonElement value, FieldLimits limits)
    {
        if (JsonForms.Text(value, limits.Length) is { } expected) return expected;
        var text = value.GetString()!;
        var at = text.IndexOf('@');
        return at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1 && !text.Any(char.IsWhiteSpace)
            ? null : "an email address such as name@example.com";
    }
}
