namespace Xingchen.Schema.Packages;

/// <summary>How much of a package is looked at before it is refused.</summary>
/// <remarks>The defaults keep a reading under 64 MB of memory whatever arrives: only JSON is held, one entry at a time
/// is inflated, one assembly at a time is looked into.</remarks>
public sealed record PackageLimits
{
    /// <summary>Entries at most.</summary>
    public int Entries { get; init; } = 10_000;

    /// <summary>Bytes of all entries together, inflated.</summary>
    public long InflatedBytes { get; init; } = 256L << 20;

    /// <summary>Inflated bytes for one compressed byte of an entry, at most.</summary>
    public int Ratio { get; init; } = 100;

    /// <summary>Bytes of one JSON file.</summary>
    public int JsonFileBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of all JSON files together.</summary>
    public int JsonBytes { get; init; } = 6 << 20;

    /// <summary>Bytes of one assembly.</summary>
    public int AssemblyBytes { get; init; } = 16 << 20;

    /// <summary>Findings that are told; one more says that there are others.</summary>
    public int Findings { get; init; } = 1_000;

    public static PackageLimits Default { get; } = new();
}
