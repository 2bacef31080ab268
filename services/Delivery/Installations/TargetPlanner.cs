using Xingchen.Delivery.Packages;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>Works out what shall be installed in an account after an act.</summary>
/// <remarks>
/// Everything asked for by name stays at its version, but for the package that the act is on; its dependencies move to
/// the highest versions that satisfy all, others stay where they are as long as they may.
/// </remarks>
public sealed class TargetPlanner(PackageCatalog catalog)
{
    /// <summary>The set after installing, upgrading or rolling back.</summary>
    /// <exception cref="ProblemException"><c>resolution-failed</c>, with what cannot be had together.</exception>
    public async Task<InstallationTarget> WithAsync(
        IReadOnlyList<InstalledPackage> installed, string package, VersionRange range, CancellationToken ct)
    {
        var known = installed.ToDictionary(i => i.Package, i => i.Version);
        // Going back is allowed also to a version that was yanked since.
        if (installed.Any(i => i.Package == package && i.Former == range.ToString())) known[package] = range.ToString();
        var reached = await catalog.LoadAsync(OrgId.Platform, [package], ct, unreleased: false, known);
        var all = await catalog.LoadAsync(
            OrgId.Platform, [package, .. known.Keys], ct, unreleased: false, known);
        HashSet<string> requested = [.. installed.Where(i => i.Requested).Select(i => i.Package), package];
        return Solve([new Requirement(package, range, "this request"), .. Kept(installed, package)], requested,
            Prefer(all, known, name => !reached.ContainsKey(name)));
    }

    /// <summary>The set after uninstalling, without dependencies that nobody needs any more.</summary>
    /// <exception cref="ProblemException"><c>package-in-use</c></exception>
    public async Task<InstallationTarget> WithoutAsync(
        IReadOnlyList<InstalledPackage> installed, string package, CancellationToken ct)
    {
        var known = installed.ToDictionary(i => i.Package, i => i.Version);
        var all = await catalog.LoadAsync(OrgId.Platform, known.Keys, ct, unreleased: false, known);
        HashSet<string> requested = [.. installed.Where(i => i.Requested && i.Package != package)
            .Select(i => i.Package)];
        var target = Solve([.. Kept(installed, package)], requested, Prefer(all, known, _ => true));
        if (target.Packages.All(p => p.Name != package)) return target;
        var users = target.Packages.Where(p => all[p.Name]
            .Any(c => c.Version.Version == p.Version && c.Dependencies.ContainsKey(package))).Select(p => p.Name);
        throw new ProblemException(Problems.PackageInUse,
            $"{package} is needed by {string.Join(", ", users)}. Uninstall that first.");
    }

    /// <summary>The range that only one version is in.</summary>
    public static VersionRange Exactly(string version) => VersionRange.TryParse(version, out var range)
        ? range : throw new InvalidOperationException($"'{version}' was taken as a version.");

    private static IEnumerable<Requirement> Kept(IReadOnlyList<InstalledPackage> installed, string but) =>
        from i in installed
        where i.Requested && i.Package != but
        select new Requirement(i.Package, Exactly(i.Version), $"this account, which has {i.Package} {i.Version}");

    private static Dictionary<string, IReadOnlyList<Candidate>> Prefer(
        IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog, Dictionary<string, string> installed,
        Func<string, bool> stays) =>
        catalog.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<Candidate>)
        [
            .. pair.Value.Select(candidate => candidate with
            {
                Preferred = stays(pair.Key) && installed.GetValueOrDefault(pair.Key) == candidate.Version.Version,
            }),
        ]);

    private static InstallationTarget Solve(
        IReadOnlyList<Requirement> roots, HashSet<string> requested,
        IReadOnlyDictionary<string, IReadOnlyList<Candidate>> candidates)
    {
        var solution = DependencySolver.Solve(roots, candidates);
        if (solution.Explanation is { } why) throw new ProblemException(Problems.ResolutionFailed, why);
        return new InstallationTarget([.. solution.Packages.Where(c => !c.IsStandard).Select(c => new TargetPackage(
            c.Name, c.Version.Namespace!, c.Version.Version, c.Version.LayerDigest, c.Version.Digest,
            requested.Contains(c.Name), c.Version.ReadManifest().Permissions)
            {
                NotRunning = c.Version.ReadWarnings().FirstOrDefault(w => w.Code == PackageWarning.NotRunning),
            })]);
    }
}
