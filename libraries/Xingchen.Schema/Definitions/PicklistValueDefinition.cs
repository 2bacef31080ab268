namespace Xingchen.Schema.Definitions;

/// <summary>A value of a picklist: the text that records hold, and what people read for it.</summary>
internal static class PicklistValueDefinition
{
    public static ItemShape Shape { get; } = new("value",
        new PropertyShape("value", new TextForm(80, 1), Above.Fixed, Required: true),
        [
            new("label", new LabelForm(200), Above.Free),
            new("hidden", new FlagForm(), Above.Tighten),
            new("locked", new NameListForm(10, Star: true), Above.Fixed),
        ],
        []);
}
