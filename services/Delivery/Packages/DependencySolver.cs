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
/// <param name="Explanation">A proof for a person: who asks for what, and for each version that would do, why it falls.
/// One line, or several with what follows from a choice indented below it.</param>
public sealed record Solution(IReadOnlyList<Candidate> Packages, string? Explanation);

/// <summary>Chooses one version of each package that is needed: the highest that satisfies all who ask. Pure and
/// deterministic.</summary>
/// <remarks>Depth-first in the order of names, higher versions first, within <see cref="MostSteps"/>. A conflict knows
/// the choices that it comes from: a choice that has no part in it is not tried another way (conflict-directed
/// backjumping), which loses no solution.</remarks>
public sealed class DependencySolver
{
    private const int MostSteps = 20_000;

    private readonly IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog;
    private readonly SortedDictionary<string, Candidate> chosen = new(StringComparer.Ordinal);
    private int steps;

    private DependencySolver(IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog) => this.catalog = catalog;

    /// <param name="roots">What is asked for by name.</param>
    /// <param name="catalog">Every version that may be chosen, of every package that can be reached from the
    /// roots.</param>
    public static Solution Solve(
        IReadOnlyList<Requirement> roots, IReadOnlyDictionary<string, IReadOnlyList<Candidate>> catalog)
    {
        var solver = new DependencySolver(catalog);
        if (solver.Choose([.. roots.Select(root => new Asked(root, null))]) is { } conflict)
            return new Solution([], solver.steps > MostSteps
                ? $"There are too many combinations to try. The last one fell for this: {conflict.Text}"
                : conflict.Text);
        return Sort([.. solver.chosen.Values]) is { } sorted
            ? new Solution(sorted, null)
            : new Solution([], $"Packages depend on each other in a circle: {string.Join(", ", solver.chosen.Keys)}.");
    }

    /// <returns>Null where everything that is asked for is chosen.</returns>
    private Conflict? Choose(List<Asked> all)
    {
        steps++;
        foreach (var asked in all)
            if (chosen.TryGetValue(asked.What.Package, out var taken) && !asked.Takes(taken))
                return Conflict.Of(asked, taken);
        var next = all.Select(asked => asked.What.Package).Where(name => !chosen.ContainsKey(name))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        if (next is null) return null;
        var (known, here) = (catalog.GetValueOrDefault(next, []), all.FindAll(asked => asked.What.Package == next));
        var falls = new List<(Candidate Candidate, Conflict Why)>();
        foreach (var candidate in known.Where(candidate => here.TrueForAll(asked => asked.Takes(candidate)))
            .OrderByDescending(candidate => candidate.Preferred).ThenByDescending(candidate => candidate.Semantic))
        {
            chosen[next] = candidate;
            var asker = $"{candidate.Name} {candidate.Version.Version}";
            var conflict = Choose([.. all, .. candidate.Dependencies.OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => new Asked(new Requirement(d.Key, d.Value, asker), next))]);
            if (conflict is null) return null;
            chosen.Remove(next);
            if (steps > MostSteps || !conflict.Choices.Contains(next)) return conflict;
            falls.Add((candidate, conflict));
        }
        return Conflict.Of(next, known, here, falls);
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
