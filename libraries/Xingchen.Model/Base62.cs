namespace Xingchen.Model;

/// <summary>Base 62 with the digits <c>0-9A-Za-z</c>, most significant first, fixed width.</summary>
internal static class Base62
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static void Write(long value, Span<char> destination)
    {
        for (var i = destination.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 62);
            destination[i] = Digits[(int)digit];
        }
    }

    /// <summary>At most 12 digits, so that the value fits 63 bits whatever they are (62¹⁰ &lt; 2⁶³: callers check
    /// ranges).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        foreach (var c in text)
        {
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'A' and <= 'Z' => c - 'A' + 10,
                >= 'a' and <= 'z' => c - 'a' + 36,
                _ => -1,
            };
            if (digit < 0 || value > (long.MaxValue - digit) / 62) return false;
            value = value * 62 + digit;
        }
        return true;
    }
}
