namespace Xingchen.Metadata.Stacks;

/// <summary>Keeps the values that were asked for last, at most a given number.</summary>
/// <remarks>For immutable values under content addresses only: nothing in it can be stale. Thread-safe.</remarks>
internal sealed class BoundedCache<T>(int most)
    where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Address, T Value)>> nodes = [];
    private readonly LinkedList<(string Address, T Value)> byUse = new();

    public int Count
    {
        get
        {
            lock (gate) return nodes.Count;
        }
    }

    public T? Find(string address)
    {
        lock (gate)
        {
            if (!nodes.TryGetValue(address, out var node)) return null;
            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value.Value;
        }
    }

    /// <returns>The value that is kept: an earlier one of the same address where another thread was first.</returns>
    public T Add(string address, T value)
    {
        lock (gate)
        {
            if (nodes.TryGetValue(address, out var known)) return known.Value.Value;
            nodes[address] = byUse.AddFirst((address, value));
            while (nodes.Count > most)
            {
                nodes.Remove(byUse.Last!.Value.Address);
                byUse.RemoveLast();
            }
            return value;
        }
    }
}
