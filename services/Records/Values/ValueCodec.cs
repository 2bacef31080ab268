using System.Text.Json;
using Xingchen.Schema;

namespace Xingchen.Records.Values;

/// <summary>A value in the forms in which it is stored.</summary>
/// <param name="Json">Its JSON text in the body: canonical, so that equal texts are equal values.</param>
/// <param name="Sort">How it compares: <see cref="string"/> (by code point), <see cref="double"/>, <see
/// cref="DateTime"/> (UTC) or <see cref="long"/> (a record id); null where it does not compare.</param>
/// <param name="Key">How a unique field tells values apart; exact, also where <paramref name="Sort"/> is a rounded
/// number.</param>
public readonly record struct StoredValue(string Json, object? Sort, string? Key);

/// <summary>Why a value cannot be what its field holds.</summary>
public readonly record struct Fault(string Code, string Detail);

/// <summary>How the values of one type of field are read, checked, stored and given out.</summary>
/// <remarks>Four forms: JSON of the API, text of a CSV cell or a path, JSON of the body, sort value of a slot.
/// Stateless.</remarks>
public abstract class ValueCodec
{
    /// <summary>The codec of a field's type.</summary>
    public static ValueCodec For(FieldType type) => type switch
    {
        FieldType.Text or FieldType.LongText or FieldType.Email or FieldType.Phone or FieldType.Url
            or FieldType.AutoNumber or FieldType.File => TextCodec.Instance,
        FieldType.Integer or FieldType.Number or FieldType.Currency or FieldType.Percent
            or FieldType.Rollup or FieldType.Formula => NumberCodec.Instance,
        FieldType.Boolean => BooleanCodec.Instance,
        FieldType.Date or FieldType.DateTime => TimeCodec.Instance,
        FieldType.Picklist => PicklistCodec.Instance,
        FieldType.MultiPicklist => MultiPicklistCodec.Instance,
        FieldType.Reference or FieldType.MasterDetail => ReferenceCodec.Instance,
        FieldType.Json => JsonCodec.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No codec."),
    };

    /// <summary>Reads a value of the API; never JSON null, which clears.</summary>
    public abstract bool TryRead(Schema.Schema schema, SchemaField field, JsonElement value, out StoredValue stored,
        out Fault fault);

    /// <summary>Reads a value from text: a CSV cell, a segment of a path.</summary>
    public abstract bool TryParse(Schema.Schema schema, SchemaField field, string text, out StoredValue stored,
        out Fault fault);

    /// <summary>Reads back what <see cref="StoredValue.Json"/> became in the body.</summary>
    public abstract StoredValue FromBody(SchemaField field, JsonElement value);

    /// <summary>Writes the API's form of a value of the body.</summary>
    /// <param name="writer">Where a value is due.</param>
    /// <param name="field">The value's field.</param>
    /// <param name="body">The bytes of the value in the body.</param>
    public virtual void Write(Utf8JsonWriter writer, SchemaField field, ReadOnlySpan<byte> body) =>
        writer.WriteRawValue(body, skipInputValidation: true);

    private protected static bool Refuse(string code, string detail, out StoredValue stored, out Fault fault)
    {
        stored = default;
        fault = new Fault(code, detail);
        return false;
    }

    private protected static bool Accept(StoredValue value, out StoredValue stored, out Fault fault)
    {
        stored = value;
        fault = default;
        return true;
    }

    private protected static bool WrongType(
        string expected, JsonElement given, out StoredValue stored, out Fault fault) =>
        Refuse("type-mismatch", $"Expected {expected}, not {Word(given.ValueKind)}.", out stored, out fault);

    private static string Word(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
