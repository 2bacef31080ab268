using System.Globalization;
using System.Text;

namespace Xingchen.Schema.Expressions;

/// <summary>Cuts the text of a query or an expression into tokens.</summary>
/// <remarks>
/// Linear in the text. Whitespace separates; <c>2026-11-20</c> written in one piece is a date, so a subtraction of such
/// numbers wants spaces.
/// </remarks>
public sealed class Lexer
{
    /// <summary>Digits of a number at most.</summary>
    public const int MostDigits = 100;

    private static readonly string[] TimeForms =
    [
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    private readonly string text;
    private readonly string symbols;
    private int at;

    private Lexer(string text, string symbols)
    {
        this.text = text;
        this.symbols = symbols;
    }

    /// <param name="text">What is cut.</param>
    /// <param name="what">The language, as it is called in messages: a query, an expression.</param>
    /// <param name="symbols">Its symbols of one character.</param>
    /// <param name="most">Characters at most.</param>
    /// <exception cref="SyntaxException">A character, a literal or the length is not of the language.</exception>
    public static IReadOnlyList<Token> Read(string text, string what, string symbols, int most)
    {
        if (text.Length > most)
            throw new SyntaxException(what + "-too-long", most,
                $"{(what == "query" ? "A query" : "An " + what)} has at most {most} characters; this one has "
                    + $"{text.Length}." + (what == "query" ? " Put long lists into parameters." : ""));
        var lexer = new Lexer(text, symbols);
        var tokens = new List<Token>();
        do tokens.Add(lexer.Next());
        while (tokens[^1].Kind != TokenKind.End);
        return tokens;
    }

    private Token Next()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        if (at >= text.Length) return new Token(TokenKind.End, "", text.Length);
        var c = text[at];
        if (IsNameStart(c)) return Name();
        if (char.IsAsciiDigit(c) || c == '.' && char.IsAsciiDigit(Peek(1))) return Number();
        return c switch
        {
            '\'' => Quoted('\'', TokenKind.Text),
            '"' => Quoted('"', TokenKind.QuotedName),
            ':' => Parameter(),
            _ => Symbol(),
        };
    }

    private Token Name()
    {
        var start = at;
        while (at < text.Length && IsNamePart(text[at])) at++;
        return new Token(TokenKind.Name, text[start..at], start);
    }

    private Token Parameter()
    {
        var start = at++;
        if (!IsNameStart(Peek(0)))
            throw new SyntaxException("parameter-malformed", start, "A parameter is written :name.");
        var name = Name();
        return name with { Kind = TokenKind.Parameter, Position = start };
    }

    private Token Quoted(char quote, TokenKind kind)
    {
        var start = at++;
        var value = new StringBuilder();
        while (at < text.Length)
        {
            var c = text[at++];
            if (c == '\0') throw new SyntaxException("text-malformed", at - 1, "A text holds no NUL character.");
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
        throw new SyntaxException(kind == TokenKind.Text ? "text-unterminated" : "name-unterminated", start,
            $"What begins here with {quote} has no end. A {quote} inside is written twice.");
    }

    private static Token Closed(TokenKind kind, string value, int start)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i])) continue;
            if (i + 1 >= value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
                throw new SyntaxException("text-malformed", start, "This text is not valid Unicode.");
            i++;
        }
        return new Token(kind, value, start);
    }

    private Token Number()
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
            throw new SyntaxException("number-malformed", start,
                "A number is digits with at most one point; a name does not begin with a digit.");
        if (at - start > MostDigits)
            throw new SyntaxException("number-malformed", start,
                $"A number has at most {MostDigits} digits.");
        var digits = text[start..at];
        return new Token(TokenKind.Number, digits[0] == '.' ? "0" + digits : digits, start);
    }

    private bool IsDate()
    {
        const string Form = "0000-00-00";
        for (var i = 0; i < Form.Length; i++)
            if (Form[i] == '0' ? !char.IsAsciiDigit(Peek(i)) : Peek(i) != '-') return false;
        return !char.IsAsciiDigit(Peek(Form.Length));
    }

    private Token DateOrTime()
    {
        var start = at;
        at += 10;
        if (Peek(0) is not ('T' or 't'))
        {
            return DateOnly.TryParseExact(text.AsSpan(start, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var date)
                ? new Token(TokenKind.Date, text[start..at], start,
                    new DateTimeOffset(date, default, default))
                : throw new SyntaxException("date-malformed", start, "There is no such day.");
        }
        at++;
        while (char.IsAsciiDigit(Peek(0)) || Peek(0) is ':' or '.' or 'Z' or 'z' or '+'
            || Peek(0) == '-' && char.IsAsciiDigit(Peek(1)) && Peek(3) == ':') at++;
        var written = text[start..at];
        return DateTimeOffset.TryParseExact(written.ToUpperInvariant(), TimeForms, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? new Token(TokenKind.Time, written, start, instant)
            : throw new SyntaxException("date-malformed", start,
                "A time is written 2026-11-20T08:00:00Z, or with an offset such as +08:00.");
    }

    private Token Symbol()
    {
        var two = at + 1 < text.Length ? text.AsSpan(at, 2) : default;
        foreach (var symbol in (ReadOnlySpan<string>)["!=", "<>", "<=", ">="])
        {
            if (!two.SequenceEqual(symbol)) continue;
            at += 2;
            return new Token(TokenKind.Symbol, symbol == "<>" ? "!=" : symbol, at - 2);
        }
        if (symbols.Contains(text[at]))
            return new Token(TokenKind.Symbol, text[at].ToString(), at++);
        throw new SyntaxException("character-unexpected", at,
            char.IsControl(text[at]) || char.IsSurrogate(text[at]) ? "This character has no meaning here."
                : $"The character {text[at]} has no meaning here.");
    }

    private char Peek(int ahead) => at + ahead < text.Length ? text[at + ahead] : '\0';

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}

/// <summary>The text stops being of the language at <see cref="Position"/>; nothing after it can be judged.</summary>
public sealed class SyntaxException(string code, int position, string detail) : Exception(detail)
{
    public Finding Finding { get; } = new(code, detail, Position: position);

    public int Position => Finding.Position!.Value;
}
