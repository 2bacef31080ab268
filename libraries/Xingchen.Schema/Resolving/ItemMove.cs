namespace Xingchen.Schema;

/// <summary>Where an overlay places an item of a list.</summary>
/// <param name="Key">The item.</param>
/// <param name="Anchor">The item beside it.</param>
/// <param name="After">Directly after the anchor; else directly before it.</param>
internal sealed record ItemMove(string Key, string Anchor, bool After, string Pointer)
{
    /// <summary>Moves items. An anchor that is moved itself moves first, which makes moving twice the same as moving
    /// once.</summary>
    /// <remarks>The result depends on the order of the items that are not moved, and on nothing else of the
    /// list.</remarks>
    public static IReadOnlyList<ResolvedItem> Apply(
        IReadOnlyList<ResolvedItem> items, IReadOnlyList<ItemMove> moves, Action<string, string, string> find)
    {
        var byKey = items.ToDictionary(i => i.Key);
        var possible = new Dictionary<string, ItemMove>();
        foreach (var move in moves)
            if (byKey.ContainsKey(move.Anchor)) possible[move.Key] = move;
            else
                find("overlay-anchor-missing", $"There is no \"{move.Anchor}\" to place \"{move.Key}\" beside.",
                    move.Pointer);
        var ordered = InOrder(possible, moves, find);
        var moved = ordered.Select(m => m.Key).ToHashSet();
        var list = items.Where(i => !moved.Contains(i.Key)).ToList();
        foreach (var move in ordered)
        {
            var at = list.FindIndex(i => i.Key == move.Anchor);
            list.Insert(move.After ? at + 1 : at, byKey[move.Key]);
        }
        return list;
    }

    private static List<ItemMove> InOrder(
        Dictionary<string, ItemMove> possible, IReadOnlyList<ItemMove> moves, Action<string, string, string> find)
    {
        var ordered = new List<ItemMove>();
        var done = new HashSet<string>();
        foreach (var first in moves)
        {
            // Follow the anchors to one that stays where it is, then take the way back.
            var way = new Stack<ItemMove>();
            var onWay = new HashSet<string>();
            var next = first.Key;
            while (!done.Contains(next) && possible.TryGetValue(next, out var move) && onWay.Add(next))
            {
                way.Push(move);
                next = move.Anchor;
            }
            if (onWay.Contains(next) && !done.Contains(next))
            {
                find("overlay-anchor-invalid",
                    $"\"{first.Key}\" is placed beside itself, by way of \"{way.Peek().Key}\".", first.Pointer);
                foreach (var move in way) possible.Remove(move.Key);
                continue;
            }
            foreach (var move in way)
                if (done.Add(move.Key)) ordered.Add(move);
        }
        return ordered;
    }
}
