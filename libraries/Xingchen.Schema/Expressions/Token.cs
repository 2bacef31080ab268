namespace Xingchen.Schema.Expressions;

/// <summary>What a token is.</summary>
public enum TokenKind { End, Name, QuotedName, Text, Number, Date, Time, Parameter, Symbol }

/// <summary>One token of a query or an expression.</summary>
/// <param name="Text">The name, the text unescaped, the digits, the symbol.</param>
/// <param name="Position">Zero-based character where it begins.</param>
/// <param name="Instant">Of <see cref="TokenKind.Date"/> (midnight UTC) and <see
/// cref="TokenKind.Time"/>.</param>
public readonly record struct Token(
    TokenKind Kind, string Text, int Position, DateTimeOffset Instant = default)
{
    public bool IsSymbol(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) =>
        Kind == TokenKind.Name && string.Equals(Text, word, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.Text => "a text",
        TokenKind.Parameter => ":" + Text,
        _ => "'" + (Text.Length > 40 ? Text[..40] + "…" : Text) + "'",
    };
}
