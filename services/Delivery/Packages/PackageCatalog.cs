using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>Gathers the versions that a resolution may choose from.</summary>
public sealed class PackageCatalog(PackageVersionStore versions)
{
    private const int MostPackages = 500;

    /// <summary>Everything that can be reached from some packages, over the dependencies of every version.</summary>
    /// <param name="org">Whose unreleased versions count; <see cref="OrgId.Platform"/> for released ones alone.</param>
    /// <param name="unreleased">Whether they count.</param>
    /// <param name="installed">Versions by package that count even when yanked.</param>
    /// <exception cref="ProblemException"><c>resolution-failed</c>: more packages than anybody means.</exception>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<Candidate>>> LoadAsync(
        OrgId org, IEnumerable<string> packages, CancellationToken ct, bool unreleased = true,
        IReadOnlyDictionary<string, string>? installed = null)
    {
        var catalog = new Dictionary<string, IReadOnlyList<Candidate>>();
        HashSet<string> wanted = [.. packages];
        while (wanted.Count > 0)
        {
            if (catalog.Count + wanted.Count > MostPackages)
                throw new ProblemException(Problems.ResolutionFailed,
                    $"The dependencies reach more than {MostPackages} packages.");
            var found = (await versions.ListAsync(org, wanted, ct))
                .Where(v => v.Status == PackageVersion.Released || (unreleased && v.Status == PackageVersion.Uploaded)
                    || installed?.GetValueOrDefault(v.Name) == v.Version)
                .Select(CandidateOf).ToLookup(c => c.Name);
            foreach (var name in wanted) catalog[name] = [.. found[name]];
            wanted = [.. found.SelectMany(g => g).SelectMany(c => c.Dependencies.Keys)
                .Where(name => !catalog.ContainsKey(name))];
        }
        return catalog;
    }

    private static Candidate CandidateOf(PackageVersion version) => new(version, version.Semantic,
        version.ReadManifest().Dependencies.ToDictionary(d => d.Key, d => VersionRange.TryParse(d.Value, out var range)
            ? range : throw new InvalidOperationException(
                $"{version.Name} {version.Version} was taken with the range '{d.Value}'.")));
}
