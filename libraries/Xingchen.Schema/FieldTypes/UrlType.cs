using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>An absolute http or https address.</summary>
internal sealed class UrlType : FieldTypeRule
{
    public override FieldType Type => FieldType.Url;

    public override SlotFamily Slots => SlotFamily.Text;

    public override StorageForm Storage => StorageForm.Text;

    public override Range Length => new(8, 2000, 1000);

    public override IReadOnlyList<FieldType> ChangesInto => [FieldType.Text, FieldType.LongText];

    public override string? Expects(JsonElement value, FieldLimits limits) =>
        JsonForms.Text(value, limits.Length)
        ?? (Uri.TryCreate(value.GetString(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? null : "an absolute address that begins with https:// or http://");
}
