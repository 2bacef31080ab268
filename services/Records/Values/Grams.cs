using System.Globalization;
using System.Text;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>A condition on the grams of a text, which every text has that contains a part.</summary>
/// <param name="From">The gram itself; with <paramref name="To"/> the least that is meant.</param>
/// <param name="To">The least that is not meant any more; null where one gram is meant.</param>
public sealed record GramCondition(string From, string? To);

/// <summary>Cuts searchable texts into grams: what stands at each place of a text, three characters long, or as many as
/// are left.</summary>
/// <remarks>
/// So a part of three characters is one gram, a longer one several, and a shorter one the beginning of some: Chinese
/// words of two characters are found as fast. Grams only narrow; whether a text contains a part is told by the text.
/// For that they must miss nothing: where the service and the database may disagree on the lower case of a character,
/// no condition is made of it. Pure.
/// </remarks>
public static class Grams
{
    /// <summary>Characters (scalar values) of a gram.</summary>
    public const int Size = 3;

    /// <summary>Characters up to which a text is cut up. A longer one is <see cref="TooLong"/> and always looked
    /// at.</summary>
    public const int MostCharacters = 10_000;

    /// <summary>The one gram of a text that is too long to be cut up.</summary>
    public const string TooLong = "";

    /// <summary>Grams that a part is found by at most: the rest of it is told by the text.</summary>
    private const int MostConditions = 3;

    /// <summary>The grams of a text, each once.</summary>
    public static IReadOnlySet<string> Of(SchemaField field, string text)
    {
        var folded = text;
        if (!field.CaseSensitive) // the database's lower case of U+0130 is two characters
            folded = text.Replace("İ", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
        var runes = folded.EnumerateRunes().ToArray();
        var grams = new HashSet<string>(StringComparer.Ordinal);
        if (runes.Length > MostCharacters)
        {
            grams.Add(TooLong);
            return grams;
        }
        Span<char> buffer = stackalloc char[2 * Size];
        for (var i = 0; i < runes.Length; i++) grams.Add(new string(Write(runes.AsSpan(i), buffer)));
        return grams;
    }

    /// <summary>What the grams of every text fulfil that contains <paramref name="part"/>; nothing where it takes a
    /// look at the texts.</summary>
    public static IReadOnlyList<GramCondition> Find(SchemaField field, string part)
    {
        var folded = TextCodec.Fold(field, part).EnumerateRunes().ToArray();
        var given = part.EnumerateRunes().ToArray();
        var best = Range.All;
        var length = 0;
        for (var (start, i) = (0, 0); i <= folded.Length; i++)
        {
            if (i < folded.Length && folded.Length == given.Length
                && (field.CaseSensitive || (IsSure(given[i]) && IsSure(folded[i])))) continue;
            if (i - start > length) (best, length) = (start..i, i - start);
            start = i + 1;
        }
        if (length == 0) return [];
        var run = folded[best];
        if (length < Size)
        {
            var prefix = string.Concat(run.Select(rune => rune.ToString()));
            return TextCodec.After(prefix) is { } end ? [new GramCondition(prefix, end)] : [];
        }
        int[] starts = [0, length - Size, (length - Size) / 2];
        var buffer = new char[2 * Size];
        return [.. starts.Distinct().Take(MostConditions)
            .Select(start => new GramCondition(new string(Write(run.AsSpan(start), buffer)), null))];
    }

    private static ReadOnlySpan<char> Write(ReadOnlySpan<Rune> runes, Span<char> buffer)
    {
        var written = 0;
        foreach (var rune in runes[..Math.Min(Size, runes.Length)]) written += rune.EncodeToUtf16(buffer[written..]);
        return buffer[..written];
    }

    /// <summary>Whether every version of Unicode has the same lower case for a character, wherever it stands: not so
    /// the sigmas, the Turkish I, and letters that are younger than most data.</summary>
    private static bool IsSure(Rune rune) => rune.Value switch
    {
        0x130 or 0x3A3 or 0x3C2 or 0x3C3 => false,
        < 0x1C80 or (>= 0x1E00 and < 0x2000) => true,
        _ => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
            or UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherNotAssigned),
    };
}
