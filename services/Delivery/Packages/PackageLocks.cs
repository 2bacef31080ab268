using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>What packages are built and tested with: made for those that are packed, checked in those that
/// come.</summary>
public sealed class PackageLocks(PackageCatalog catalog, PackageVersionStore versions)
{
    /// <summary>The highest released versions that satisfy all.</summary>
    /// <exception cref="ProblemException"><c>resolution-failed</c></exception>
    public async Task<PackageLock> ResolveAsync(
        IReadOnlyDictionary<string, VersionRange> dependencies, CancellationToken ct)
    {
        var released = await catalog.LoadAsync(OrgId.Platform, dependencies.Keys, ct, unreleased: false);
        var solution = DependencySolver.Solve(
            [.. dependencies.Select(d => new Requirement(d.Key, d.Value, "this package"))], released);
        return solution.Explanation is { } why ? throw new ProblemException(Problems.ResolutionFailed, why)
            : new PackageLock(solution.Packages.ToDictionary(
                p => p.Name, p => new LockedPackage(p.Version.Version, p.Version.Digest)));
    }

    /// <summary>A finding for each locked version that is not released with these bytes, and for each of their own
    /// dependencies that the lock lacks.</summary>
    public async Task<IReadOnlyList<Finding>> CheckAsync(PackageLock? @lock, CancellationToken ct)
    {
        if (@lock is null || @lock.Packages.Count == 0) return [];
        var released = (await catalog.LoadAsync(OrgId.Platform, @lock.Packages.Keys, ct, unreleased: false))
            .SelectMany(pair => pair.Value).ToDictionary(candidate => (candidate.Name, candidate.Version.Version));
        var findings = new List<Finding>();
        foreach (var (name, locked) in @lock.Packages)
            if (!released.TryGetValue((name, locked.Version), out var there))
                findings.Add(new("lock-not-released", $"There is no released {name} {locked.Version} here. Renew "
                    + "the lock: xingchen lock FOLDER", PackageLock.PointerOf(name), PackageLayout.Lock));
            else if (there.Version.Digest != locked.Digest)
                findings.Add(new("lock-digest", $"{name} {locked.Version} is {there.Version.Digest} here: the package "
                    + "was built with other bytes.", PackageLock.PointerOf(name) + "/digest", PackageLayout.Lock));
            else findings.AddRange(@lock.Misses($"{name} {locked.Version}", there.Dependencies));
        return findings;
    }

    /// <summary>Where packages of a set would run with other versions than they were built and tested with.</summary>
    /// <param name="set">The version of each package by name.</param>
    public async Task<IReadOnlyList<PackageWarning>> CompareAsync(
        IReadOnlyDictionary<string, string> set, CancellationToken ct) =>
    [
        .. from version in await versions.ListAsync(OrgId.Platform, [.. set.Keys], ct)
           where set[version.Name] == version.Version
           orderby version.Name
           from locked in version.ReadManifest().Lock ?? new Dictionary<string, string>()
           where set.TryGetValue(locked.Key, out var got) && got != locked.Value
           select new PackageWarning("lock-differs", $"{version.Name} {version.Version} was built and tested with "
               + $"{locked.Key} {locked.Value}; here it runs with {set[locked.Key]}."),
    ];
}
