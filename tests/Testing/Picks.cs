namespace Xingchen.Testing;

/// <summary>Numbers that look random and are the same for the same seed (Steele's SplitMix64). Not
/// thread-safe.</summary>
public sealed class Picks(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state = Mix(seed + Step); // mixed, or neighbouring seeds would give one sequence, shifted

    /// <summary>From 0 to <paramref name="below"/> - 1.</summary>
    public int Next(int below) => (int)(Mix(state += Step) % (ulong)below);

    /// <summary>Any one of some.</summary>
    public T Of<T>(IReadOnlyList<T> some) => some[Next(some.Count)];

    private static ulong Mix(ulong mixed)
    {
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        return mixed ^ mixed >> 31;
    }
}
