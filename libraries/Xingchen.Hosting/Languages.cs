using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Xingchen.Hosting;

/// <summary>The languages that labels are in, and which of them a caller wants (RFC 9110 §12.5.4).</summary>
public static class Languages
{
    public const string English = "en";
    public const string Chinese = "zh-CN";

    /// <summary><see cref="English"/> or <see cref="Chinese"/>; English where nothing fits.</summary>
    public static string Language(this HttpContext http) => Choose(http.Request.Headers.AcceptLanguage);

    /// <summary>The wanted language of highest quality that there is; any Chinese but the traditional counts as
    /// <see cref="Chinese"/>.</summary>
    public static string Choose(IEnumerable<string?> acceptLanguage)
    {
        if (!StringWithQualityHeaderValue.TryParseList([.. acceptLanguage.OfType<string>()],
            out var wanted)) return English;
        foreach (var range in wanted.Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1)) // stable
        {
            if (Match(range.Value.Value ?? "") is { } language) return language;
        }
        return English;
    }

    private static string? Match(string range)
    {
        if (range == "*" || Is(range, "en")) return English;
        if (Is(range, "zh-Hant") || Is(range, "zh-TW") || Is(range, "zh-HK")) return null;
        return Is(range, "zh") ? Chinese : null;
    }

    private static bool Is(string range, string prefix) =>
        range.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        && (range.Length == prefix.Length || range[prefix.Length] == '-');
}
