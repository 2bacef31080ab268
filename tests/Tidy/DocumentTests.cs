using System.Text.RegularExpressions;

namespace Xingchen.Tests.Tidy;

/// <summary>Documents are short, their links lead somewhere, and nothing of one machine or person is here.</summary>
public sealed partial class DocumentTests
{
    private static readonly HashSet<string> Top =
        ["AppHost", "services", "libraries", "metadata", "components", "tests", "docs", ".ci"];

    private static readonly HashSet<string> TextKinds =
    [
        ".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".jsonc", ".md", ".sql", ".yaml", ".yml", ".txt",
        ".sh", ".csv", "",
    ];

    [Theory]
    [InlineData("README.md", 80)]
    [InlineData("ARCHITECTURE.md", 300)]
    public void Documents_are_short(string file, int most)
    {
        if (!Repository.Files.Contains(file)) Assert.Fail($"{file}:1: Write it: at most {most} lines.");
        var lines = Repository.Lines(file).Length;
        if (lines > most) Assert.Fail($"{file}:{lines}: Shorten it: {lines} lines, at most {most}.");
    }

    [Fact]
    public void The_repository_has_eight_folders() => Offences.AssertNone(
        from file in Repository.Files
        where file.Contains('/') && !Top.Contains(file.Split('/')[0])
        select new Offence(file, 1, $"Move it into one of {string.Join(", ", Top)}."));

    [Fact]
    public void Links_lead_somewhere() => Offences.AssertNone(
        from file in Repository.Named("*.md")
        from link in Links(file)
        let path = Path.GetRelativePath(
            Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(file)!, link.Target)))
        where !Exists(path.Replace('\\', '/'))
        select new Offence(file, link.Line, $"Mend the link to {link.Target}: there is no such file."));

    [Fact]
    public void Every_problem_has_a_page() => Offences.AssertNone(
        from line in Repository.Lines("libraries/Xingchen.Model/Problems.cs").Index()
        let slug = Slug.Match(line.Item).Groups["slug"].Value
        where slug.Length > 0 && !Repository.Files.Contains($"docs/problems/{slug}.md")
        select new Offence("libraries/Xingchen.Model/Problems.cs", line.Index + 1,
            $"Write docs/problems/{slug}.md: what it means and what its reader does."));

    [Fact]
    public void Nothing_of_one_machine_or_person_is_here() => Offences.AssertNone(
        from file in Repository.Files
        where TextKinds.Contains(Path.GetExtension(file))
        where !file.EndsWith("/DocumentTests.cs", StringComparison.Ordinal)
        from line in Repository.Lines(file).Index()
        let match = Machine.Match(line.Item)
        where match.Success
        select new Offence(file, line.Index + 1,
            $"Remove \"{match.Value}\": it belongs to one machine, registry or person."));

    private static bool Exists(string path) =>
        path == "." || Repository.Files.Any(file =>
            file == path || file.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal));

    private static IEnumerable<(string Target, int Line)> Links(string file)
    {
        var inCode = false;
        foreach (var (index, line) in Repository.Lines(file).Index())
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) inCode = !inCode;
            if (inCode) continue;
            foreach (Match match in Link.Matches(Code.Replace(line, "")))
            {
                var target = match.Groups["target"].Value.Split('#')[0];
                var elsewhere = target.Length == 0 || target[0] == '/' || target.Contains(':');
                if (!elsewhere) yield return (Uri.UnescapeDataString(target), index + 1);
            }
        }
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link { get; }

    [GeneratedRegex("`[^`]*`", RegexOptions.None, 1000)]
    private static partial Regex Code { get; }

    [GeneratedRegex(@"new\(""(?<slug>[a-z-]+)"",\s*\d{3}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Slug { get; }

    // Paths of homes and of this team's machines, registries that are not the public ones, mail addresses outside the
    // names reserved for examples (RFC 2606).
    [GeneratedRegex(
        @"/home/[a-z]|/Users/[A-Za-z]|[A-Z]:\\Users\\|(?<![\w/.])/work/|(?<![\w/.])/root/"
        + @"|https?://[\w.-]*(artifactory|nexus|jfrog|pkgs\.dev|registry)[\w.-]*"
        + @"|[\w.+-]+@(?!example\.|[\w-]+\.example|[\w.-]+\.(test|invalid)\b)[\w-]+\.(com|org|net|io|cn|dev)\b",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase, 5000)]
    private static partial Regex Machine { get; }
}
