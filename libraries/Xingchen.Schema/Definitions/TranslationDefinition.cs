namespace Xingchen.Schema.Definitions;

/// <summary>A translation: texts of one language for labels of definitions, whoever's they are.</summary>
/// <remarks>Each is what an overlay of its layer would say of that language: <c>LayerMerge</c> lays it over the label
/// where the layer that says it comes in the stack, so that the higher layer wins, be it by a label or by a
/// translation.</remarks>
internal static class TranslationDefinition
{
    private static readonly ItemShape Text = new("text",
        new PropertyShape("path", new TextForm(700, 3), Above.Fixed, Required: true),
        [
            new("text", new TextForm(2000, 1), Above.Free, Required: true),
            new("locked", new NameListForm(10, Star: true), Above.Fixed),
        ],
        []);

    private static readonly ItemShape Shape = new("translation",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("language", new LanguageForm(), Above.Fixed, Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("texts", Text, 10_000)]);

    public static DefinitionKind Kind { get; } = new("translation", "translations", Shape, Verify);

    /// <summary>The steps of a path such as <c>objects/Customer/fields/email/label</c>; <c>~1</c> stands for a slash in
    /// a key, <c>~0</c> for a tilde (RFC 6901 §3).</summary>
    public static IReadOnlyList<string> Steps(string path) =>
        [.. path.Split('/').Select(step => step.Replace("~1", "/").Replace("~0", "~"))];

    private static void Verify(StackCheck stack)
    {
        foreach (var translation in stack.Items)
            foreach (var entry in translation.List("texts").Where(entry => entry.Value("text") is null))
                stack.Find(translation, "property-missing",
                    $"\"{entry.Key}\" needs a \"text\"; give it another, or restore it.", "texts", entry.Key, "text");
    }
}
