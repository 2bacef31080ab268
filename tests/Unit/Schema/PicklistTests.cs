using System.Text;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Values that fields share, through the layers.</summary>
public sealed class PicklistTests
{
    private const string Standard = """
        {"picklists":[{"name":"Urgency","values":[{"value":"high","label":"High"},{"value":"low","label":"Low"}]}],
         "objects":[
          {"name":"Order","keyPrefix":"0T1","nameField":"name","fields":[{"name":"name","type":"text"},
           {"name":"urgency","type":"picklist","picklist":"Urgency"}]},
          {"name":"Case","keyPrefix":"0T2","nameField":"name","fields":[{"name":"name","type":"text"},
           {"name":"urgencies","type":"multiPicklist","picklist":"Urgency"}]}]}
        """;

    private const string Overlay = """
        {"overlays":[{"overlays":"Urgency","kind":"picklist","values":[
          {"value":"now","label":"Now","before":"high"},{"value":"low","hidden":true},
          {"value":"high","label":"Urgent"}]}]}
        """;

    [Fact]
    public void Every_field_that_names_it_has_its_values_and_what_a_layer_makes_of_them()
    {
        var below = Resolve((LayerKind.Group, Standard));
        Assert.Empty(below.Findings);
        Assert.Equal(["high:High", "low:Low"], Values(below, "Order", "urgency"));
        var above = Resolve((LayerKind.Group, Standard), (LayerKind.Account, Overlay));
        Assert.Empty(above.Findings);
        Assert.Equal(["now:Now", "high:Urgent", "-low:Low"], Values(above, "Order", "urgency"));
        Assert.Equal(["now:Now", "high:Urgent", "-low:Low"], Values(above, "Case", "urgencies"));
        Assert.Equal(["high:High", "low:Low"],
            Values(Resolve((LayerKind.Group, Standard), (LayerKind.Account, "{}")), "Case", "urgencies"));
    }

    [Theory]
    [InlineData("""{"overlays":[{"overlays":"Order","fields":[{"name":"urgency","values":[{"value":"now"}]}]}]}""",
        "overlay-not-allowed", "/overlays/0/fields/0/values")]
    [InlineData("""
        {"overlays":[{"overlays":"Order","fields":[{"name":"c__x","type":"picklist","picklist":"None"}]}]}
        """, "reference-missing", "/overlays/0/fields/0/picklist")]
    [InlineData("""
        {"overlays":[{"overlays":"Urgency","kind":"picklist","values":[{"value":"high","hidden":true},
        {"value":"low","hidden":true}]}]}
        """, "picklist-empty", "/overlays/0/values/0/hidden")]
    public void What_cannot_be_is_said(string account, string code, string pointer)
    {
        var found = Resolve((LayerKind.Group, Standard), (LayerKind.Account, account)).FindingsOf("account");
        Assert.Contains((code, pointer), found.Select(finding => (finding.Code, finding.Pointer!)));
    }

    [Theory]
    [InlineData("""{"name":"c__x","type":"picklist"}""")]
    [InlineData("""{"name":"c__x","type":"picklist","picklist":"Urgency","values":[{"value":"a"}]}""")]
    public void A_field_has_values_or_shares_them(string field)
    {
        Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(
            $$"""{"overlays":[{"overlays":"Order","fields":[{{field}}]}]}"""), out var wrong);
        Assert.Equal(["property-missing"], wrong.Select(finding => finding.Code));
    }

    private static Resolution Resolve(params (LayerKind Kind, string Json)[] layers) => Resolver.Resolve(
    [
        .. layers.Select(layer =>
        {
            var read = Layer.Parse(layer.Kind, layer.Kind == LayerKind.Account ? "private" : "trade", null, "1.0.0",
                Encoding.UTF8.GetBytes(layer.Json), out var wrong);
            Assert.Empty(wrong);
            return read;
        }),
    ]);

    private static IEnumerable<string> Values(Resolution resolution, string item, string field)
    {
        var places = Places.Allot(resolution, Places.None, Places.None, forStandard: true);
        return SchemaCompiler.Compile(resolution, places, Places.None, "test").Find(item)!.Find(field)!.Values!
            .Select(value => (value.Hidden ? "-" : "") + value.Value + ":" + value.Label.For(["en"]));
    }
}
