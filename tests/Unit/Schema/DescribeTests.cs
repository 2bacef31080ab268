using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Tests.Unit.Schema;

public sealed class DescribeTests
{
    [Theory]
    [InlineData(null, "Customer")]
    [InlineData("zh-CN", "客户")]
    [InlineData("zh", "客户")]
    [InlineData("ZH-hans-cn", "客户")]
    [InlineData("de, zh-cn;q=0.9, en;q=0.8", "客户")]
    [InlineData("en;q=0.2, zh-CN;q=0.1", "Customer")]
    [InlineData("fr-FR", "Customer")]
    [InlineData("*", "Customer")]
    [InlineData("zh-CN;q=0, en", "Customer")]
    [InlineData(";;q=,,=", "Customer")]
    public void Labels_follow_the_languages_of_the_caller(string? header, string label)
    {
        var json = CanonicalJson.Read(
            CanonicalJson.Write(w => Describe.WriteObject(w, Customer(), Languages.FromHeader(header))));
        Assert.Equal(label, json.GetProperty("label").GetString());
    }

    [Fact]
    public void An_object_is_described_as_the_api_says()
    {
        var schema = StandardStackTests.Compile();
        var json = CanonicalJson.Read(
            CanonicalJson.Write(w => Describe.WriteObject(w, schema.Find("SalesOrder")!, ["en"])));
        Assert.Equal(["Sales order", "0T1", "group"],
            new[] { "label", "keyPrefix", "layer" }.Select(name => json.GetProperty(name).GetString()!));
        Assert.False(json.GetProperty("custom").GetBoolean());
        var status = json.GetProperty("fields").EnumerateArray().Single(f =>
            f.GetProperty("name").GetString() == "status");
        Assert.Equal("picklist", status.GetProperty("type").GetString());
        Assert.Equal("open", status.GetProperty("default").GetString());
        Assert.Equal("On hold", status.GetProperty("values")[2].GetProperty("label").GetString());
        var total = json.GetProperty("fields").EnumerateArray().Single(f =>
            f.GetProperty("name").GetString() == "total");
        foreach (var name in new[] { "label", "type", "required", "unique", "indexed", "precision", "scale",
            "readOnly", "layer" })
            Assert.True(total.TryGetProperty(name, out _), name);
        var lines = json.GetProperty("children").EnumerateArray().Single(c =>
            c.GetProperty("name").GetString() == "lines");
        Assert.Equal(["SalesOrderLine", "order"],
            new[] { "object", "field" }.Select(name => lines.GetProperty(name).GetString()!));

        var list = CanonicalJson.Read(CanonicalJson.Write(w => Describe.WriteList(w, schema, ["zh-CN"])));
        var first = list.GetProperty("objects")[0];
        Assert.Equal(["name", "label", "pluralLabel", "keyPrefix", "layer", "custom"],
            first.EnumerateObject().Select(p => p.Name));
        Assert.Equal(schema.Objects.Count, list.GetProperty("objects").GetArrayLength());
    }

    [Theory]
    [InlineData("text", "\"abc\"", true)]
    [InlineData("text", "\"abcdef\"", false)]
    [InlineData("text", "7", false)]
    [InlineData("text", "\"😀😀😀😀😀\"", true)]
    [InlineData("number", "12.30", true)]
    [InlineData("number", "12.345", false)]
    [InlineData("number", "1234.5", false)]
    [InlineData("number", "1e400", false)]
    [InlineData("integer", "12345", true)]
    [InlineData("integer", "1.5", false)]
    [InlineData("boolean", "true", true)]
    [InlineData("boolean", "\"true\"", false)]
    [InlineData("date", "\"2026-02-28\"", true)]
    [InlineData("date", "\"2026-02-30\"", false)]
    [InlineData("dateTime", "\"2026-11-20T08:00:00Z\"", true)]
    [InlineData("dateTime", "\"yesterday\"", false)]
    [InlineData("email", "\"a@b\"", true)]
    [InlineData("email", "\"a@@b\"", false)]
    [InlineData("picklist", "\"open\"", true)]
    [InlineData("picklist", "\"Open\"", false)]
    [InlineData("multiPicklist", "[\"open\"]", true)]
    [InlineData("multiPicklist", "[\"open\",\"open\"]", false)]
    [InlineData("autoNumber", "\"1\"", false)]
    [InlineData("reference", "\"A00000000000001\"", true)]
    [InlineData("reference", "\"x\"", false)]
    public void A_type_knows_the_form_of_its_values(string type, string json, bool right)
    {
        var limits = new FieldLimits(5, 5, 2, ["open", "held"]);
        Assert.Equal(right, FieldTypeRule.OfName(type)!.Expects(
            CanonicalJson.Read(System.Text.Encoding.UTF8.GetBytes(json)), limits) is null);
    }

    [Fact]
    public void Every_type_stands_in_its_place()
    {
        Assert.Equal(Enum.GetValues<FieldType>(), FieldTypeRule.All.Select(rule => rule.Type));
        foreach (var rule in FieldTypeRule.All)
        {
            Assert.Same(rule, FieldTypeRule.OfName(rule.Name));
            Assert.All(rule.ChangesInto, other => Assert.Equal(rule.Storage, FieldTypeRule.Of(other).Storage));
        }
    }

    private static SchemaObject Customer() => StandardStackTests.Compile().Find("Customer")!;
}
