using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>Any JSON. Kept as PostgreSQL's <c>jsonb</c> keeps it: order of members and white space are not.</summary>
public sealed class JsonCodec : ValueCodec
{
    public static readonly JsonCodec Instance = new();

    /// <summary>Bytes at most.</summary>
    public const int MaxBytes = 1_000_000;

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault)
    {
        var raw = value.GetRawText();
        if (raw.Length > MaxBytes) return Refuse("too-long", $"At most {MaxBytes} characters.", out stored, out fault);
        return IsStorable(value)
            ? Accept(new StoredValue(raw, null, null), out stored, out fault)
            : Refuse("json-invalid", "It holds U+0000, half of a surrogate pair, or a number beyond 10^±100.",
                out stored, out fault);
    }

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return TryRead(schema, field, document.RootElement, out stored, out fault);
        }
        catch (JsonException)
        {
            return Refuse("json-invalid", "It is not JSON.", out stored, out fault);
        }
    }

    public override StoredValue FromBody(SchemaField field, JsonElement value) => new(value.GetRawText(), null, null);

    private static bool IsStorable(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => IsStorableText(value),
        JsonValueKind.Number => DecimalText.TryParse(value.GetRawText(), out _),
        JsonValueKind.Array => value.EnumerateArray().All(IsStorable),
        JsonValueKind.Object =>
            value.EnumerateObject().All(member => IsStorableName(member) && IsStorable(member.Value)),
        _ => true,
    };

    private static bool IsStorableText(JsonElement value) =>
        PicklistCodec.TryText(value, out var text) && !text.Contains('\0', StringComparison.Ordinal);

    private static bool IsStorableName(JsonProperty member)
    {
        try
        {
            return !member.Name.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
