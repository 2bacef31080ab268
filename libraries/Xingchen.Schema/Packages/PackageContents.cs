namespace Xingchen.Schema.Packages;

/// <summary>What a package holds, and everything that is wrong with it.</summary>
/// <param name="Manifest">Null where <c>package.json</c> does not tell its name, namespace and version.</param>
/// <param name="Layer">What its sound definitions come to; null where <paramref name="Manifest"/> is.</param>
/// <param name="Findings">Empty for a package that is well-formed by itself; whether its references resolve is for
/// <c>Resolver</c>.</param>
/// <param name="Signature">What it brings, unchecked: whose keys count is not for here to say.</param>
/// <param name="Lock">What it was built with; null where it does not say.</param>
/// <param name="Checksums">The bytes of <c>MANIFEST</c>, which it signs; empty where there is none.</param>
public sealed record PackageContents(
    PackageManifest? Manifest, Layer? Layer, IReadOnlyList<Finding> Findings,
    PackageSignature? Signature, PackageLock? Lock, ReadOnlyMemory<byte> Checksums);
