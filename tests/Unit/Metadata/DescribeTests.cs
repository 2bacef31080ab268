using System.Text.Json;
using Xingchen.Hosting;
using Xingchen.Metadata.Routes;
using Xingchen.Tests.Unit.Schema;

namespace Xingchen.Tests.Unit.Metadata;

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
        var schema = StandardStackTests.Compile();
        Assert.Equal(label, Describe.Object(schema, schema.Find("Customer")!, Languages.Choose([header])).Label);
    }

    [Fact]
    public void An_object_is_described_as_the_api_says()
    {
        var schema = StandardStackTests.Compile();
        var json = Json(Describe.Object(schema, schema.Find("SalesOrder")!, "en"));
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

        var list = Json(Describe.Objects(schema, "zh-CN"));
        var first = list[0];
        Assert.Equal(["name", "label", "pluralLabel", "keyPrefix", "layer", "custom", "may"],
            first.EnumerateObject().Select(p => p.Name));
        Assert.Equal(schema.Objects.Count, list.GetArrayLength());
    }

    private static JsonElement Json<T>(T description) =>
        JsonSerializer.SerializeToElement(description, JsonSerializerOptions.Web);
}
