using System.Globalization;
using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>Integers and decimals, exact: digits are kept as they came, never through a binary fraction.</summary>
public sealed class NumberCodec : ValueCodec
{
    public static readonly NumberCodec Instance = new();

    /// <summary>Decimal digits at most where the field names no precision.</summary>
    public const int DefaultPrecision = 38;

    public override bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault) =>
        value.ValueKind != JsonValueKind.Number ? WrongType("a number", value, out stored, out fault)
            : DecimalText.TryParse(value.GetRawText(), out var number) ? TryStore(field, number, out stored, out fault)
            : Refuse("out-of-range", $"At most {DefaultPrecision} digits, and no exponent beyond 100.", out stored,
                out fault);

    public override bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault) =>
        DecimalText.TryParse(text, out var number) ? TryStore(field, number, out stored, out fault)
            : Refuse("type-mismatch", "Expected a number.", out stored, out fault);

    private static bool TryStore(SchemaField field, DecimalText number, out StoredValue stored, out Fault fault)
    {
        var scale = field.Type == FieldType.Integer ? 0 : field.Scale ?? DefaultPrecision;
        if (!number.TryRescale(scale, out number))
            return Refuse(
                "scale-exceeded", scale == 0 ? "Expected a whole number." : $"At most {scale} digits after the point.",
                out stored, out fault);
        var precision = field.Precision ?? (field.Type == FieldType.Integer ? 19 : DefaultPrecision);
        var whole = field.Scale is { } fixedScale && field.Precision is not null ? precision - fixedScale : precision;
        if (number.WholeDigits > whole || number.Digits.Length > DefaultPrecision
            || (field.Type == FieldType.Integer
                && !long.TryParse(number.ToString(), CultureInfo.InvariantCulture, out _)))
            return Refuse("out-of-range", $"At most {whole} digits before the point.", out stored, out fault);
        return Accept(Store(number), out stored, out fault);
    }

    public override StoredValue FromBody(SchemaField field, JsonElement value) =>
        DecimalText.TryParse(value.GetRawText(), out var number)
            ? Store(number)
            : throw new InvalidOperationException("A number of the body is no number.");

    private static StoredValue Store(DecimalText number)
    {
        var text = number.ToString();
        return new StoredValue(text, double.Parse(text, CultureInfo.InvariantCulture), number.Trimmed().ToString());
    }
}
