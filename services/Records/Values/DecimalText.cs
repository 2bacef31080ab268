namespace Xingchen.Records.Values;

/// <summary>An exact decimal number as digits and a scale: value = ±digits × 10^−scale.</summary>
/// <param name="Digits">Without leading zeros; <c>0</c> for zero.</param>
/// <param name="Scale">Digits after the point, 0 or more.</param>
public readonly record struct DecimalText(bool Negative, string Digits, int Scale)
{
    private const int MaxLength = 200;
    private const int MaxExponent = 100;

    public int WholeDigits => Digits == "0" ? 0 : Math.Max(0, Digits.Length - Scale);

    /// <summary>Reads a JSON number (RFC 8259 §6); a leading <c>+</c> is no number.</summary>
    public static bool TryParse(string text, out DecimalText number)
    {
        number = default;
        if (text.Length is 0 or > MaxLength) return false;
        var at = 0;
        var negative = text[0] == '-';
        if (negative) at++;
        var wholeStart = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        var whole = text[wholeStart..at];
        if (whole.Length == 0) return false;
        var fraction = "";
        if (at < text.Length && text[at] == '.')
        {
            var start = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            fraction = text[start..at];
            if (fraction.Length == 0) return false;
        }
        var exponent = 0;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            if (!TryExponent(text.AsSpan(at + 1), out exponent)) return false;
            at = text.Length;
        }
        if (at != text.Length) return false;
        number = Create(negative, whole + fraction, fraction.Length - exponent);
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<char> text, out int exponent)
    {
        exponent = 0;
        var digits = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        if (digits.Length is 0 or > 4) return false;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit)) return false;
            exponent = exponent * 10 + digit - '0';
        }
        if (exponent > MaxExponent) return false;
        if (text[0] == '-') exponent = -exponent;
        return true;
    }

    private static DecimalText Create(bool negative, string digits, int scale)
    {
        digits = digits.TrimStart('0');
        if (digits.Length == 0) return new DecimalText(false, "0", Math.Max(0, scale));
        return scale >= 0
            ? new DecimalText(negative, digits, scale)
            : new DecimalText(negative, digits + new string('0', -scale), 0);
    }

    /// <summary>Drops zeros beyond <paramref name="scale"/>; false where other digits stand there.</summary>
    public bool TryRescale(int scale, out DecimalText number)
    {
        number = this;
        if (Scale <= scale) return true;
        var trimmed = Trimmed();
        if (trimmed.Scale > scale) return false;
        number = Digits == "0"
            ? new DecimalText(false, "0", scale)
            : new DecimalText(Negative, Digits[..^(Scale - scale)], scale);
        return true;
    }

    /// <summary>The same value with the least scale: equal values have equal texts.</summary>
    public DecimalText Trimmed()
    {
        if (Digits == "0") return new DecimalText(false, "0", 0);
        var zeros = 0;
        while (zeros < Scale && Digits[^(zeros + 1)] == '0') zeros++;
        return new DecimalText(Negative, Digits[..^zeros], Scale - zeros);
    }

    /// <summary>Plain notation, as JSON and PostgreSQL's <c>numeric</c> read it.</summary>
    public override string ToString()
    {
        var padded = Digits.PadLeft(Scale + 1, '0');
        var text = Scale == 0 ? padded : padded[..^Scale] + "." + padded[^Scale..];
        return Negative ? "-" + text : text;
    }
}
