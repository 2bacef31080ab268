using SemanticVersion = NuGet.Versioning.SemanticVersion;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>That a package be there in a version of a range.</summary>
/// <param name="Asker">Who asks, for explanations: <c>acme-shop 1.0.0</c>.</param>
public sealed record Requirement(string Package, VersionRange Range, string Asker);

/// <summary>A version that may be chosen.</summary>
/// <param name="Preferred">Whether it goes before higher ones: it is installed, and nobody asked for another.</param>
public sealed record Candidate(
    PackageVersion Version, SemanticVersion Semantic, IReadOnlyDictionary<string, VersionRange> Dependencies,
        bool Preferred = false)
{
    public string Name => Version.Name;

    /// <summary>A standard layer: it is checked like any package, and put in force by the operator instead of
    /// installed.</summary>
    public bool IsStandard => Version.Layer != PackageManifest.IsvLayer;
}

/// <summary>What was chosen, in dependency order and then by name; or why nothing fits.</summary>
public sealed record Solution(IReadOnlyList<Candidate> Packages, string? Explanation);

/// <summary>Chooses one version of each package that is needed: the highest that satisfies all who ask. Pure and
/// deterministic.</summary>
/// <remarks>Depth-first with backtracking, in the order of names, within <see cref="MostSteps"/>.</remarks>
public sealed class DependencySolver
{
    private const int MostSteps = 20_000;

    private readonly IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog;
    private readonly SortedDictionary<string, Candidate> chosen = new(StringComparer.Ordinal);
    private int steps;
    private string? explanation;
    private int explainedAt = -1;

    private DependencySolver(IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog) => this.catalog = catalog;

    /// <param name="roots">What is asked for by name.</param>
    /// <param name="catalog">Every version that may be chosen, of every package that can be reached from the
    /// roots.</param>
    public static Solution Solve(
        IReadOnlyList<Requirement> roots, IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog)
    {
        var solver = new DependencySolver(catalog);
        if (!solver.Choose([.. roots]))
            return new Solution([], solver.explanation ?? "There are too many combinations to try.");
        return Sort([.. solver.chosen.Values]) is { } sorted
            ? new Solution(sorted, null)
            : new Solution([], $"Packages depend on each other in a circle: {string.Join(", ", solver.chosen.Keys)}.");
    }

    private bool Choose(List<Requirement> requirements)
    {
        if (++steps > MostSteps) return false;
        foreach (var (name, candidate) in chosen)
            if (requirements.Exists(r => r.Package == name && !r.Range.Contains(candidate.Semantic)))
                return Explain(name, requirements);
        var next = requirements.Select(r => r.Package).Where(name => !chosen.ContainsKey(name))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        if (next is null) return true;
        var fitting = catalog.GetValueOrDefault(next, [])
            .Where(c => requirements.TrueForAll(r => r.Package != next || r.Range.Contains(c.Semantic)))
            .OrderByDescending(c => c.Preferred).ThenByDescending(c => c.Semantic).ToList();
        if (fitting.Count == 0) return Explain(next, requirements);
        foreach (var candidate in fitting)
        {
            chosen[next] = candidate;
            var asker = $"{candidate.Name} {candidate.Version.Version}";
            if (Choose([.. requirements, .. candidate.Dependencies.Select(d =>
                new Requirement(d.Key, d.Value, asker))])) return true;
            chosen.Remove(next);
            if (steps > MostSteps) return false;
        }
        return false;
    }

    /// <summary>Keeps the explanation of the attempt that came furthest with the higher versions: the first of its
    /// depth.</summary>
    private bool Explain(string package, List<Requirement> requirements)
    {
        if (chosen.Count <= explainedAt) return false;
        explainedAt = chosen.Count;
        var asked = requirements.Where(r => r.Package == package).Select(r => $"{r.Range} (asked for by {r.Asker})")
            .Distinct();
        var known = catalog.GetValueOrDefault(package, []).OrderBy(c => c.Semantic).Select(c => c.Version.Version)
            .ToList();
        var there = known.Count == 0 ? "there is no released version of it"
            : $"there are {string.Join(", ", known.Take(20))}{(known.Count > 20 ? ", …" : "")}";
        explanation = $"{package} must be {string.Join(" and ", asked)}; {there}.";
        return false;
    }

    /// <summary>Dependencies first, then by name; null where they go round in a circle.</summary>
    private static List<Candidate>? Sort(List<Candidate> packages)
    {
        var sorted = new List<Candidate>(packages.Count);
        var done = new HashSet<string>();
        while (sorted.Count < packages.Count)
        {
            var next = packages.Where(p => !done.Contains(p.Name)).OrderBy(p => p.Name, StringComparer.Ordinal)
                .FirstOrDefault(p => p.Dependencies.Keys.All(done.Contains));
            if (next is null) return null;
            sorted.Add(next);
            done.Add(next.Name);
        }
        return sorted;
    }
}
