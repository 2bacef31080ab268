using Xingchen.Model;
using Xingchen.Schema;

namespace Xingchen.Tests.Query;

/// <summary>A small trade: every kind of field, with a slot and without, over three levels of parents and one of
/// children.</summary>
public static class TradeSchema
{
    public static Schema.Schema Schema { get; } = new("test",
    [
        Object("Region", 1, [Text("name", "1", "t1")]),
        Object("Customer", 2,
        [
            Text("code", "1", "t1"), Text("name", "2", "t2") with { CaseSensitive = false }, Text("country", "3", null),
            Text("city", "4", null) with { CaseSensitive = false },
            Number("creditLimit", "5", "n1", FieldType.Currency), Number("score", "6", null, FieldType.Number),
            Reference("region", "7", "r1", "Region"), Reference("parent", "8", null, "Customer"),
            Field("active", FieldType.Boolean, "9", null), Field("since", FieldType.Date, "10", "d1"),
            Choices("tags", "11"), Text("about", "12", "t3") with { Type = FieldType.LongText, Length = 5_000 },
            Field("extra", FieldType.Json, "13", null), Reference("any", "14", "r2", "Customer", "Region"),
        ], new ChildRelation("orders", "Order", "customer", false)),
        Object("Order", 3,
        [
            Text("number", "1", "t1"), Reference("customer", "2", "r1", "Customer"),
            Number("total", "3", "n1", FieldType.Currency), Number("freight", "4", null, FieldType.Currency),
            Field("orderedAt", FieldType.DateTime, "5", "d1"), Field("shippedAt", FieldType.DateTime, "6", null),
            Field("due", FieldType.Date, "7", null), Text("status", "8", "t2") with { Type = FieldType.Picklist },
            Text("order", "9", null),
        ], new ChildRelation("lines", "Line", "order", true)),
        Object("SalesOrder", 5,
        [
            Text("name", "1", "t1"), Number("total", "2", "n1", FieldType.Currency),
            Reference("customer", "3", "r1", "Customer"), Text("status", "4", "t2") with { Type = FieldType.Picklist },
            Field("orderedAt", FieldType.DateTime, "5", "d1"),
        ], new ChildRelation("lines", "SalesLine", "salesOrder", true)),
        Object("SalesLine", 6,
        [
            Reference("salesOrder", "1", "r1", "SalesOrder") with { Type = FieldType.MasterDetail },
            Field("quantity", FieldType.Integer, "2", "n1"), Reference("product", "3", null, "Product"),
        ]),
        Object("Product", 7, [Text("name", "1", "t1")]),
        Object("Line", 4,
        [
            Reference("order", "1", "r1", "Order") with { Type = FieldType.MasterDetail }, Text("product", "2", null),
            Field("quantity", FieldType.Integer, "3", "n1"), Number("unitPrice", "4", null, FieldType.Currency),
            Number("discount", "5", null, FieldType.Number),
            Field("worth", FieldType.Formula, "6", null),
        ]),
    ]);

    private static SchemaObject Object(string name, int prefix, IReadOnlyList<SchemaField> fields,
        params ChildRelation[] children) =>
        new(name, Label(name), Label(name), new KeyPrefix(prefix), fields[0].Name, "account", true, fields, children,
            null);

    private static SchemaField Field(string name, FieldType type, string key, string? slot) =>
        new(name, Label(name), type, "account", new FieldPlace(key, slot));

    private static SchemaField Text(string name, string key, string? slot) => Field(name, FieldType.Text, key, slot);

    private static SchemaField Number(string name, string key, string? slot, FieldType type) =>
        Field(name, type, key, slot) with { Precision = 18, Scale = 4 };

    private static SchemaField Choices(string name, string key) => Field(name, FieldType.MultiPicklist, key, null) with
    {
        Values = [.. new[] { "a", "b", "c" }.Select(value => new PicklistValue(value, Label(value)))],
    };

    private static SchemaField Reference(string name, string key, string? slot, params string[] targets) =>
        Field(name, FieldType.Reference, key, slot) with { References = targets };

    private static Label Label(string text) => new(new Dictionary<string, string> { ["en"] = text });
}
