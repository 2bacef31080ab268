using Xingchen.Contracts;
using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>What differs between two resolutions, object by object and field by field. Pure.</summary>
internal static class StackComparison
{
    private static readonly StringComparer Ordinal = StringComparer.Ordinal;

    public static StackDifference Of(Resolution before, Resolution after)
    {
        var (old, now) = (Index(before), Index(after));
        var added = now.Keys.Except(old.Keys).Order().Select(key => Item(key)).ToList();
        var removed = old.Keys.Except(now.Keys).Order().Select(key => Item(key)).ToList();
        var changed = (
            from key in old.Keys.Intersect(now.Keys).Order()
            let properties = Differing(old[key], now[key])
            where properties.Count > 0
            select Item(key, properties)).ToList();
        return new StackDifference(
            added, changed, removed, [.. changed.Concat(removed).Where(item => IsOverlaid(old, item))]);
    }

    private static Dictionary<(string Object, string Field), ResolvedItem> Index(Resolution resolution)
    {
        var index = new Dictionary<(string, string), ResolvedItem>();
        foreach (var item in resolution.Objects)
        {
            index[(item.Key, "")] = item;
            foreach (var field in item.List("fields")) index[(item.Key, field.Key)] = field;
        }
        return index;
    }

    private static List<string> Differing(ResolvedItem before, ResolvedItem after)
    {
        var names = before.Properties.Keys.Union(after.Properties.Keys).Order(Ordinal)
            .Where(name => !Same(before.Value(name), after.Value(name))).ToList();
        var values = (before.List("values"), after.List("values"));
        if (!values.Item1.Select(Written).SequenceEqual(values.Item2.Select(Written))) names.Add("values");
        return names;
    }

    private static string Written(ResolvedItem value) =>
        value.Key + string.Concat(value.Properties.Select(p => $"\n{p.Key} {p.Value.Value?.GetRawText()}"));

    private static bool Same(System.Text.Json.JsonElement? left, System.Text.Json.JsonElement? right) =>
        left is { } l && right is { } r ? CanonicalJson.Same(l, r) : left is null && right is null;

    /// <summary>Whether the account's own layer has set a property that now differs, or anything of what
    /// goes.</summary>
    private static bool IsOverlaid(Dictionary<(string, string), ResolvedItem> before, StackItem item) =>
        before[(item.Object, item.Field ?? "")].Properties.Any(property =>
            property.Value.Layer == "account" || (item.Properties?.Contains(property.Key) == true
                && property.Value.Hides.Any(hidden => hidden.Layer == "account")));

    private static StackItem Item((string Object, string Field) key, IReadOnlyList<string>? properties = null) =>
        new(key.Object, key.Field.Length == 0 ? null : key.Field, properties);
}
