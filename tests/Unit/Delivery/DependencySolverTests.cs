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
    public void Tells_of_every_version_that_would_do_why_it_falls()
    {
        var solution = Solve("shop@* base@^1", "shop 1.0.0 base@^2", "shop 1.1.0 base@^2", "shop 2.0.0 tax@*",
            "tax 1.0.0 law@^9", "law 1.0.0", "base 1.0.0", "base 2.0.0");
        Assert.Equal("""
            base must be ^1 (asked for by this request); there are 1.0.0, 2.0.0, and of these:
              with base 1.0.0: shop must be * (asked for by this request); there are 1.0.0, 1.1.0, 2.0.0, and of these:
                with shop 2.0.0: law must be ^9 (asked for by tax 1.0.0); there are 1.0.0.
                with shop 1.1.0 (and 1.0.0 alike): shop 1.1.0 asks for base ^2, and base 1.0.0 is chosen.
            """.ReplaceLineEndings("\n"), solution.Explanation);
    }

    [Fact]
    public void A_choice_that_has_no_part_in_a_conflict_is_not_tried_another_way()
    {
        var lines = new List<string> { "zz 99.0.0", "yy 1.0.0 zz@^1" };
        for (var package = 0; package < 30; package++)
            for (var version = 1; version <= 10; version++) lines.Add($"p{package:00} {version}.0.0");
        var roots = string.Join(' ', Enumerable.Range(0, 30).Select(package => $"p{package:00}@*")) + " yy@*";
        Assert.Equal("zz must be ^1 (asked for by yy 1.0.0); there are 99.0.0.",
            Solve(roots, [.. lines]).Explanation);
    }

    /// <summary>Small universes, each compared with all sets that there are.</summary>
    [Fact]
    public void Agrees_with_trying_everything()
    {
        const int Seed = 20261121;
        var numbers = new Schema.StackGenerator(Seed);
        var (solved, proven) = (0, 0);
        for (var universe = 0; universe < 600; universe++)
        {
            var lines = Universe(numbers);
            var catalog = Catalog([.. lines]);
            Requirement[] roots = [new("a", Range("*"), "this request"), new("b", Range(RangeOf(numbers)), "another")];
            var solution = DependencySolver.Solve(roots, catalog);
            var sets = Sets(catalog).Where(set => Satisfies(roots, set)).ToList();
            var told = $"seed {Seed}, universe {universe}: {string.Join("; ", lines)}";
            Assert.True(sets.Count == 0 == (solution.Explanation is not null), $"{told}\n{solution.Explanation}");
            var shuffled = catalog.Reverse().ToDictionary(pair => pair.Key, pair =>
                (IReadOnlyList<Candidate>)[.. pair.Value.Reverse()]);
            var again = DependencySolver.Solve(roots, shuffled);
            Assert.Equal((Chosen(solution), solution.Explanation), (Chosen(again), again.Explanation));
            if (solution.Explanation is not null)
            {
                proven++;
                continue;
            }
            solved++;
            var found = solution.Packages.ToDictionary(package => package.Name);
            Assert.True(Satisfies(roots, found), told);
            foreach (var package in solution.Packages) // and nothing could be higher, all else being as it is
                Assert.DoesNotContain(catalog[package.Name], higher => higher.Semantic > package.Semantic
                    && Satisfies(roots, new(found) { [package.Name] = higher }));
        }
        Assert.True(solved > 100 && proven > 100, $"{solved} solved, {proven} proven impossible");
    }

    /// <summary>Five packages of up to three versions, each asking for some of those after it.</summary>
    private static List<string> Universe(Schema.StackGenerator numbers)
    {
        var lines = new List<string>();
        for (var package = 'a'; package <= 'e'; package++)
            for (var version = numbers.Next(4); version > 0; version--)
            {
                var line = $"{package} {version}.0.0";
                for (var other = (char)(package + 1); other <= 'e'; other++)
                    if (numbers.Next(3) == 0) line += $" {other}@{RangeOf(numbers)}";
                lines.Add(line);
            }
        return lines;
    }

    private static string RangeOf(Schema.StackGenerator numbers) =>
        new[] { "*", "^1", "^2", "^3", "<3.0.0", ">=2.0.0" }[numbers.Next(6)];

    /// <summary>Every way to take one version, or none, of each package.</summary>
    private static IEnumerable<Dictionary<string, Candidate>> Sets(
        Dictionary<string, IReadOnlyList<Candidate>> catalog)
    {
        IEnumerable<Dictionary<string, Candidate>> sets = [[]];
        foreach (var (name, versions) in catalog)
            sets = [.. from set in sets from version in versions.Append(null)
                       select version is null ? set : new Dictionary<string, Candidate>(set) { [name] = version }];
        return sets;
    }

    private static bool Satisfies(Requirement[] roots, Dictionary<string, Candidate> set) =>
        roots.All(root => Has(set, root.Package, root.Range))
        && set.Values.All(each => each.Dependencies.All(d => Has(set, d.Key, d.Value)));

    private static bool Has(Dictionary<string, Candidate> set, string name, VersionRange range) =>
        set.TryGetValue(name, out var there) && range.Contains(there.Semantic);

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
