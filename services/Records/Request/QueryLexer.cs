using System.Globalization;
using System.Text;

namespace Xingchen.Records.Request;

/// <summary>Cuts a query text into tokens.</summary>
/// <remarks>
/// Linear in the text. Whitespace separates; <c>2026-11-20</c> written in one piece is a date, so a subtraction of such
/// numbers wants spaces.
/// </remarks>
internal sealed class QueryLexer(string text)
{
    private static readonly string[] TimeForms =
    [
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    private int at;

    /// <exception cref="QuerySyntaxException">A character, a literal or the length is not of the language.</exception>
    public static IReadOnlyList<QueryToken> Read(string text)
    {
        if (text.Length > QueryLimits.TextLength)
            throw new QuerySyntaxException("query-too-long", QueryLimits.TextLength,
                $"A query has at most {QueryLimits.TextLength} characters; this one has {text.Length}. Put long "
                    + $"lists into parameters.");
        var lexer = new QueryLexer(text);
        var tokens = new List<QueryToken>();
        do tokens.Add(lexer.Next());
        while (tokens[^1].Kind != QueryTokenKind.End);
        return tokens;
    }

    private QueryToken Next()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        if (at >= text.Length) return new QueryToken(QueryTokenKind.End, "", text.Length);
        var c = text[at];
        if (IsNameStart(c)) return Name();
        if (char.IsAsciiDigit(c) || c == '.' && char.IsAsciiDigit(Peek(1))) return Number();
        return c switch
        {
            '\'' => Quoted('\'', QueryTokenKind.Text),
            '"' => Quoted('"', QueryTokenKind.QuotedName),
            ':' => Parameter(),
            _ => Symbol(),
        };
    }

    private QueryToken Name()
    {
        var start = at;
        while (at < text.Length && IsNamePart(text[at])) at++;
        return new QueryToken(QueryTokenKind.Name, text[start..at], start);
    }

    private QueryToken Parameter()
    {
        var start = at++;
        if (!IsNameStart(Peek(0)))
            throw new QuerySyntaxException("parameter-malformed", start, "A parameter is written :name.");
        var name = Name();
        return name with { Kind = QueryTokenKind.Parameter, Position = start };
    }

    private QueryToken Quoted(char quote, QueryTokenKind kind)
    {
        var start = at++;
        var value = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at++];
            if (c == '\0') throw new QuerySyntaxException("text-malformed", at - 1, "A text holds no NUL character.");
            if (c != quote)
            {
                value.Append(c);
                continue;
            }
            if (Peek(0) != quote)
                return Closed(kind, value.ToString(), start);
            value.Append(quote);
            at++;
        }
        throw new QuerySyntaxException(kind == QueryTokenKind.Text ? "text-unterminated" : "name-unterminated", start,
            $"What begins here with {quote} has no end. A {quote} inside is written twice.");
    }

    private static QueryToken Closed(QueryTokenKind kind, string value, int start)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i])) continue;
            if (i + 1 >= value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
                throw new QuerySyntaxException("text-malformed", start, "This text is not valid Unicode.");
            i++;
        }
        return new QueryToken(kind, value, start);
    }

    private QueryToken Number()
    {
        if (IsDate()) return DateOrTime();
        var start = at;
        while (char.IsAsciiDigit(Peek(0))) at++;
        if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
        {
            at++;
            while (char.IsAsciiDigit(Peek(0))) at++;
        }
        if (IsNamePart(Peek(0)) || Peek(0) == '.')
            throw new QuerySyntaxException("number-malformed", start,
                "A number is digits with at most one point; a name does not begin with a digit.");
        if (at - start > QueryLimits.Digits)
            throw new QuerySyntaxException("number-malformed", start,
                $"A number has at most {QueryLimits.Digits} digits.");
        var digits = text[start..at];
        return new QueryToken(QueryTokenKind.Number, digits[0] == '.' ? "0" + digits : digits, start);
    }

    private bool IsDate()
    {
        const string Form = "0000-00-00";
        for (var i = 0; i < Form.Length; i++)
            if (Form[i] == '0' ? !char.IsAsciiDigit(Peek(i)) : Peek(i) != '-') return false;
        return !char.IsAsciiDigit(Peek(Form.Length));
    }

    private QueryToken DateOrTime()
    {
        var start = at;
        at += 10;
        if (Peek(0) is not ('T' or 't'))
        {
            return DateOnly.TryParseExact(text.AsSpan(start, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var date)
                ? new QueryToken(QueryTokenKind.Date, text[start..at], start,
                    new DateTimeOffset(date, default, default))
                : throw new QuerySyntaxException("date-malformed", start, "There is no such day.");
        }
        at++;
        while (char.IsAsciiDigit(Peek(0)) || Peek(0) is ':' or '.' or 'Z' or 'z' or '+'
            || Peek(0) == '-' && char.IsAsciiDigit(Peek(1)) && Peek(3) == ':') at++;
        var written = text[start..at];
        return DateTimeOffset.TryParseExact(written.ToUpperInvariant(), TimeForms, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? new QueryToken(QueryTokenKind.Time, written, start, instant)
            : throw new QuerySyntaxException("date-malformed", start,
                "A time is written 2026-11-20T08:00:00Z, or with an offset such as +08:00.");
    }

    private QueryToken Symbol()
    {
        var two = at + 1 < text.Length ? text.AsSpan(at, 2) : default;
        foreach (var symbol in (ReadOnlySpan<string>)["!=", "<>", "<=", ">="])
        {
            if (!two.SequenceEqual(symbol)) continue;
            at += 2;
            return new QueryToken(QueryTokenKind.Symbol, symbol == "<>" ? "!=" : symbol, at - 2);
        }
        if ("(),.=<>+-*/".Contains(text[at]))
            return new QueryToken(QueryTokenKind.Symbol, text[at].ToString(), at++);
        throw new QuerySyntaxException("character-unexpected", at,
            char.IsControl(text[at]) || char.IsSurrogate(text[at]) ? "This character has no meaning here."
                : $"The character {text[at]} has no meaning here.");
    }

    private char Peek(int ahead) => at + ahead < text.Length ? text[at + ahead] : '\0';

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}

/// <summary>The text stops being a query at <see cref="Position"/>; nothing after it can be judged.</summary>
internal sealed class QuerySyntaxException(string code, int position, string detail) : Exception(detail)
{
    public Finding Finding { get; } = new(code, detail, Position: position);

    public int Position => Finding.Position!.Value;
}
