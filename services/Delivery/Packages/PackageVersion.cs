using System.Text.Json;
using NuGet.Versioning;

namespace Xingchen.Delivery.Packages;

/// <summary>A version of a package as the database has it.</summary>
/// <param name="Publisher">The org that uploaded it.</param>
/// <param name="Layer">Which kind of layer it is: <c>isv</c> but for the platform's own.</param>
/// <param name="Digest">Of the file.</param>
/// <param name="LayerDigest">Of its definitions' canonical document.</param>
/// <param name="Manifest">JSON of <see cref="StoredManifest"/>.</param>
/// <param name="SignedBy">The id of the publisher's key; null where it is not signed.</param>
/// <param name="Warnings">JSON: a list of <see cref="PackageWarning"/>.</param>
public sealed record PackageVersion(
    string Name, string Version, string? Namespace, long Publisher, string Layer, string Digest, string LayerDigest,
        long Size,
    string Status, string Manifest, string Warnings, DateTime UploadedAt, string UploadedBy,
    DateTime? ReleasedAt, DateTime? YankedAt, string? YankReason, string? SignedBy)
{
    /// <summary>Of a dry run: it would be taken.</summary>
    public const string Valid = "valid";

    public const string Uploaded = "uploaded";
    public const string Released = "released";
    public const string Yanked = "yanked";

    public SemanticVersion Semantic => SemanticVersion.Parse(Version);

    public IReadOnlyList<PackageWarning> ReadWarnings() =>
        JsonSerializer.Deserialize<IReadOnlyList<PackageWarning>>(Warnings, JsonSerializerOptions.Web)!;

    public StoredManifest ReadManifest() => JsonSerializer.Deserialize<StoredManifest>(Manifest,
        JsonSerializerOptions.Web)!;
}

/// <summary>What is kept of <c>package.json</c> and <c>package-lock.json</c> beside what has columns of its
/// own.</summary>
/// <param name="Lock">The versions that it was built and tested with, by name; null where it does not say.</param>
public sealed record StoredManifest(
    IReadOnlyDictionary<string, string>? Title, IReadOnlyDictionary<string, string>? Description, string? License,
        string? Engine,
    IReadOnlyDictionary<string, string> Dependencies, IReadOnlyList<string> Permissions,
    IReadOnlyDictionary<string, string>? Lock = null);

/// <summary>Something that does not stop a package, and that its publisher should know.</summary>
public sealed record PackageWarning(string Code, string Detail)
{
    /// <summary>It is told again to who installs the package.</summary>
    public const string NotRunning = "extensions-not-running";
}
