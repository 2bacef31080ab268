using System.Diagnostics.CodeAnalysis;

namespace Xingchen.Model;

/// <summary>The id of a record: its object's key prefix in the high 18 bits, a number in the low 45.</summary>
/// <remarks>
/// One signed 64-bit integer, never negative. Outside it is text: 3 prefix characters, 12 base-62 characters of the
/// number and a 3-character suffix that tells the case of the first 15, as Salesforce forms it. The 15-character form
/// is accepted too; a suffix that does not fit its id is refused. The id does not name the cell, for an org can move.
/// </remarks>
public readonly record struct RecordId(long Value) : IComparable<RecordId>
{
    public const int NumberBits = 45;
    public const long MaxNumber = (1L << NumberBits) - 1;

    private const string SuffixDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

    public static RecordId Create(KeyPrefix prefix, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(prefix.Value, KeyPrefix.Count);
        return new RecordId(((long)prefix.Value << NumberBits) | number);
    }

    public KeyPrefix Prefix => new((int)(Value >> NumberBits));

    public long Number => Value & MaxNumber;

    /// <summary>The smallest and the largest id an object's records can have: bounds of a primary-key range.</summary>
    public static (long First, long Last) Range(KeyPrefix prefix) =>
        ((long)prefix.Value << NumberBits, ((long)prefix.Value << NumberBits) | MaxNumber);

    /// <summary>Reads the 15- or the 18-character form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RecordId id)
    {
        id = default;
        return text is not null && TryParse(text.AsSpan(), out id);
    }

    /// <inheritdoc cref="TryParse(string?, out RecordId)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out RecordId id)
    {
        id = default;
        if (text.Length is not (15 or 18)) return false;
        if (!KeyPrefix.TryParse(text[..3], out var prefix)) return false;
        if (!Base62.TryParse(text[3..15], out var number) || number is <= 0 or > MaxNumber) return false;
        if (text.Length == 18)
        {
            Span<char> suffix = stackalloc char[3];
            WriteSuffix(text[..15], suffix);
            if (!text[15..].SequenceEqual(suffix)) return false;
        }
        id = Create(prefix, number);
        return true;
    }

    /// <summary>Writes the 18-character form.</summary>
    public void Format(Span<char> destination)
    {
        Base62.Write(Value >> NumberBits, destination[..3]);
        Base62.Write(Value & MaxNumber, destination[3..15]);
        WriteSuffix(destination[..15], destination[15..18]);
    }

    public override string ToString() => string.Create(18, this, static (span, id) => id.Format(span));

    public int CompareTo(RecordId other) => Value.CompareTo(other.Value);

    public static bool operator <(RecordId left, RecordId right) => left.Value < right.Value;
    public static bool operator >(RecordId left, RecordId right) => left.Value > right.Value;
    public static bool operator <=(RecordId left, RecordId right) => left.Value <= right.Value;
    public static bool operator >=(RecordId left, RecordId right) => left.Value >= right.Value;

    private static void WriteSuffix(ReadOnlySpan<char> id, Span<char> suffix)
    {
        for (var chunk = 0; chunk < 3; chunk++)
        {
            var bits = 0;
            for (var i = 0; i < 5; i++)
                if (id[chunk * 5 + i] is >= 'A' and <= 'Z') bits |= 1 << i;
            suffix[chunk] = SuffixDigits[bits];
        }
    }
}
