using System.ComponentModel.DataAnnotations;

namespace Xingchen.Extensions;

/// <summary>What Extensions is told: section <c>Extensions</c>.</summary>
public sealed class ExtensionsOptions
{
    public const string Section = "Extensions";

    /// <summary>The directory of the site's package cache, which all its cells may share; made where it is absent.
    /// Nothing else may be in it.</summary>
    [Required]
    public string CachePath { get; init; } = "";

    /// <summary>Bytes of package files that are kept. What is in use may go beyond it.</summary>
    [Range(1 << 10, 1L << 50)]
    public long CacheBytes { get; init; } = 10L << 30;

    /// <summary>Bytes of one package file at most.</summary>
    [Range(1 << 10, 1L << 30)]
    public long PackageBytes { get; init; } = 64L << 20;

    /// <summary>Packages that are read at the same time; each takes up to 64 MB of memory.</summary>
    [Range(1, 64)]
    public int Readers { get; init; } = 2;

    /// <summary>Seconds after which a pull is given up.</summary>
    [Range(1, 3_600)]
    public int PullSeconds { get; init; } = 300;
}
