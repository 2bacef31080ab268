using System.Globalization;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Tests.Integration.Expressions;

/// <summary>A record in memory that is in the database as well.</summary>
internal sealed class SampleRecord(SchemaObject of, RecordId id, (string Name, object? Value)[] values)
    : ExpressionRecord
{
    public RecordId Id => id;

    public List<SampleRecord> Lines { get; } = [];

    public bool IsDeleted { get; set; }

    public override object? Value(SchemaField field) => Find(field.Name) switch
    {
        null => null,
        SampleRecord record => record.Id.Value,
        string text when field.Type == FieldType.Date => DateOnly.ParseExact(text, "yyyy-MM-dd"),
        string text when field.Type == FieldType.DateTime =>
            DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime,
        string text => text,
        JsonElement { ValueKind: JsonValueKind.Number } number => ExactNumber.TryParse(number.GetRawText()),
        JsonElement { ValueKind: JsonValueKind.True } => true,
        JsonElement { ValueKind: JsonValueKind.False } => false,
        JsonElement { ValueKind: JsonValueKind.Array } list when field.Type == FieldType.MultiPicklist =>
            (IReadOnlyList<string>)[.. list.EnumerateArray().Select(item => item.GetString()!)],
        var other => other,
    };

    public override object? System(string name) => name switch
    {
        "id" => id.Value,
        "object" => of.Name,
        "version" => (ExactNumber)1,
        "createdAt" => new DateTime(2026, 1, 2, 3, 4, 5, 500, DateTimeKind.Utc),
        "modifiedAt" => new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        _ => "maker",
    };

    public override ExpressionRecord? Parent(SchemaField reference) =>
        Find(reference.Name) is SampleRecord { IsDeleted: false } parent ? parent : null;

    public override IEnumerable<ExpressionRecord> Children(ChildRelation relation) => Lines;

    public override string ToString() =>
        string.Join(", ", values.Where(value => value.Value is not null).Select(value =>
            $"{value.Name}={value.Value}"));

    private object? Find(string name) => Array.Find(values, value => value.Name == name).Value;
}
