using System.Text;

namespace Xingchen.Schema.Expressions;

/// <summary>Texts: characters are Unicode code points.</summary>
internal static class TextFunctions
{
    /// <summary>Characters that a function is told at most.</summary>
    private const int Most = ExpressionLimits.ResultLength;

    public static IReadOnlyList<ExpressionFunction> All { get; } =
    [
        new(FunctionGroup.Text, "LEN", "LEN(text)", "How many characters it has.",
            call => call.Typed(1, 1, ValueKind.Text) is { } a ? call.Make(ValueKind.Number, a, new(8)) : null,
            (a, _) => (ExactNumber)(long)Length((string)a[0]!)),
        Piece("LEFT", "LEFT(text, count)", "Its first characters.",
            (text, count) => Cut(text, 0, Whole(count[0]))),
        Piece("RIGHT", "RIGHT(text, count)", "Its last characters.", (text, count) =>
        {
            var length = Length(text);
            var taken = Math.Min(length, Whole(count[0]));
            return Cut(text, length - taken, taken);
        }),
        new(FunctionGroup.Text, "MID", "MID(text, start, count)",
            "A piece of it; the first character is 1.",
            call => call.Typed(3, 3, ValueKind.Text, ValueKind.Number) is { } a
                ? call.Make(ValueKind.Text, a, a[0].Bound) : null,
            (a, _) => Cut((string)a[0]!, Math.Max(1, Whole((ExactNumber)a[1]!)) - 1, Whole((ExactNumber)a[2]!))),
        Same("UPPER", "UPPER(text)", "In capitals, by Unicode's rules.", text => text.ToUpperInvariant()),
        Same("LOWER", "LOWER(text)", "In small letters, by Unicode's rules.", text => text.ToLowerInvariant()),
        Same("TRIM", "TRIM(text)", "Without spaces (U+0020) at either end.", text => text.Trim(' ')),
        new(FunctionGroup.Text, "SUBSTITUTE", "SUBSTITUTE(text, old, new)",
            "The text with every old replaced by new; unchanged where old has no characters.",
            call => call.Typed(3, 3, ValueKind.Text) is { } a ? call.Make(ValueKind.Text, a,
                new(Length: (int)Math.Min(Most + 1L, a[0].Bound.Length * Math.Max(1L, a[2].Bound.Length)))) : null,
            (a, _) => (string)a[1]! == "" ? a[0]
                : ((string)a[0]!).Replace((string)a[1]!, (string)a[2]!, StringComparison.Ordinal)),
        new(FunctionGroup.Text, "FIND", "FIND(part, text)",
            "At which character part first begins in the text, from 1; 0 where it is not in it.",
            call => call.Typed(2, 2, ValueKind.Text) is { } a ? call.Make(ValueKind.Number, a, new(8)) : null,
            (a, _) => (ExactNumber)(long)Find((string)a[0]!, (string)a[1]!)),
        Asking("CONTAINS", "CONTAINS(text, part)", "Whether part is in the text.",
            (text, part) => text.Contains(part, StringComparison.Ordinal)),
        Asking("BEGINS", "BEGINS(text, part)", "Whether the text begins with part.",
            (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        Asking("ENDS", "ENDS(text, part)", "Whether the text ends with part.",
            (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        new(FunctionGroup.Text, "TEXT", "TEXT(value)",
            "A number as its digits (12.30), a date as 2026-11-20, a text as it is.",
            call =>
            {
                if (!call.Has(1, 1) || call.Any(0) is not { } value) return null;
                return value.Kind is ValueKind.Number or ValueKind.Date or ValueKind.Text
                    ? call.Make(ValueKind.Text, [value], new(Length: value.Kind == ValueKind.Text ? value.Bound.Length
                        : value.Bound.Whole + value.Bound.Scale + 12))
                    : call.Refuse("type-mismatch", "TEXT is made of a number, a date or a text.");
            },
            (a, _) => a[0] is DateOnly day ? DateFunctions.Iso(day) : a[0]!.ToString()),
    ];

    private static int Whole(ExactNumber number) => number.ToWhole(0, Most);

    private static int Length(string text) => text.EnumerateRunes().Count();

    private static int Find(string part, string text)
    {
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? 0 : Length(text[..at]) + 1;
    }

    private static string Cut(string text, int skip, int count)
    {
        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Skip(skip).Take(count)) cut.Append(rune.ToString());
        return cut.ToString();
    }

    private static ExpressionFunction Same(string name, string signature, string summary, Func<string, string> run) =>
        new(
        FunctionGroup.Text, name, signature, summary,
        call => call.Typed(1, 1, ValueKind.Text) is [var text] a
            ? call.Make(ValueKind.Text, a, new(Length: name == "TRIM" ? text.Bound.Length : text.Bound.Length * 3))
                : null,
        (a, _) => run((string)a[0]!));

    private static ExpressionFunction Piece(
        string name, string signature, string summary, Func<string, ExactNumber[], string> run) => new(
        FunctionGroup.Text, name, signature, summary,
        call => call.Typed(2, 2, ValueKind.Text, ValueKind.Number) is { } a
            ? call.Make(ValueKind.Text, a, a[0].Bound) : null,
        (a, _) => run((string)a[0]!, [.. a.Skip(1).Select(value => (ExactNumber)value!)]));

    private static ExpressionFunction Asking(
        string name, string signature, string summary, Func<string, string, bool> run) => new(
        FunctionGroup.Text, name, signature, summary,
        call => call.Typed(2, 2, ValueKind.Text) is { } a ? call.Make(ValueKind.Boolean, a) : null,
        (a, _) => run((string)a[0]!, (string)a[1]!), condition: true);
}
