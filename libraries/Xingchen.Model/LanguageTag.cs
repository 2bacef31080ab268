namespace Xingchen.Model;

/// <summary>Tags of languages (BCP 47).</summary>
public static class LanguageTag
{
    /// <summary>A tag in the case that it is best written in (RFC 5646 §2.1.1): <c>zh-Hant-TW</c>.</summary>
    public static string Canonical(string tag) => string.Join('-', tag.Split('-').Select((part, i) => (i, part.Length)
        switch
        {
            (0, _) => part.ToLowerInvariant(),
            (_, 2) => part.ToUpperInvariant(),
            (_, 4) when char.IsAsciiLetter(part[0]) =>
                char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant(),
            _ => part.ToLowerInvariant(),
        }));
}
