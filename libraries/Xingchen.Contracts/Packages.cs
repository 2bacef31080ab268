namespace Xingchen.Contracts;

/// <summary>The platform's own packages: the standard layers, from the lowest up. Anything an ISV uploads stands on
/// them.</summary>
public static class StandardPackages
{
    public const string Global = "platform";
    public const string Idc = "bedrock";
    public const string Group = "trade";

    /// <summary>From the lowest layer up.</summary>
    public static IReadOnlyList<string> All { get; } = [Global, Idc, Group];
}

/// <summary>A package file by the address of its bytes.</summary>
/// <param name="Digest">SHA-256 of the file.</param>
public sealed record PackageAddress(string Name, string Version, string Digest);

/// <summary>Asks a cell's Extensions to have package files in its site's cache, verified: <c>POST
/// /internal/packages/prepare</c>.</summary>
/// <remarks>Idempotent. It pulls what the cache lacks from Delivery by <c>GET /internal/packages/{digest}</c>.
/// Problems: 422 <c>package-invalid</c> where the bytes are not what their address says, with every
/// finding; <c>unavailable</c>.</remarks>
public sealed record PreparePackages(IReadOnlyList<PackageAddress> Packages);

/// <summary>What <see cref="PreparePackages"/> answers.</summary>
/// <param name="Pulled">Digests that the cache lacked; the others were there.</param>
public sealed record PreparedPackages(IReadOnlyList<string> Pulled);

/// <summary>Asks a cell's Records to remove what a package that is not in force any more has left in the caller's
/// account; asking again, under the same id, tells how far that is.</summary>
public sealed record RemovePackageData(string Package);

/// <summary>How far a removal is.</summary>
/// <param name="IsDone">Whether nothing is left.</param>
/// <param name="Deleted">Records that were deleted, or lost their values.</param>
/// <param name="Of">How many there are in all; null until the export is complete.</param>
/// <param name="Export">The address of the export; null where there is none.</param>
/// <param name="ExportUntil">When the export is thrown away; null until the removal is done.</param>
public sealed record RemovalState(bool IsDone, long Deleted, long? Of, string? Export, DateTime? ExportUntil);
