namespace Xingchen.Testing.Campaign;

/// <summary>The latest of what an account has of one kind. Thread-safe.</summary>
public sealed class Pool
{
    private const int Most = 200;

    private readonly Lock gate = new();
    private readonly List<string> kept = [];
    private int next;

    /// <summary>Keeps one more; beyond <see cref="Most"/> the oldest goes.</summary>
    public void Add(string item)
    {
        lock (gate)
        {
            if (kept.Count < Most) kept.Add(item);
            else kept[next++ % Most] = item;
        }
    }

    /// <exception cref="InvalidOperationException">There is none.</exception>
    public string Any(Picks picks)
    {
        lock (gate)
            return kept.Count > 0 ? picks.Of(kept) : throw new InvalidOperationException("The account has none.");
    }
}
