using System.Globalization;
using System.Numerics;

namespace Xingchen.Schema.Expressions;

/// <summary>A decimal number of any size that is calculated with exactly as PostgreSQL's <c>numeric</c> is, digit for
/// digit: value = <see cref="Digits"/> × 10^−<see cref="Scale"/>.</summary>
/// <remarks>Two numbers of different scale that are equal compare as equal; their texts differ
/// (<c>1.5</c>, <c>1.50</c>).</remarks>
/// <param name="Scale">Digits after the point, 0 or more.</param>
public readonly record struct ExactNumber(BigInteger Digits, int Scale) : IComparable<ExactNumber>
{
    // of PostgreSQL's division (numeric.c, select_div_scale)
    private const int LeastSignificant = 16;
    private const int MostScale = 1000;
    private const int GroupDigits = 4;

    public static ExactNumber Zero { get; } = new(BigInteger.Zero, 0);

    public bool IsZero => Digits.IsZero;

    public static implicit operator ExactNumber(long whole) => new(whole, 0);

    /// <summary>Reads digits with at most one point and an optional minus.</summary>
    public static ExactNumber? TryParse(string text)
    {
        var start = text.StartsWith('-') ? 1 : 0;
        var point = text.IndexOf('.');
        var digits = point < 0 ? text : text.Remove(point, 1);
        if (digits.Length == start || (point >= 0 && (point == start || point == text.Length - 1))) return null;
        foreach (var c in digits.AsSpan(start))
            if (!char.IsAsciiDigit(c)) return null;
        return new ExactNumber(BigInteger.Parse(digits, CultureInfo.InvariantCulture),
            point < 0 ? 0 : text.Length - point - 1);
    }

    public static ExactNumber operator +(ExactNumber a, ExactNumber b)
    {
        var scale = Math.Max(a.Scale, b.Scale);
        return new ExactNumber(a.At(scale) + b.At(scale), scale);
    }

    public static ExactNumber operator -(ExactNumber a) => new(-a.Digits, a.Scale);

    public static ExactNumber operator -(ExactNumber a, ExactNumber b) => a + -b;

    public static ExactNumber operator *(ExactNumber a, ExactNumber b) => new(a.Digits * b.Digits, a.Scale + b.Scale);

    /// <summary>To at least 16 significant digits, rounded half away from zero, without trailing zeros.</summary>
    /// <exception cref="DivideByZeroException"><paramref name="b"/> is zero.</exception>
    public static ExactNumber operator /(ExactNumber a, ExactNumber b)
    {
        var (weight, first) = a.Lead();
        var (divisorWeight, divisorFirst) = b.Lead();
        var quotientWeight = weight - divisorWeight - (first <= divisorFirst ? 1 : 0);
        var scale = Math.Max(LeastSignificant - quotientWeight * GroupDigits, Math.Max(a.Scale, b.Scale));
        scale = Math.Clamp(scale, 0, MostScale);
        return new ExactNumber(
            Quotient(a.Digits * Power(scale + b.Scale), b.Digits * Power(a.Scale)), scale).Trimmed();
    }

    /// <summary>What is left of a division cut towards zero; it has the sign of the dividend.</summary>
    public static ExactNumber operator %(ExactNumber a, ExactNumber b)
    {
        var scale = Math.Max(a.Scale, b.Scale);
        return new ExactNumber(BigInteger.Remainder(a.At(scale), b.At(scale)), scale);
    }

    public static bool operator <(ExactNumber a, ExactNumber b) => a.CompareTo(b) < 0;

    public static bool operator >(ExactNumber a, ExactNumber b) => a.CompareTo(b) > 0;

    public static bool operator <=(ExactNumber a, ExactNumber b) => a.CompareTo(b) <= 0;

    public static bool operator >=(ExactNumber a, ExactNumber b) => a.CompareTo(b) >= 0;

    /// <summary>Rounded half away from zero, with exactly that many digits after the point.</summary>
    /// <param name="places">Negative ones round to tens, hundreds, ….</param>
    public ExactNumber Round(int places)
    {
        if (places >= Scale) return new ExactNumber(At(places), places);
        var rounded = Quotient(Digits, Power(Scale - places));
        return places >= 0 ? new ExactNumber(rounded, places) : new ExactNumber(rounded * Power(-places), 0);
    }

    /// <summary>The greatest whole number that is not greater.</summary>
    public ExactNumber Floor()
    {
        var whole = BigInteger.DivRem(Digits, Power(Scale), out var rest);
        return new ExactNumber(rest.Sign < 0 ? whole - 1 : whole, 0);
    }

    /// <summary>The number without what stands after the point.</summary>
    public ExactNumber Truncate() => new(BigInteger.Divide(Digits, Power(Scale)), 0);

    public ExactNumber Absolute() => new(BigInteger.Abs(Digits), Scale);

    /// <summary>Without zeros at the end of what stands after the point.</summary>
    public ExactNumber Trimmed()
    {
        var (digits, scale) = (Digits, Scale);
        if (digits.IsZero) return Zero;
        while (scale > 0)
        {
            var shorter = BigInteger.DivRem(digits, 10, out var rest);
            if (!rest.IsZero) break;
            (digits, scale) = (shorter, scale - 1);
        }
        return new ExactNumber(digits, scale);
    }

    /// <summary>The number cut to a whole one and held within bounds.</summary>
    public int ToWhole(int least, int most)
    {
        var whole = Truncate().Digits;
        return whole < least ? least : whole > most ? most : (int)whole;
    }

    public int CompareTo(ExactNumber other)
    {
        var scale = Math.Max(Scale, other.Scale);
        return At(scale).CompareTo(other.At(scale));
    }

    public bool Equals(ExactNumber other) => CompareTo(other) == 0;

    public override int GetHashCode()
    {
        var trimmed = Trimmed();
        return HashCode.Combine(trimmed.Digits, trimmed.Scale);
    }

    /// <summary>Plain digits, as JSON and PostgreSQL read them.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        var text = Scale == 0 ? digits : digits[..^Scale] + "." + digits[^Scale..];
        return Digits.Sign < 0 ? "-" + text : text;
    }

    private static BigInteger Power(int exponent) => BigInteger.Pow(10, exponent);

    private static BigInteger Quotient(BigInteger dividend, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(dividend, divisor, out var rest);
        return BigInteger.Abs(rest) * 2 >= BigInteger.Abs(divisor)
            ? quotient + dividend.Sign * divisor.Sign : quotient;
    }

    private BigInteger At(int scale) => scale == Scale ? Digits : Digits * Power(scale - Scale);

    /// <summary>The weight of the first group of four digits that is not zero, and that group.</summary>
    private (int Weight, int First) Lead()
    {
        if (IsZero) return (0, 0);
        var digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture);
        var exponent = digits.Length - Scale - 1;
        var weight = (int)Math.Floor(exponent / (double)GroupDigits);
        var length = exponent - weight * GroupDigits + 1;
        return (weight, int.Parse(digits.PadRight(length, '0').AsSpan(0, length), CultureInfo.InvariantCulture));
    }
}
