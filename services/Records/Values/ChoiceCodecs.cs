using System.Text;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>True or false; sorts false before true.</summary>
public sealed class BooleanCodec : ValueCodec
{
    public static readonly BooleanCodec Instance = new();

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? Accept(Store(value.GetBoolean()), out stored, out fault)
            : WrongType("true or false", value, out stored, out fault);

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault) =>
        text.Trim() switch
        {
            "1" => Accept(Store(true), out stored, out fault),
            "0" => Accept(Store(false), out stored, out fault),
            var word when word.Equals("true", StringComparison.OrdinalIgnoreCase) =>
                Accept(Store(true), out stored, out fault),
            var word when word.Equals("false", StringComparison.OrdinalIgnoreCase) =>
                Accept(Store(false), out stored, out fault),
            _ => Refuse("type-mismatch", "Expected true or false.", out stored, out fault),
        };

    public override StoredValue FromBody(SchemaField field, JsonElement value) => Store(value.GetBoolean());

    private static StoredValue Store(bool value) =>
        new(value ? "true" : "false", value ? 1d : 0d, value ? "true" : "false");
}

/// <summary>One of a field's values. A hidden value stays where it is and may not be written anew.</summary>
public sealed class PicklistCodec : ValueCodec
{
    public static readonly PicklistCodec Instance = new();

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault) =>
        value.ValueKind == JsonValueKind.String && TryText(value, out var text)
            ? TryParse(schema, field, text, out stored, out fault)
            : WrongType("one of the field's values", value, out stored, out fault);

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault) =>
        IsListed(field, text)
            ? Accept(TextCodec.Store(field, text), out stored, out fault)
            : Refuse("value-not-listed", Offer(field), out stored, out fault);

    public override StoredValue FromBody(SchemaField field, JsonElement value) =>
        TextCodec.Store(field, value.GetString()!);

    internal static bool IsListed(SchemaField field, string text) =>
        field.Values is { } values && values.Any(value => value.Value == text && !value.Hidden);

    internal static string Offer(SchemaField field)
    {
        const int Shown = 20;
        var values = (field.Values ?? []).Where(value => !value.Hidden).Select(value => value.Value).ToList();
        return "Expected one of " + string.Join(", ", values.Take(Shown)) + (values.Count > Shown ? ", …" : "") + ".";
    }

    internal static bool TryText(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}

/// <summary>A set of a field's values, in the field's order; in a file separated by <c>;</c>.</summary>
public sealed class MultiPicklistCodec : ValueCodec
{
    public static readonly MultiPicklistCodec Instance = new();

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault)
    {
        if (value.ValueKind != JsonValueKind.Array) return WrongType(
            "a list of the field's values", value, out stored, out fault);
        var chosen = new HashSet<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || !PicklistCodec.TryText(item, out var text))
                return WrongType("a list of texts", item, out stored, out fault);
            chosen.Add(text);
        }
        return TryStore(field, chosen, out stored, out fault);
    }

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault) =>
        TryStore(field, [.. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            out stored, out fault);

    public override StoredValue FromBody(SchemaField field, JsonElement value) =>
        Store([.. value.EnumerateArray().Select(item => item.GetString()!)]);

    private static bool TryStore(SchemaField field, HashSet<string> chosen, out StoredValue stored, out Fault fault)
    {
        if (!chosen.All(text => PicklistCodec.IsListed(field, text)))
            return Refuse("value-not-listed", PicklistCodec.Offer(field), out stored, out fault);
        var inOrder = field.Values!.Select(value => value.Value).Where(chosen.Contains).ToList();
        return Accept(Store(inOrder), out stored, out fault);
    }

    private static StoredValue Store(List<string> values)
    {
        var json = new StringBuilder("[");
        foreach (var value in values)
        {
            if (json.Length > 1) json.Append(',');
            json.Append(TextCodec.Quote(value));
        }
        return new StoredValue(json.Append(']').ToString(), null, null);
    }
}
