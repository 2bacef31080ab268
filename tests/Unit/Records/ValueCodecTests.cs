using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Records;

/// <summary>What each type of field takes from the API and from a file, what it refuses, and how it is
/// stored.</summary>
public sealed class ValueCodecTests
{
    private static readonly Label Plain = new(new Dictionary<string, string> { ["en"] = "x" });

    private static readonly global::Xingchen.Schema.Schema Target = new("test", [
        new SchemaObject("Target", Plain, Plain, new KeyPrefix(7), "name", "group", false, [], [], null)]);

    private static SchemaField Field(FieldType type) => new(
        "field", Plain, type, "group", new FieldPlace("1", null),
        Precision: type == FieldType.Number ? 6 : null, Scale: type == FieldType.Number ? 2 : null,
        Values: [new("a", Plain), new("b", Plain), new("old", Plain, Hidden: true)], References: ["Target"]);

    [Theory]
    [InlineData(FieldType.Text, "\"a\\u00e9\"", "\"aé\"")]
    [InlineData(FieldType.Integer, "5.0", "5")]
    [InlineData(FieldType.Number, "12.30", "12.30")]
    [InlineData(FieldType.Number, "12.300", "12.30")]
    [InlineData(FieldType.Boolean, "true", "true")]
    [InlineData(FieldType.Date, "\"2026-11-20\"", "\"2026-11-20\"")]
    [InlineData(FieldType.DateTime, "\"2026-11-20T10:00:00+02:00\"", "\"2026-11-20T08:00:00Z\"")]
    [InlineData(FieldType.DateTime, "\"2026-11-20T08:00:00.1234567Z\"", "\"2026-11-20T08:00:00.123456Z\"")]
    [InlineData(FieldType.Picklist, "\"b\"", "\"b\"")]
    [InlineData(FieldType.MultiPicklist, "[\"b\",\"a\",\"b\"]", "[\"a\",\"b\"]")]
    [InlineData(FieldType.Json, "{\"x\":1.50}", "{\"x\":1.50}")]
    public void A_value_of_the_api_is_stored(FieldType type, string json, string stored) =>
        Assert.Equal(stored, Read(type, json).Stored?.Json);

    [Theory]
    [InlineData(FieldType.Text, "1", "type-mismatch")]
    [InlineData(FieldType.Text, "\"\\u0000\"", "text-invalid")]
    [InlineData(FieldType.Text, "\"\\ud800\"", "text-invalid")]
    [InlineData(FieldType.Integer, "1.5", "scale-exceeded")]
    [InlineData(FieldType.Integer, "99999999999999999999", "out-of-range")]
    [InlineData(FieldType.Number, "12345", "out-of-range")]
    [InlineData(FieldType.Number, "\"1\"", "type-mismatch")]
    [InlineData(FieldType.Boolean, "1", "type-mismatch")]
    [InlineData(FieldType.Date, "\"2026-11-20T00:00:00Z\"", "type-mismatch")]
    [InlineData(FieldType.DateTime, "\"2026-11-20T10:00:00\"", "type-mismatch")]
    [InlineData(FieldType.DateTime, "\"2026-11-20\"", "type-mismatch")]
    [InlineData(FieldType.Picklist, "\"c\"", "value-not-listed")]
    [InlineData(FieldType.Picklist, "\"old\"", "value-not-listed")]
    [InlineData(FieldType.Reference, "\"nonsense\"", "reference-not-found")]
    [InlineData(FieldType.Reference, "7", "type-mismatch")]
    [InlineData(FieldType.Json, "{\"x\":\"\\u0000\"}", "json-invalid")]
    [InlineData(FieldType.Json, "1e400", "json-invalid")]
    [InlineData(FieldType.Email, "\"a\"", "format-invalid")]
    [InlineData(FieldType.Url, "\"a\"", "format-invalid")]
    public void A_wrong_value_is_refused_by_code(FieldType type, string json, string code) =>
        Assert.Equal(code, Read(type, json).Fault.Code);

