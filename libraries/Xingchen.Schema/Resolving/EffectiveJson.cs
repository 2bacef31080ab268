using System.Text.Json;
using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>Resolved items as JSON.</summary>
internal static class EffectiveJson
{
    public static void Write(Utf8JsonWriter writer, ItemShape shape, ResolvedItem item, bool explain = false)
    {
        WriteItem(writer, shape, item, () =>
        {
            shape.Computed?.Invoke(writer, item);
            if (explain) Explain(writer, item);
        });
    }

    public static IEnumerable<Blame> BlameOf(ResolvedItem item, string path)
    {
        foreach (var (name, setting) in item.Properties) yield return new Blame(FindingList.Step(path, name), setting);
        foreach (var (list, items) in item.Lists.OrderBy(l => l.Key, StringComparer.Ordinal))
            foreach (var inner in items)
            {
                var at = FindingList.Step(FindingList.Step(path, list), inner.Key);
                foreach (var blame in BlameOf(inner, at)) yield return blame;
            }
    }

    private static void WriteItem(Utf8JsonWriter writer, ItemShape shape, ResolvedItem item, Action? last)
    {
        writer.WriteStartObject();
        writer.WriteString(shape.Key.Name, item.Key);
        writer.WriteString("layer", item.Layer);
        foreach (var (name, setting) in item.Properties)
            if (setting.Value is { } value)
            {
                writer.WritePropertyName(name);
                CanonicalJson.Write(writer, value);
            }
        foreach (var list in shape.Lists.Where(l => item.Lists.ContainsKey(l.Name)))
        {
            writer.WriteStartArray(list.Name);
            foreach (var inner in item.List(list.Name)) WriteItem(writer, list.Item, inner, null);
            writer.WriteEndArray();
        }
        last?.Invoke();
        writer.WriteEndObject();
    }

    private static void Explain(Utf8JsonWriter writer, ResolvedItem item)
    {
        writer.WriteStartObject("explain");
        foreach (var (path, setting) in BlameOf(item, ""))
        {
            writer.WriteStartObject(path);
            writer.WriteString("layer", setting.Layer);
            writer.WriteStartArray("hides");
            foreach (var hidden in setting.Hides)
            {
                writer.WriteStartObject();
                writer.WriteString("layer", hidden.Layer);
                writer.WritePropertyName("value");
                CanonicalJson.Write(writer, hidden.Value ?? default);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
