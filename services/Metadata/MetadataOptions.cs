using System.ComponentModel.DataAnnotations;

namespace Xingchen.Metadata;

/// <summary>What an instance of Metadata may hold.</summary>
public sealed class MetadataOptions
{
    public const string Section = "Metadata";

    /// <summary>Compiled schemas kept in memory; accounts with equal stacks share one. About 1 MB each.</summary>
    [Range(1, 100_000)]
    public int CachedSchemas { get; init; } = 100;

    /// <summary>Parsed layers of packages and of the standard product kept in memory.</summary>
    [Range(8, 100_000)]
    public int CachedLayers { get; init; } = 500;

    /// <summary>OpenAPI documents kept in memory, compressed; callers with equal stacks, permission sets and language
    /// share one. About 20 kB each for 20 objects.</summary>
    [Range(1, 100_000)]
    public int CachedDocuments { get; init; } = 200;
}
