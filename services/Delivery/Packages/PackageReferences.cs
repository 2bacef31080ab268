using System.Reflection;
using NuGet.Versioning;
using Xingchen.Contracts;
using Xingchen.Schema;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>Checks a package against what it stands on: the standard layers as they are released, and its
/// dependencies.</summary>
public sealed class PackageReferences(PackageVersionStore versions, PackageCatalog catalog, LayerStore layers)
{
    /// <summary>The version of Xingchen that packages ask for as their engine.</summary>
    public static SemanticVersion Engine { get; } = SemanticVersion.Parse(
        typeof(PackageReferences).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0]);

    /// <summary>Every finding that is this package's doing, on top of the highest released versions that satisfy
    /// it.</summary>
    /// <param name="contents">Well-formed by itself.</param>
    /// <param name="publisher">Whose unreleased packages count too, so that several can be prepared together.</param>
    public async Task<IReadOnlyList<Finding>> CheckAsync(PackageContents contents, OrgId publisher,
        CancellationToken ct)
    {
        var (manifest, own) = (contents.Manifest!, contents.Layer!);
        var stack = new List<Layer>();
        foreach (var standard in await StandardAsync(own.Kind, ct)) stack.Add(await layers.ReadAsync(standard, ct));
        if (!manifest.IsStandard)
        {
            var roots = manifest.Dependencies
                .Select(d => new Requirement(d.Key, d.Value, $"{manifest.Name} {manifest.Version}")).ToList();
            var solution = DependencySolver.Solve(roots,
                await catalog.LoadAsync(publisher, manifest.Dependencies.Keys, ct));
            if (solution.Explanation is { } why)
                return [new Finding("dependency-unresolved", why, "/dependencies", PackageLayout.Manifest)];
            foreach (var dependency in solution.Packages.Where(package => !package.IsStandard))
                stack.Add(await layers.ReadAsync(dependency.Version, ct));
        }
        stack.Add(own);
        return Resolver.Resolve(stack).FindingsOf(own.Source);
    }

    private async Task<IReadOnlyList<PackageVersion>> StandardAsync(LayerKind below, CancellationToken ct)
    {
        var released = await versions.StandardAsync(ct);
        return [.. StandardPackages.All.Select(name => released.Where(v => v.Name == name).MaxBy(v => v.Semantic))
            .OfType<PackageVersion>().Where(version => KindOf(version.Layer) < below)];
    }

    private static LayerKind KindOf(string layer) => Enum.Parse<LayerKind>(layer, ignoreCase: true);
}
