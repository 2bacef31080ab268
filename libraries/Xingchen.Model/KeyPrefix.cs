namespace Xingchen.Model;

/// <summary>The first three base-62 characters of a record id: which object the record is of.</summary>
/// <remarks>0 … 238,327 (62³ − 1). Fixed for objects of the global, idc and group layers, allotted per account for
/// those of packages and of the private layer. Standard prefixes begin with a digit, allotted ones with a
/// letter.</remarks>
public readonly record struct KeyPrefix(int Value)
{
    /// <summary>How many prefixes there are.</summary>
    public const int Count = 62 * 62 * 62;

    /// <summary>The first prefix that is allotted per account (<c>A00</c>).</summary>
    public const int FirstAllotted = 10 * 62 * 62;

    /// <summary>Reads three base-62 characters.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out KeyPrefix prefix)
    {
        prefix = default;
        if (text.Length != 3 || !Base62.TryParse(text, out var value)) return false;
        prefix = new KeyPrefix((int)value);
        return true;
    }

    public override string ToString() =>
        string.Create(3, Value, static (span, value) => Base62.Write(value, span));
}
