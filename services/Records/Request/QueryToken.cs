namespace Xingchen.Records.Request;

internal enum QueryTokenKind { End, Name, QuotedName, Text, Number, Date, Time, Parameter, Symbol }

/// <summary>One token of a query text.</summary>
/// <param name="Text">The name, the text unescaped, the digits, the symbol.</param>
/// <param name="Position">Zero-based character where it begins.</param>
/// <param name="Instant">Of <see cref="QueryTokenKind.Date"/> (midnight UTC) and <see
/// cref="QueryTokenKind.Time"/>.</param>
internal readonly record struct QueryToken(
    QueryTokenKind Kind, string Text, int Position, DateTimeOffset Instant = default)
{
    public bool IsSymbol(string symbol) => Kind == QueryTokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) =>
        Kind == QueryTokenKind.Name && string.Equals(Text, word, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Kind switch
    {
        QueryTokenKind.End => "the end",
        QueryTokenKind.Text => "a text",
        QueryTokenKind.Parameter => ":" + Text,
        _ => "'" + (Text.Length > 40 ? Text[..40] + "…" : Text) + "'",
    };
}
