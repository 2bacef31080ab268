using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>The texts of a layer's translations, laid over the labels that they are of.</summary>
internal sealed class LayerTranslation(Layer layer, LayerMerge merge)
{
    public void Apply(
        Dictionary<string, SortedDictionary<string, ResolvedItem>> items, Definition definition)
    {
        if (items[definition.Kind].GetValueOrDefault(definition.Name) is not { } translation
            || translation.Text("language") is not { } language
            || !definition.Content.TryGetProperty("texts", out var texts)) return;
        var index = 0;
        foreach (var text in texts.EnumerateArray())
        {
            var pointer = FindingList.Step(FindingList.Step(definition.Pointer, "texts"), index++);
            // What the layer may not say, or takes away, has no effect.
            if (translation.Item("texts", text.GetProperty("path").GetString()!) is not { } entry
                || entry.Properties.GetValueOrDefault("text") is not { Value: { } value, Layer: var by }
                || by != layer.Source) continue;
            var steps = TranslationDefinition.Steps(entry.Key);
            if (steps.Count < 3 || DefinitionKind.OfCollection(steps[0]) is not { } kind
                || items[kind.Name].GetValueOrDefault(steps[1]) is not { } item)
                Untranslated(entry.Key, pointer);
            else if (Translated(kind.Shape, item, [.. steps.Skip(2)], (language, value.GetString()!),
                new Place(entry.Key, pointer)) is { } translated)
                items[kind.Name][steps[1]] = translated;
        }
    }

    /// <summary>An item with a label of it, or of an item of one of its lists, in one more language; null where that
    /// cannot be.</summary>
    private ResolvedItem? Translated(
        ItemShape shape, ResolvedItem item, ReadOnlySpan<string> steps, (string Language, string Text) said, Place at)
    {
        if (steps is [var name])
        {
            if (shape.Property(name)?.Form is not LabelForm form || item.Value(name) is not { } below)
                return Untranslated(at.Path, at.Pointer);
            var label = JsonSerializer.SerializeToElement(
                new Dictionary<string, string> { [said.Language] = said.Text });
            if (form.Expects(label) is { } expected)
            {
                merge.Find("property-invalid", $"\"{at.Path}\" must be {expected}.", at.Pointer + "/text");
                return null;
            }
            var properties = new SortedDictionary<string, Setting>(StringComparer.Ordinal);
            foreach (var (property, setting) in item.Properties) properties[property] = setting;
            merge.Set(shape, item, properties, name, form.Combine(below, label), at.Pointer + "/text");
            return new ResolvedItem(item.Key, item.Layer, properties, item.Lists);
        }
        if (steps.Length < 3 || shape.List(steps[0]) is not { } list) return Untranslated(at.Path, at.Pointer);
        var all = item.List(list.Name).ToArray();
        var key = steps[1];
        var index = Array.FindIndex(all, inner => inner.Key == key);
        if (index < 0) return Untranslated(at.Path, at.Pointer);
        if (Translated(list.Item, all[index], steps[2..], said, at) is not { } inner) return null;
        all[index] = inner;
        return item.With(list.Name, all);
    }

    private ResolvedItem? Untranslated(string path, string pointer)
    {
        merge.Find("translation-target-missing", $"There is no text \"{LayerReader.Clip(path)}\" below this "
            + "layer or in it; a path is that of a label which is there, such as objects/Customer/fields/email/label.",
            FindingList.Step(pointer, "path"));
        return null;
    }

    private sealed record Place(string Path, string Pointer);
}