    [Theory]
    [InlineData(FieldType.Date, "1996-07-04", "\"1996-07-04\"")]
    [InlineData(FieldType.Date, "1996-07-04 00:00:00.000", "\"1996-07-04\"")]
    [InlineData(FieldType.DateTime, "1996-07-04", "\"1996-07-04T00:00:00Z\"")]
    [InlineData(FieldType.DateTime, "1996-07-04 01:02:03.5", "\"1996-07-04T01:02:03.5Z\"")]
    [InlineData(FieldType.Boolean, "1", "true")]
    [InlineData(FieldType.Boolean, "FALSE", "false")]
    [InlineData(FieldType.Number, "12.30", "12.30")]
    [InlineData(FieldType.MultiPicklist, "b; a", "[\"a\",\"b\"]")]
    public void A_cell_of_a_file_is_stored(FieldType type, string text, string stored)
    {
        Assert.True(ValueCodec.For(type).TryParse(Target, Field(type), text, out var value, out var fault),
            fault.Detail);
        Assert.Equal(stored, value.Json);
    }

    [Fact]
    public void A_reference_is_an_integer_inside_and_an_id_outside()
    {
        var id = RecordId.Create(new KeyPrefix(7), 42);
        var stored = Read(FieldType.Reference, $"\"{id.ToString()[..15]}\"").Stored!.Value;
        Assert.Equal(id.Value.ToString(), stored.Json);
        Assert.Equal(id.Value, stored.Sort);
        using var written = new MemoryStream();
        using (var json = new Utf8JsonWriter(written))
            ValueCodec.For(FieldType.Reference)
                .Write(json, Field(FieldType.Reference), System.Text.Encoding.UTF8.GetBytes(stored.Json));
        Assert.Equal($"\"{id}\"", System.Text.Encoding.UTF8.GetString(written.ToArray()));
        Assert.Equal("reference-not-found", Read(FieldType.Reference, $"\"{RecordId.Create(new KeyPrefix(8), 42)}\"")
            .Fault.Code);
    }

    [Fact]
    public void A_long_text_has_a_slot_and_a_key_that_fit_an_index()
    {
        var field = Field(FieldType.LongText) with { Length = 10_000 };
        var (one, other) = (new string('é', 5_000) + "a", new string('é', 5_000) + "b");
        var first = Store(field, one);
        var second = Store(field, other);
        Assert.Equal(first.Sort, second.Sort);
        Assert.NotEqual(first.Key, second.Key);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount((string)first.Sort!), 1, 2_000);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(first.Key!), 1, 2_000);
    }

    [Fact]
    public void Length_counts_characters_and_case_is_folded_where_the_field_says_so()
    {
        var field = Field(FieldType.Text) with { Length = 2, CaseSensitive = false };
        Assert.Equal("😀é", Store(field, "😀É").Sort);
        Assert.Equal("😀é", Store(field, "😀É").Key);
        Assert.False(TextCodec.Instance.TryParse(Target, field, "abc", out _, out var fault));
        Assert.Equal("too-long", fault.Code);
    }

    [Fact]
    public void What_was_stored_reads_back_the_same()
    {
        foreach (var (type, json) in new[]
        {
            (FieldType.Text, "\"😀\\\"\""), (FieldType.Number, "12.30"),
                (FieldType.DateTime, "\"2026-11-20T08:00:00.5Z\""),
            (FieldType.Date, "\"2026-11-20\""), (FieldType.Boolean, "true"), (FieldType.MultiPicklist, "[\"a\"]"),
        })
        {
            var stored = Read(type, json).Stored!.Value;
            using var body = JsonDocument.Parse(stored.Json);
            Assert.Equal(stored, ValueCodec.For(type).FromBody(Field(type), body.RootElement));
        }
    }

    private static (StoredValue? Stored, Fault Fault) Read(FieldType type, string json)
    {
        using var value = JsonDocument.Parse(json);
        return ValueCodec.For(type).TryRead(Target, Field(type), value.RootElement, out var stored, out var fault)
            ? (stored, default) : (null, fault);
    }

    private static StoredValue Store(SchemaField field, string text)
    {
        Assert.True(TextCodec.Instance.TryParse(Target, field, text, out var stored, out var fault), fault.Detail);
        return stored;
    }
}
