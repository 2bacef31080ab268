using System.Text.Json;

namespace Xingchen.Schema.FieldTypes;

/// <summary>A file that belongs to a record.</summary>
internal sealed class FileType : FieldTypeRule
{
    public override FieldType Type => FieldType.File;

    public override SlotFamily Slots => SlotFamily.None;

    public override StorageForm Storage => StorageForm.None;

    public override bool Available => false;

    public override bool Written => false;

    public override IReadOnlyList<string> Properties => [];

    public override string? Expects(JsonElement value, FieldLimits limits) => "left out: such fields are not there yet";
}
