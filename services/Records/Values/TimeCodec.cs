using System.Globalization;
using System.Text;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>Dates (<c>2026-11-20</c>) and times (RFC 3339, kept in UTC to the microsecond).</summary>
public sealed class TimeCodec : ValueCodec
{
    public static readonly TimeCodec Instance = new();

    /// <summary>Bytes of a time at most, such as <c>2026-11-20T08:00:00.1234560Z</c>.</summary>
    private const int Length = 28;

    private static readonly string[] WithOffset =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ssK",
            "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK",
    ];

    // What files of other systems hold. Without an offset a time is UTC.
    private static readonly string[] InFiles =
    [
        "yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm:ssK",
            "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault)
    {
        if (value.ValueKind != JsonValueKind.String) return WrongType(Form(field), value, out stored, out fault);
        _ = PicklistCodec.TryText(value, out var text); // half of a surrogate pair is no time either
        if (field.Type == FieldType.Date && DateOnly.TryParseExact(text, "yyyy-MM-dd", out var date))
            return Accept(Store(date), out stored, out fault);
        if (field.Type == FieldType.DateTime && TryTime(text, WithOffset, out var time) && HasOffset(text))
            return Accept(Store(time), out stored, out fault);
        return Refuse("type-mismatch", $"Expected {Form(field)}.", out stored, out fault);
    }

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault)
    {
        text = text.Trim();
        if (!TryTime(text, InFiles, out var time) && !TryTime(text, WithOffset, out time))
            return Refuse("type-mismatch", $"Expected {Form(field)}.", out stored, out fault);
        if (field.Type == FieldType.DateTime) return Accept(Store(time), out stored, out fault);
        return time.TimeOfDay == TimeSpan.Zero
            ? Accept(Store(DateOnly.FromDateTime(time)), out stored, out fault)
            : Refuse("type-mismatch", "Expected a date, not a time of a day.", out stored, out fault);
    }

    public override StoredValue FromBody(SchemaField field, JsonElement value)
    {
        var text = value.GetString()!;
        return field.Type == FieldType.Date
            ? Store(DateOnly.ParseExact(text, "yyyy-MM-dd"))
            : Store(DateTime.ParseExact(text, WithOffset, CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal));
    }

    /// <summary>RFC 3339 in UTC, with as many digits of a second as it has.</summary>
    public static string Format(DateTime time)
    {
        Span<byte> text = stackalloc byte[Length];
        return Encoding.ASCII.GetString(text[..Format(time, text)]);
    }

    /// <summary>Writes the same as a JSON string.</summary>
    public static void Write(Utf8JsonWriter json, DateTime time)
    {
        Span<byte> text = stackalloc byte[Length];
        json.WriteStringValue(text[..Format(time, text)]);
    }

    /// <summary>The round-trip form has seven digits of a second always; a form of one's own that leaves
    /// them out takes several times as long.</summary>
    private static int Format(DateTime time, Span<byte> text)
    {
        DateTime.SpecifyKind(time, DateTimeKind.Utc)
            .TryFormat(text, out var written, "O", CultureInfo.InvariantCulture);
        var last = text[..(written - 1)].LastIndexOfAnyExcept((byte)'0');
        var end = text[last] == (byte)'.' ? last : last + 1;
        text[end] = (byte)'Z';
        return end + 1;
    }

    private static StoredValue Store(DateOnly date)
    {
        var text = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return new StoredValue("\"" + text + "\"", date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc), text);
    }

    private static StoredValue Store(DateTime time)
    {
        var text = Format(time);
        return new StoredValue("\"" + text + "\"", time, text);
    }

    private static bool TryTime(string text, string[] forms, out DateTime time)
    {
        // Not DateTime's: an offset that leads beyond its first day makes it some other time and says nothing.
        var isTime = DateTimeOffset.TryParseExact(text, forms, CultureInfo.InvariantCulture,
            DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var given);
        time = new DateTime(given.Ticks - given.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
        return isTime;
    }

    private static bool HasOffset(string text) => text[^1] is 'Z' or 'z' || (text.Length > 6 && text[^6] is '+' or '-');

    private static string Form(SchemaField field) => field.Type == FieldType.Date
        ? "a date such as 2026-11-20"
        : "a time such as 2026-11-20T08:00:00Z";
}
