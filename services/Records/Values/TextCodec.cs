using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>Text, long text, addresses, phone numbers, auto-numbers.</summary>
/// <remarks>Any Unicode but U+0000, which PostgreSQL does not hold, and lone surrogates, which are not text. Length
/// counts Unicode scalar values. Where the field is not case-sensitive the simple lower case compares.</remarks>
public sealed class TextCodec : ValueCodec
{
    public static readonly TextCodec Instance = new();

    /// <summary>What stands in JSON as it is: the most of what texts are, and much quicker told than encoded.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(one => one is not ('"' or '\\'))]);

    /// <summary>Scalar values at most where the field names no length.</summary>
    public const int DefaultLength = 255;

    /// <inheritdoc cref="DefaultLength"/>
    public const int DefaultLongLength = 131_072;

    /// <summary>Scalar values that a slot or a unique key holds: four bytes each, and a B-tree entry has
    /// 2,704.</summary>
    /// <remarks>A longer text is cut in its slot; a field whose length may exceed this needs a recheck on the
    /// body.</remarks>
    public const int MaxSlotLength = 500;

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault)
    {
        if (value.ValueKind != JsonValueKind.String) return WrongType("a text", value, out stored, out fault);
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Refuse("text-invalid", "A text may not hold half of a surrogate pair.", out stored, out fault);
        }
        return TryParse(schema, field, text, out stored, out fault);
    }

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault)
    {
        var limit = Limit(field);
        if (text.Contains('\0', StringComparison.Ordinal))
            return Refuse("text-invalid", "A text may not hold the character U+0000.", out stored, out fault);
        var length = Length(text);
        if (length > limit)
            return Refuse("too-long", $"At most {limit} characters, not {length}.", out stored, out fault);
        if (field.Type == FieldType.Email && !IsEmail(text))
            return Refuse("format-invalid", "Expected an email address such as name@example.com.", out stored,
                out fault);
        if (field.Type == FieldType.Url && !Uri.TryCreate(text, UriKind.Absolute, out _))
            return Refuse("format-invalid", "Expected an absolute address such as https://example.com/.", out stored,
                out fault);
        return Accept(Store(field, text), out stored, out fault);
    }

    public override StoredValue FromBody(SchemaField field, JsonElement value) => Store(field, value.GetString()!);

    /// <summary>The most scalar values that the field holds.</summary>
    public static int Limit(SchemaField field) =>
        field.Length ?? (field.Type is FieldType.LongText ? DefaultLongLength : DefaultLength);

    /// <summary>The form in which the field's values compare.</summary>
    public static string Fold(SchemaField field, string text) => field.CaseSensitive ? text : text.ToLowerInvariant();

    /// <summary>The least text that is greater than all that begin so; null where there is none.</summary>
    public static string? After(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0)
        {
            var next = runes[^1].Value + 1;
            runes.RemoveAt(runes.Count - 1);
            if (next > 0x10FFFF) continue;
            if (next is >= 0xD800 and <= 0xDFFF) next = 0xE000;
            return string.Concat(runes.Append(new Rune(next)).Select(rune => rune.ToString()));
        }
        return null;
    }

    /// <summary>A text as a JSON string.</summary>
    public static string Quote(string text) => text.AsSpan().ContainsAnyExcept(Plain)
        ? "\"" + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value + "\""
        : string.Concat("\"", text, "\"");

    internal static StoredValue Store(SchemaField field, string text)
    {
        var folded = Fold(field, text);
        return new StoredValue(Quote(text), Cut(folded), Key(folded));
    }

    private static int Length(string text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var length = 0;
        foreach (var _ in text.EnumerateRunes()) length++;
        return length;
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxSlotLength) return text;
        var end = MaxSlotLength;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return text[..end];
    }

    /// <summary>The text itself; where it is too long for an index its beginning and its digest.</summary>
    private static string Key(string text) =>
        text.Length <= MaxSlotLength ? text : Cut(text)[..64] + Digest.Of(Encoding.UTF8.GetBytes(text)).Value;

    private static bool IsEmail(string text)
    {
        var at = text.IndexOf('@');
        return at > 0 && at < text.Length - 1 && text.LastIndexOf('@') == at && !text.Any(char.IsWhiteSpace);
    }
}
