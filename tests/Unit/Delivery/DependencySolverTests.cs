using SemanticVersion = NuGet.Versioning.SemanticVersion;
using Xingchen.Delivery.Packages;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Delivery;

public sealed class DependencySolverTests
{
    private static VersionRange Range(string text) =>
        VersionRange.TryParse(text, out var range) ? range : throw new ArgumentException(text);

    /// <summary>Reads <c>"name version dependency@range …"</c>; a star after the version marks the preferred
    /// one.</summary>
    private static Dictionary<string, IReadOnlyList<Candidate>> Catalog(params string[] lines) => lines.Select(line =>
    {
        var words = line.Split(' ');
        var version = words[1].TrimEnd('*');
        return new Candidate(
            new PackageVersion(words[0], version, "acme", 1, "isv", "", "", 0, "released", "{}", "[]", default, "",
                null, null, null, null),
            SemanticVersion.Parse(version),
            words[2..].Select(word => word.Split('@')).ToDictionary(pair => pair[0], pair => Range(pair[1])),
                words[1].EndsWith('*'));
    }).GroupBy(candidate => candidate.Name).ToDictionary(group => group.Key, group =>
        (IReadOnlyList<Candidate>)[.. group]);

    private static Solution Solve(string roots, params string[] catalog) => DependencySolver.Solve(
        [.. roots.Split(' ').Select(root => new Requirement(root.Split('@')[0], Range(root.Split('@')[1]),
            "this request"))],
        Catalog(catalog));

    private static string Chosen(Solution solution) =>
        string.Join(' ', solution.Packages.Select(package => $"{package.Name} {package.Version.Version}"));

    [Theory]
    [InlineData("a@^1", "a 1.5.0", "a 1.0.0", "a 1.5.0", "a 2.0.0")]
    [InlineData("a@^1", "c 1.1.0 b 1.0.0 a 1.0.0", "a 1.0.0 b@*", "b 1.0.0 c@^1", "c 1.1.0", "c 2.0.0")]
    [InlineData("z@*", "b 1.0.0 c 1.0.0 z 1.0.0", "z 1.0.0 c@* b@*", "c 1.0.0", "b 1.0.0")]
    [InlineData("a@*", "b 1.0.0 a 1.0.0", "a 2.0.0 b@^9", "a 1.0.0 b@^1", "b 1.0.0")]
    [InlineData("a@* b@*", "c 1.0.0 a 1.0.0 b 1.0.0", "a 2.0.0 c@^2", "a 1.0.0 c@^1", "b 1.0.0 c@^1", "c 1.0.0",
        "c 2.0.0")]
    [InlineData("a@*", "a 1.0.0", "a 1.0.0*", "a 1.5.0")]
    [InlineData("a@*", "a 1.0.0", "a 1.0.0", "a 1.5.0-beta")]
    public void Chooses_the_highest_that_satisfies_all(string roots, string chosen, params string[] catalog) =>
        Assert.Equal(chosen, Chosen(Solve(roots, catalog)));

    [Theory]
    [InlineData("a@^2", "a must be ^2 (asked for by this request); there are 1.0.0.", "a 1.0.0")]
    [InlineData("a@*", "b must be * (asked for by a 1.0.0); there is no released version of it.", "a 1.0.0 b@*")]
    [InlineData("a@* b@*",
        "c must be ^1 (asked for by a 1.0.0) and ^2 (asked for by b 1.0.0); there are 1.0.0, 2.0.0.",
        "a 1.0.0 c@^1", "b 1.0.0 c@^2", "c 1.0.0", "c 2.0.0")]
    [InlineData("a@*", "Packages depend on each other in a circle: a, b.", "a 1.0.0 b@*", "b 1.0.0 a@*")]
    public void Says_why_nothing_fits(string roots, string why, params string[] catalog)
    {
        var solution = Solve(roots, catalog);
        Assert.Empty(solution.Packages);
        Assert.Equal(why, solution.Explanation);
    }

    [Fact]
    public void Ends_on_a_catalog_made_to_take_for_ever()
    {
        var lines = new List<string>();
        for (var package = 0; package < 30; package++)
            for (var version = 1; version <= 10; version++) lines.Add($"p{package:00} {version}.0.0 zz@^{version}");
        lines.Add("zz 99.0.0");
        Assert.NotNull(Solve(string.Join(' ', Enumerable.Range(0, 30).Select(package => $"p{package:00}@*")),
            [.. lines]).Explanation);
    }
}
