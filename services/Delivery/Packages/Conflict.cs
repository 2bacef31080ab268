namespace Xingchen.Delivery.Packages;

/// <summary>A requirement, and the package whose choice brought it; null for one that was there from the
/// start.</summary>
internal sealed record Asked(Requirement What, string? By)
{
    public bool Takes(Candidate candidate) => What.Range.Contains(candidate.Semantic);
}

/// <summary>Why something cannot be chosen.</summary>
/// <param name="Choices">The packages whose choice it comes from: another choice of any of them may help.</param>
/// <param name="Lines">For a person; what follows from a choice is indented below it.</param>
internal sealed record Conflict(IReadOnlySet<string> Choices, IReadOnlyList<string> Lines)
{
    private const int MostLines = 40;
    private const int MostVersions = 20;

    public string Text => string.Join('\n', Lines);

    /// <summary>A choice that was made before is not what is asked for now.</summary>
    public static Conflict Of(Asked asked, Candidate taken) => new(By([asked], taken.Name),
        [$"{asked.What.Asker} asks for {taken.Name} {asked.What.Range}, and {taken.Name} {taken.Version.Version} is "
            + "chosen."]);

    /// <summary>No version is left: some are not asked for, the others fall.</summary>
    /// <param name="known">All there are.</param>
    /// <param name="here">What is asked of it.</param>
    /// <param name="falls">Those that are asked for, in the order in which they were tried.</param>
    public static Conflict Of(
        string package, IReadOnlyList<Candidate> known, IReadOnlyList<Asked> here,
        IReadOnlyList<(Candidate Candidate, Conflict Why)> falls)
    {
        var blamed = Blame(known.Where(candidate => !falls.Any(fall => fall.Candidate == candidate)), here);
        var choices = By(blamed);
        foreach (var (_, why) in falls) choices.UnionWith(why.Choices.Where(name => name != package));
        // With one version alone there is no choice to tell of: what follows from it names it.
        if (known.Count == 1 && falls.Count == 1) return new Conflict(choices, falls[0].Why.Lines);
        var asked = blamed.Select(each => $"{each.What.Range} (asked for by {each.What.Asker})").Distinct();
        var versions = known.OrderBy(candidate => candidate.Semantic).Select(candidate => candidate.Version.Version);
        var there = known.Count == 0 ? "there is no released version of it"
            : $"there are {string.Join(", ", versions.Take(MostVersions))}{(known.Count > MostVersions ? ", …" : "")}";
        var head = $"{package} must be {string.Join(" and ", asked)}; {there}";
        if (falls.Count == 0) return new Conflict(choices, [head + "."]);
        List<string> lines = [head + ", and of these:", .. Tell(package, falls)];
        return new Conflict(choices, lines.Count <= MostLines ? lines : [.. lines.Take(MostLines), "  …"]);
    }

    /// <summary>Each version with why it falls; those that fall alike together.</summary>
    private static IEnumerable<string> Tell(
        string package, IReadOnlyList<(Candidate Candidate, Conflict Why)> falls) =>
        from alike in falls.GroupBy(fall => fall.Why.Text.Replace(
            $"{package} {fall.Candidate.Version.Version}", package, StringComparison.Ordinal))
        let first = alike.First()
        let others = string.Join(", ", alike.Skip(1).Select(fall => fall.Candidate.Version.Version).Take(MostVersions))
        from line in first.Why.Lines.Index()
        select line.Index > 0 ? "  " + line.Item
            : $"  with {package} {first.Candidate.Version.Version}"
                + $"{(others.Length > 0 ? $" (and {others} alike)" : "")}: {line.Item}";

    /// <summary>As few requirements as ask for the package at all and keep all these versions out: the first that
    /// do.</summary>
    private static List<Asked> Blame(IEnumerable<Candidate> outside, IReadOnlyList<Asked> here)
    {
        var left = outside.ToList();
        if (left.Count == 0) return [here.FirstOrDefault(asked => asked.By is null) ?? here[0]];
        if (here.FirstOrDefault(asked => !left.Exists(asked.Takes)) is { } alone) return [alone];
        var blamed = new List<Asked>();
        foreach (var asked in here)
            if (left.RemoveAll(candidate => !asked.Takes(candidate)) > 0) blamed.Add(asked);
        return blamed;
    }

    private static HashSet<string> By(IEnumerable<Asked> asked, params string[] more) =>
        [.. asked.Select(each => each.By).OfType<string>(), .. more];
}
