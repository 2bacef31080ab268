using Xingchen.Schema;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>Holds versions to what they say: what a package changes decides the least version that it may
/// bear.</summary>
public sealed class PackageCompatibility(PackageVersionStore versions, LayerStore layers)
{
    /// <summary>Of a version that is there, when it is released: others may have been since it was uploaded.</summary>
    /// <inheritdoc cref="CheckAsync(Layer, PackageVersion, CancellationToken)"/>
    public async Task<IReadOnlyList<Finding>> CheckAsync(PackageVersion version, CancellationToken ct) =>
        await CheckAsync(await layers.ReadAsync(version, ct), version, ct);

    /// <summary>A finding for each difference to the highest released version below it that is too heavy for the
    /// version it bears.</summary>
    /// <param name="own">Well-formed by itself.</param>
    public async Task<IReadOnlyList<Finding>> CheckAsync(Layer own, PackageVersion version, CancellationToken ct)
    {
        var before = (await versions.ListAsync(new OrgId(version.Publisher), [version.Name], ct))
            .Where(known => known.Status == PackageVersion.Released && known.Semantic < version.Semantic)
            .MaxBy(known => known.Semantic);
        if (before is null) return [];
        var old = await layers.ReadAsync(before, ct);
        // A prerelease is on its way to the version that it precedes.
        var target = new NuGet.Versioning.SemanticVersion(
            version.Semantic.Major, version.Semantic.Minor, version.Semantic.Patch);
        return
        [
            .. from change in LayerDifference.Between(old, own)
               let finding = Check(before, version, target, change)
               where finding is not null
               select finding with
               {
                   File = change.File ?? PackageLayout.Manifest,
                   Pointer = change.File is null ? "/version" : change.Pointer,
               },
        ];
    }

    private static Finding? Check(
        PackageVersion before, PackageVersion version, NuGet.Versioning.SemanticVersion target, LayerChange change)
    {
        if (change.Weight == ChangeWeight.Never)
            return new Finding("field-type-change", $"Against {before.Version}: {change.What}. What records hold could "
                + "not follow: leave it, and add a field of another name.");
        var least = LayerDifference.Least(before.Semantic, change.Weight);
        return target >= least ? null : new Finding("version-too-low",
            $"Against {before.Version}: {change.What}. That is a {change.Weight.ToString().ToLowerInvariant()} change: "
            + $"the version must be {least} at least, not {version.Version}.");
    }
}
