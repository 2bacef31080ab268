using System.Diagnostics.CodeAnalysis;
using NuGet.Versioning;

namespace Xingchen.Schema.Packages;

/// <summary>A range of SemVer 2.0 versions as npm writes them.</summary>
/// <remarks>
/// Alternatives are set apart by <c>||</c>, comparators that must all hold by spaces: <c>1.2.3</c>, <c>=1.2.3</c>,
/// <c>^1.2</c>,
/// <c>~1.2.3</c>, <c>&gt;=1.0.0 &lt;2.0.0</c>, <c>1.x</c>, <c>*</c>. A prerelease is in the range only if a comparator
/// names a prerelease of the same major, minor and patch. Immutable.
/// </remarks>
public sealed class VersionRange
{
    private const int MaxLength = 200;

    private readonly string text;
    private readonly IReadOnlyList<IReadOnlyList<Bound>> alternatives;

    private VersionRange(string text, IReadOnlyList<IReadOnlyList<Bound>> alternatives)
    {
        this.text = text;
        this.alternatives = alternatives;
    }

    /// <summary>Reads a range; false where it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out VersionRange? range)
    {
        range = null;
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength) return false;
        var sets = new List<IReadOnlyList<Bound>>();
        foreach (var alternative in text.Split("||"))
        {
            var bounds = new List<Bound>();
            var comparators = Join(alternative).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (comparators.Length == 0 || !comparators.All(comparator => TryAdd(comparator, bounds))) return false;
            sets.Add(bounds);
        }
        range = new VersionRange(text.Trim(), sets);
        return true;
    }

    /// <summary>Reads a version of exactly three numbers with an optional prerelease and no build metadata.</summary>
    /// <remarks>Build metadata is refused, for two versions that differ in nothing else would be one (SemVer 2.0
    /// §10).</remarks>
    public static bool TryParseVersion([NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        return text is { Length: <= 100 } && !text.Contains('+') && !text.Any(char.IsWhiteSpace)
            && SemanticVersion.TryParse(text, out version) && version.ToNormalizedString() == text;
    }

    public bool Contains(SemanticVersion version) => alternatives.Any(bounds =>
        bounds.All(bound => bound.Holds(version))
        && (!version.IsPrerelease || bounds.Any(bound => bound.Names(version))));

    public override string ToString() => text;

    /// <summary><c>&gt;= 1.0</c> and <c>&gt;=1.0</c> are the same.</summary>
    private static string Join(string alternative)
    {
        foreach (var mark in (string[])["^", "~", "=", "<", ">"]) alternative = alternative.Replace(mark + " ", mark);
        return alternative;
    }

    private static bool TryAdd(string comparator, List<Bound> bounds)
    {
        var digits = comparator.AsSpan().IndexOfAnyExcept("^~=<>");
        if (digits < 0 || !TryParsePartial(comparator[digits..], out var low, out var given)) return false;
        var next = Next(low, given);
        switch (comparator[..digits])
        {
            case "" or "=" when given == 3: bounds.Add(new Bound(Comparison.Equal, low)); return true;
            case "" or "=": AddBetween(low, next); return true;
            case "~" when given < 2: AddBetween(low, next); return true;
            case "~": AddBetween(low, new SemanticVersion(low.Major, low.Minor + 1, 0)); return true;
            case "^": AddBetween(low, Caret(low, given)); return true;
            case ">=": bounds.Add(new Bound(Comparison.AtLeast, low)); return true;
            case "<": bounds.Add(new Bound(Comparison.Below, low)); return true;
            case ">" when given == 3: bounds.Add(new Bound(Comparison.Above, low)); return true;
            case ">" when next is not null: bounds.Add(new Bound(Comparison.AtLeast, next)); return true;
            case "<=" when given == 3: bounds.Add(new Bound(Comparison.AtMost, low)); return true;
            case "<=" when next is not null: bounds.Add(new Bound(Comparison.Below, next)); return true;
            case "<=": AddBetween(low, null); return true;
            default: return false;
        }

        void AddBetween(SemanticVersion from, SemanticVersion? below)
        {
            bounds.Add(new Bound(Comparison.AtLeast, from));
            if (below is not null) bounds.Add(new Bound(Comparison.Below, below));
        }
    }

    /// <summary>The first version after all that a partial version stands for; null for <c>*</c>.</summary>
    private static SemanticVersion? Next(SemanticVersion low, int given) => given switch
    {
        0 => null,
        1 => new SemanticVersion(low.Major + 1, 0, 0),
        2 => new SemanticVersion(low.Major, low.Minor + 1, 0),
        _ => new SemanticVersion(low.Major, low.Minor, low.Patch + 1),
    };

    /// <summary>Where the leftmost number that is not zero changes.</summary>
    private static SemanticVersion? Caret(SemanticVersion low, int given) => (low.Major, low.Minor, given) switch
    {
        (_, _, 0) => null,
        ( > 0, _, _) or (_, _, 1) => new SemanticVersion(low.Major + 1, 0, 0),
        (_, > 0, _) or (_, _, 2) => new SemanticVersion(0, low.Minor + 1, 0),
        _ => new SemanticVersion(0, 0, low.Patch + 1),
    };

    /// <param name="given">How many of the three numbers are given.</param>
    private static bool TryParsePartial(string text, out SemanticVersion version, out int given)
    {
        version = new SemanticVersion(0, 0, 0);
        given = 3;
        if (TryParseVersion(text, out var whole))
        {
            version = whole;
            // One more must fit: ranges end at the next number.
            return Math.Max(whole.Major, Math.Max(whole.Minor, whole.Patch)) < int.MaxValue;
        }
        var steps = text.Split('.');
        given = Array.FindIndex(steps, step => step is "x" or "X" or "*");
        if (given >= 0 && steps[given..].Any(step => step is not ("x" or "X" or "*"))) return false;
        if (given < 0) given = steps.Length;
        if (steps.Length > 3 || given > 2) return false;
        var numbers = new int[3];
        for (var i = 0; i < given; i++)
            if (!int.TryParse(steps[i], System.Globalization.NumberStyles.None, null, out numbers[i])
                || numbers[i] == int.MaxValue
                || (steps[i].Length > 1 && steps[i][0] == '0')) return false;
        version = new SemanticVersion(numbers[0], numbers[1], numbers[2]);
        return true;
    }

    private enum Comparison { Equal, AtLeast, Above, AtMost, Below }

    private readonly record struct Bound(Comparison Comparison, SemanticVersion Version)
    {
        public bool Holds(SemanticVersion version) => Comparison switch
        {
            Comparison.Equal => version.CompareTo(Version) == 0,
            Comparison.AtLeast => version.CompareTo(Version) >= 0,
            Comparison.Above => version.CompareTo(Version) > 0,
            Comparison.AtMost => version.CompareTo(Version) <= 0,
            _ => version.CompareTo(Version) < 0,
        };

        /// <summary>Whether it names a prerelease of the same three numbers.</summary>
        public bool Names(SemanticVersion version) => Version.IsPrerelease && Version.Major == version.Major
            && Version.Minor == version.Minor && Version.Patch == version.Patch;
    }
}
