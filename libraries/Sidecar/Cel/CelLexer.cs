using System.Globalization;
using System.Text;

namespace Xingchen.Sidecar.Cel;

internal enum CelKind { End, Name, Text, Number, Symbol }

/// <summary>A token and where it begins.</summary>
internal readonly record struct CelToken(CelKind Kind, string Text, object? Value, int At);

/// <summary>Cuts an expression into tokens.</summary>
internal static class CelLexer
{
    private static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", ".", "-"];

    /// <exception cref="FormatException"/>
    public static List<CelToken> Read(string text)
    {
        var tokens = new List<CelToken>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            var token = text[at] switch
            {
                '"' or '\'' => String(text, at),
                var c when char.IsAsciiDigit(c) => Number(text, at),
                var c when char.IsAsciiLetter(c) || c == '_' => Name(text, at),
                _ => Symbol(text, at),
            };
            tokens.Add(token);
            at += token.Text.Length;
        }
        tokens.Add(new CelToken(CelKind.End, "", null, text.Length));
        return tokens;
    }

    private static CelToken Name(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        return new CelToken(CelKind.Name, text[at..end], null, at);
    }

    private static CelToken Number(string text, int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '.')) end++;
        var number = text[at..end];
        object value = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
            ? (object)whole
            : double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real
            : throw new FormatException($"'{number}' at {at + 1} is no number");
        return new CelToken(CelKind.Number, number, value, at);
    }

    private static CelToken String(string text, int at)
    {
        var value = new StringBuilder();
        var i = at + 1;
        for (; i < text.Length && text[i] != text[at]; i++)
        {
            if (text[i] != '\\') value.Append(text[i]);
            else value.Append(Escaped(text, ++i));
        }
        if (i >= text.Length) throw new FormatException($"the text that begins at {at + 1} does not end");
        return new CelToken(CelKind.Text, text[at..(i + 1)], value.ToString(), at);
    }

    private static char Escaped(string text, int at) => (at < text.Length ? text[at] : '\0') switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        var c and ('\\' or '"' or '\'') => c,
        _ => throw new FormatException($"the escape at {at} is not honoured"),
    };

    private static CelToken Symbol(string text, int at)
    {
        var symbol = Array.Find(Symbols, symbol => string.CompareOrdinal(text, at, symbol, 0, symbol.Length) == 0)
            ?? throw new FormatException($"'{text[at]}' at {at + 1} is not honoured");
        return new CelToken(CelKind.Symbol, symbol, null, at);
    }
}
