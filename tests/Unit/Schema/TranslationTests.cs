using System.Text;
using Xingchen.Schema;
using Xingchen.Schema.Definitions;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Labels in further languages, through the layers.</summary>
public sealed class TranslationTests
{
    private const string Standard = """
        {"picklists":[{"name":"Urgency","values":[{"value":"a/b","label":"High"}]}],
         "objects":[{"name":"Order","keyPrefix":"0T1","label":{"en":"Order","zh-CN":"订单"},"nameField":"name",
          "fields":[
           {"name":"name","type":"text","label":"Name"},{"name":"plain","type":"text"},
           {"name":"fixed","type":"text","label":"Fixed","locked":["label"]},
           {"name":"urgency","type":"picklist","picklist":"Urgency","label":"Urgency"}]}],
         "pages":[{"name":"OrderList","object":"Order","type":"list","label":"Orders","columns":[{"field":"name"}]}],
         "validation-rules":[{"name":"Named","object":"Order","condition":"name = NULL","message":"Give a name."}]}
        """;

    private static string German(string prefix, params (string Path, string Text)[] texts)
    {
        var all = string.Join(',', texts.Select(text => $$"""{"path":"{{text.Path}}","text":"{{text.Text}}"}"""));
        return $$"""{"translations":[{"name":"{{prefix}}German","language":"de","texts":[{{all}}]}]}""";
    }

    [Fact]
    public void Every_label_can_be_said_in_one_more_language()
    {
        var german = German("acme__", ("objects/Order/label", "Auftrag"),
            ("objects/Order/fields/name/label", "Bezeichnung"),
            ("picklists/Urgency/values/a~1b/label", "Hoch"), ("pages/OrderList/label", "Aufträge"),
            ("validation-rules/Named/message", "Bitte benennen."));
        var all = Resolve((LayerKind.Group, Standard), (LayerKind.Isv, german));
        Assert.Empty(all.Findings);
        var schema = Compile(all);
        var order = schema.Find("Order")!;
        Assert.Equal(["de"], schema.Languages);
        Assert.Equal(["Auftrag", "订单", "Order"],
            new[] { "de", "zh-CN", "en" }.Select(language => order.Label.For([language])));
        Assert.Equal("Bezeichnung", order.Find("name")!.Label.For(["de"]));
        Assert.Equal("Hoch", order.Find("urgency")!.Values![0].Label.For(["de"]));
        Assert.Equal("Bitte benennen.", order.Rules[0].Message.For(["de-AT", "de"]));
        Assert.Equal("fixed Fixed", order.Find("fixed")!.Name + " " + order.Find("fixed")!.Label.For(["de"]));
        Assert.Equal("Aufträge",
            LabelForm.Languages(all.Find("page", "OrderList")!.Value("label")!.Value)["de"]);
        Assert.Equal("acme", all.Blame("object", "Order").Single(b => b.Path == "/label").Setting.Layer);
    }

    [Fact]
    public void The_higher_layer_wins_and_its_removal_shows_what_lies_below()
    {
        var acme = (LayerKind.Isv, German("acme__", ("objects/Order/label", "Auftrag")));
        var overlay = (LayerKind.Account, """
            {"overlays":[{"overlays":"Order","label":{"de":"Bestellung"}}]}
            """);
        var text = (LayerKind.Account, """
            {"overlays":[{"overlays":"acme__German","kind":"translation",
              "texts":[{"path":"objects/Order/label","text":"Kundenauftrag"}]}]}
            """);
        var standard = (LayerKind.Group, Standard);
        string Label(params (LayerKind, string)[] layers) =>
            Compile(Resolve(layers)).Find("Order")!.Label.For(["de"]);
        Assert.Equal("Order", Label(standard));
        Assert.Equal("Auftrag", Label(standard, acme));
        Assert.Equal("Bestellung", Label(standard, acme, overlay));
        Assert.Equal("Kundenauftrag", Label(standard, acme, text));
        Assert.Equal("Auftrag", Label(standard, acme, (LayerKind.Account, "{}")));
    }

    [Theory]
    [InlineData("objects/Nothing/label", "translation-target-missing", "/path")]
    [InlineData("things/Order/label", "translation-target-missing", "/path")]
    [InlineData("objects/Order", "translation-target-missing", "/path")]
    [InlineData("objects/Order/fields/label", "translation-target-missing", "/path")]
    [InlineData("objects/Order/fields/nothing/label", "translation-target-missing", "/path")]
    [InlineData("objects/Order/fields/plain/label", "translation-target-missing", "/path")] // it has none
    [InlineData("objects/Order/fields/name/type", "translation-target-missing", "/path")]
    [InlineData("objects/Order/fields/urgency/values/a~1b/label", "translation-target-missing", "/path")]
    [InlineData("objects/Order/fields/fixed/label", "definition-locked", "/text")]
    public void What_cannot_be_translated_is_said(string path, string code, string member)
    {
        var found = Resolve((LayerKind.Group, Standard), (LayerKind.Account, German("c__", (path, "x"))));
        var finding = Assert.Single(found.FindingsOf("account"));
        Assert.Equal((code, "/translations/0/texts/0" + member), (finding.Code, finding.Pointer));
    }

    [Fact]
    public void A_text_is_as_long_as_its_label_may_be_and_is_not_taken_away()
    {
        var longer = German("c__", ("objects/Order/label", new string('x', 201)));
        Assert.Equal(["property-invalid"], Resolve((LayerKind.Group, Standard), (LayerKind.Account, longer))
            .Findings.Select(found => found.Code));
        var unset = """
            {"overlays":[{"overlays":"acme__German","kind":"translation",
              "texts":[{"path":"objects/Order/label","unset":["text"]}]}]}
            """;
        Assert.Equal(["property-missing"], Resolve((LayerKind.Group, Standard),
            (LayerKind.Isv, German("acme__", ("objects/Order/label", "Auftrag"))), (LayerKind.Account, unset))
            .Findings.Select(found => found.Code));
    }

    [Theory]
    [InlineData("DE")]
    [InlineData("de-at")]
    [InlineData("zh-hant")]
    [InlineData("german language")]
    [InlineData("")]
    public void A_language_is_a_tag(string language)
    {
        Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(
            $$"""{"translations":[{"name":"c__a","language":"{{language}}"}]}"""), out var wrong);
        Assert.Equal([("property-invalid", "/translations/0/language")],
            wrong.Select(found => (found.Code, found.Pointer!)));
    }

    private static Xingchen.Schema.Schema Compile(Resolution resolution) => SchemaCompiler.Compile(resolution,
        Places.Allot(resolution, Places.None, Places.None, forStandard: true), Places.None, "test");

    private static Resolution Resolve(params (LayerKind Kind, string Json)[] layers) => Resolver.Resolve(
    [
        .. layers.Select(layer =>
        {
            var isPackage = layer.Kind == LayerKind.Isv;
            var read = Layer.Parse(layer.Kind, isPackage ? "acme" : "trade", isPackage ? "acme" : null, "1.0.0",
                Encoding.UTF8.GetBytes(layer.Json), out var wrong);
            Assert.Empty(wrong);
            return read;
        }),
    ]);
}
