using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Xingchen.Hosting;

/// <summary>The languages that labels are in, and which of them a caller wants (RFC 9110 §12.5.4).</summary>
public static class Languages
{
    public const string English = "en";
    public const string Chinese = "zh-CN";

    private const int Most = 10;
    private const int MostCharacters = 35;

    /// <summary>One of the languages that there are; English where nothing fits.</summary>
    /// <param name="others">Those that there are beside <see cref="English"/> and <see cref="Chinese"/>.</param>
    public static string Language(this HttpContext http, IReadOnlyList<string> others) =>
        Choose(http.Request.Headers.AcceptLanguage, others);

    /// <summary>Every language that the caller would take, the best first, by commas: for who does not know yet which
    /// there are.</summary>
    public static string WantedLanguages(this HttpContext http) =>
        string.Join(',', Wanted(http.Request.Headers.AcceptLanguage));

    /// <inheritdoc cref="Language"/>
    public static string Choose(IEnumerable<string?> acceptLanguage, IReadOnlyList<string>? others = null) =>
        Wanted(acceptLanguage).FirstOrDefault(tag => tag is English or Chinese || others?.Contains(tag) == true)
            ?? English;

    /// <summary>What is asked for, by quality, each followed by what it is a kind of (RFC 4647 §3.4): <c>de-AT</c>,
    /// then <c>de</c>. Any Chinese but the traditional counts as <see cref="Chinese"/>.</summary>
    private static IReadOnlyList<string> Wanted(IEnumerable<string?> acceptLanguage)
    {
        if (!StringWithQualityHeaderValue.TryParseList([.. acceptLanguage.OfType<string>()],
            out var ranges)) return [English];
        var wanted = new List<string>();
        foreach (var range in ranges.Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1)) // stable
            foreach (var tag in Tags(range.Value.Value ?? ""))
                if (wanted.Count < Most && !wanted.Contains(tag)) wanted.Add(tag);
        return wanted;
    }

    private static IEnumerable<string> Tags(string range)
    {
        if (range == "*") return [English];
        if (range.Length > MostCharacters || !range.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) return [];
        var parts = LanguageTag.Canonical(range).Split('-');
        var tags = Enumerable.Range(0, parts.Length).Select(cut => string.Join('-', parts[..^cut]));
        if (parts[0] != "zh") return tags;
        var isTraditional = parts.Contains("Hant") || parts.Contains("TW") || parts.Contains("HK");
        return isTraditional ? tags.SkipLast(1) : tags.SkipLast(1).Append(Chinese);
    }
}
