using Xingchen.Schema;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Tests.Unit.Schema;

public sealed class FieldTypeTests
{
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
}
