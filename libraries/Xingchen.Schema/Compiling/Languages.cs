using System.Globalization;

namespace Xingchen.Schema;

/// <summary>The languages that a caller reads.</summary>
public static class Languages
{
    private const int Most = 10;

    /// <summary>Reads an <c>Accept-Language</c> header (RFC 9110 §12.5.4): the best first, each followed by its wider
    /// forms.</summary>
    /// <remarks><c>zh</c>, <c>zh-Hans</c> and what lies below it read <c>zh-CN</c>, for that is how labels are kept.
    /// What cannot be read is
    /// passed over; an absent header is an empty list.</remarks>
    public static IReadOnlyList<string> FromHeader(string? header)
    {
        if (string.IsNullOrWhiteSpace(header)) return [];
        var languages = new List<string>();
        foreach (var (tag, _) in Ranges(header).Take(Most).OrderByDescending(range => range.Weight))
            foreach (var language in Widen(tag))
                if (!languages.Contains(language)) languages.Add(language);
        return languages;
    }

    private static IEnumerable<(string Tag, double Weight)> Ranges(string header)
    {
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            var weight = 1.0;
            foreach (var parameter in pieces.Skip(1))
                if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
                    && !double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                        out weight))
                    weight = 0;
            if (weight > 0 && pieces[0] is not ("" or "*")) yield return (pieces[0], weight);
        }
    }

    private static IEnumerable<string> Widen(string tag)
    {
        var parts = tag.Split('-');
        for (var length = parts.Length; length > 0; length--) yield return Spell(parts[..length]);
        if (parts[0].Equals("zh", StringComparison.OrdinalIgnoreCase)) yield return "zh-CN";
    }

    /// <remarks>RFC 5646 §2.1.1: a language in small letters, a script with a capital, a region in capitals.</remarks>
    private static string Spell(string[] parts) => string.Join('-', parts.Select((part, index) =>
        index == 0 ? part.ToLowerInvariant()
        : part.Length == 2 ? part.ToUpperInvariant()
        : part.Length == 4 ? char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()
        : part));
}
