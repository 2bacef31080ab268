using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>The table of what a higher layer may do, row by row.</summary>
public sealed class OverlayRulesTests
{
    private const string Base = """
        {"objects":[
         {"name":"Region","keyPrefix":"0R1","fields":[{"name":"name","type":"text"}]},
         {"name":"Customer","keyPrefix":"0C1","label":{"en":"Customer","zh-CN":"客户"},"nameField":"name","fields":[
          {"name":"name","type":"text","length":80,"required":true,"label":{"en":"Name","zh-CN":"名称"}},
          {"name":"email","type":"email"},{"name":"code","type":"text","unique":true},{"name":"rank","type":"integer",
           "default":3},
          {"name":"region","type":"reference","references":["Region"],"children":"customers"},
          {"name":"status","type":"picklist","values":[{"value":"open","label":{"en":"Open"}},{"value":"held"}]},
          {"name":"tier","type":"picklist","values":[{"value":"gold"}],"locked":["values","label"]}]},
         {"name":"Sealed","keyPrefix":"0S1","locked":["*"],"fields":[{"name":"x","type":"text"}]}],
         "pages":[{"name":"CustomerList","object":"Customer","type":"list","filter":"rank > 1",
          "columns":[{"field":"name"},{"field":"email"}]}]}
        """;

    [Theory]
    // labels, help, order, default: change
    [InlineData("""{"overlays":"Customer","label":{"en":"Member"},"help":"x","pluralLabel":{"en":"Members"}}""", null)]
    [InlineData(
        """{"overlays":"Customer","fields":[{"name":"rank","default":5,"label":{"zh-CN":"级"},"after":"status"}]}""",
        null)]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"rank","unset":["default"]}]}""", null)]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"rank","default":"five"}]}""", "default-invalid")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"rank","before":"gone"}]}""", "overlay-anchor-missing")]
    // API name, type, key prefix, master: nothing
    [InlineData("""{"overlays":"Customer","keyPrefix":"0X1"}""", "overlay-not-allowed")]
    [InlineData("""{"overlays":"Customer","nameField":"email"}""", "overlay-not-allowed")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"email","type":"text"}]}""", "overlay-not-allowed")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"region","references":["Customer"]}]}""",
        "overlay-not-allowed")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"c__of","type":"masterDetail","references":["Region"]}]}""",
        "overlay-not-allowed")]
    [InlineData("""{"overlays":"Customer","locked":["label"]}""", "overlay-not-allowed")]
    public void What_an_item_is_stays_and_its_looks_change(string overlay, string? code) => AssertMay(overlay, code);

    [Theory]
    // required, unique, read-only, length: tighten
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"email","required":true,"readOnly":true,"unique":true,"length":60}]}
        """, null)]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"name","required":false}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"name","unset":["required"]}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"name","length":81}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"name","unset":["length"]}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"code","length":300}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"code","unique":false}]}""", "overlay-loosens")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"email","scale":2}]}""", "property-not-of-type")]
    // picklist values: add its own, hide, relabel
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"status","values":[{"value":"vip","before":"open"},{"value":"held",
         "hidden":true}]}]}
        """, null)]
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"status","values":[{"value":"open","label":{"en":"Active"}}]}]}
        """, null)]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"status","values":[{"value":"lost","hidden":true}]}]}""",
        "overlay-target-missing")]
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"status","values":[{"value":"open","hidden":true},{"value":"held",
         "hidden":true}]}]}
        """,
        "picklist-empty")]
    // an item: hide
    [InlineData("""{"overlays":"Customer","hidden":true,"fields":[{"name":"email","hidden":true}]}""", null)]
    public void Limits_tighten_and_values_hide(string overlay, string? code) => AssertMay(overlay, code);

    [Theory]
    // locked: nothing
    [InlineData("""{"overlays":"Customer","fields":[{"name":"tier","values":[{"value":"iron"}]}]}""",
        "definition-locked")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"tier","label":{"en":"Class"}}]}""", "definition-locked")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"tier","required":true}]}""", null)]
    [InlineData("""{"overlays":"Sealed","label":{"en":"x"}}""", "definition-locked")]
    [InlineData("""{"overlays":"Sealed","fields":[{"name":"c__y","type":"text"}]}""", "definition-locked")]
    // names, targets, references
    [InlineData("""{"overlays":"Nothing","label":{"en":"x"}}""", "overlay-target-missing")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"color","type":"text"}]}""", "overlay-target-missing")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"acme__color","type":"text"}]}""",
        "overlay-target-missing")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"c__color","label":{"en":"x"}}]}""",
        "overlay-target-missing")]
    [InlineData("""{"overlays":"Customer","fields":[{"name":"c__to","type":"reference","references":["Nowhere"]}]}""",
        "reference-missing")]
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"c__to","type":"reference","references":["Region"],
         "children":"customers"}]}
        """,
        "children-taken")]
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"c__to","type":"reference","references":["Region"],
         "children":"name"}]}
        """,
        "children-taken")]
    [InlineData("""
        {"overlays":"Customer","fields":[{"name":"c__a","type":"text","after":"c__b"},{"name":"c__b","type":"text",
         "after":"c__a"}]}
        """,
        "overlay-anchor-invalid")]
    // pages
    [InlineData("""
        {"overlays":"CustomerList","kind":"page","filter":"rank > 2","columns":[{"field":"region.name",
         "before":"email"}]}
        """, null)]
    [InlineData("""{"overlays":"CustomerList","kind":"page","columns":[{"field":"region.nothing"}]}""",
        "reference-missing")]
    [InlineData("""{"overlays":"CustomerList","kind":"page","object":"Region"}""", "overlay-not-allowed")]
    [InlineData("""{"overlays":"CustomerList","kind":"page","sections":[{"name":"x"}]}""", "property-not-of-type")]
    public void Locks_names_and_targets_hold(string overlay, string? code) => AssertMay(overlay, code);

    [Fact]
    public void Every_property_knows_who_set_it_and_what_that_hides()
    {
        var below = ResolverTests.Read(LayerKind.Group, "trade", null, Base);
        var package = ResolverTests.Read(LayerKind.Isv, "loyalty", "acme",
            """
                {"overlays":[{"overlays":"Customer","fields":[{"name":"name","label":{"en":"Full name"},
                 "length":60}]}]}
                """);
        var account = ResolverTests.Read(LayerKind.Account, "main", null,
            """{"overlays":[{"overlays":"Customer","fields":[{"name":"name","restore":["label"],"length":40}]}]}""");
        var resolution = Resolver.Resolve([below, package, account]);
        Assert.Empty(resolution.Findings);
        var blame = resolution.Blame("objects", "Customer").ToDictionary(b => b.Path, b => b.Setting);
        Assert.Equal(("account", 40), (blame["/fields/name/length"].Layer,
            blame["/fields/name/length"].Value!.Value.GetInt32()));
        Assert.Equal([("loyalty", "60"), ("group", "80")],
            blame["/fields/name/length"].Hides.Select(h => (h.Layer, h.Value.ToString()!)));
        Assert.Equal("Name", blame["/fields/name/label"].Value!.Value.GetProperty("en").GetString());
        Assert.Equal("group", blame["/fields/name/required"].Layer);

        var json = CanonicalJson.Read(
            CanonicalJson.Write(w => Assert.True(resolution.WriteDefinition(w, "objects", "Customer",
            explain: true))));
        var explained = json.GetProperty("explain").GetProperty("/fields/name/label");
        Assert.Equal("account", explained.GetProperty("layer").GetString());
        Assert.Equal("Full name", explained.GetProperty("hides")[0].GetProperty("value").GetProperty("en").GetString());
        Assert.Equal("名称", explained.GetProperty("hides")[0].GetProperty("value").GetProperty("zh-CN").GetString());
    }

    [Fact]
    public void Two_packages_that_tighten_the_same_do_not_know_of_each_other()
    {
        var below = ResolverTests.Read(LayerKind.Group, "trade", null, Base);
        string Of(int length) =>
            $$$"""{"overlays":[{"overlays":"Customer","fields":[{"name":"name","length":{{{length}}}}]}]}""";
        foreach (var (first, second) in new[] { (30, 50), (50, 30) })
        {
            var resolution = Resolver.Resolve([below, ResolverTests.Read(LayerKind.Isv, "a", "alpha", Of(first)),
                ResolverTests.Read(LayerKind.Isv, "b", "beta", Of(second))]);
            Assert.Empty(resolution.Findings);
            Assert.Equal(30, resolution.Find("object", "Customer")!.Item("fields", "name")!.Number("length"));
        }
    }

    [Fact]
    public void A_definition_of_a_lower_layer_is_not_defined_again()
    {
        var one = ResolverTests.Read(LayerKind.Isv, "a", "acme", """{"objects":[{"name":"acme__A"}]}""");
        var other = ResolverTests.Read(LayerKind.Isv, "b", "acme",
            """{"objects":[{"name":"acme__A","label":"other"}]}""");
        var finding = Assert.Single(Resolver.Resolve([one, other]).Findings);
        Assert.Equal(("definition-duplicate", "/objects/0/name"), (finding.Code, finding.Pointer));
    }

    [Fact]
    public void Masters_form_no_ring()
    {
        var layer = ResolverTests.Read(LayerKind.Account, "main", null, """
            {"objects":[{"name":"c__A","fields":[{"name":"b","type":"masterDetail","references":["c__B"]}]},
             {"name":"c__B","fields":[{"name":"a","type":"masterDetail","references":["c__A"]}]},
             {"name":"c__C","fields":[{"name":"c","type":"masterDetail","references":["c__C"]},
              {"name":"d","type":"masterDetail","references":["c__A"]}]}]}
            """);
        var codes = Resolver.Resolve([layer]).Findings.Select(f => f.Code).ToList();
        Assert.Equal(3, codes.Count(c => c == "master-ring"));
        Assert.Contains("master-many", codes);
    }

    [Theory]
    [InlineData("""{"objects":[{"name":"A"}]}""", "key-prefix-missing")]
    [InlineData("""{"objects":[{"name":"A","keyPrefix":"A00"}]}""", "key-prefix-invalid")]
    [InlineData("""{"objects":[{"name":"A","keyPrefix":"000"}]}""", "key-prefix-invalid")]
    [InlineData("""{"objects":[{"name":"A","keyPrefix":"0A1"},{"name":"B","keyPrefix":"0A1"}]}""", "key-prefix-taken")]
    [InlineData("""{"objects":[{"name":"A","keyPrefix":"0A1","nameField":"x"}]}""", "name-field-missing")]
    public void Standard_objects_have_a_key_prefix_of_their_own(string json, string code) =>
        Assert.Equal(code, Assert.Single(
            Resolver.Resolve([ResolverTests.Read(LayerKind.Group, "trade", null, json)]).Findings).Code);

    [Fact]
    public void A_stack_out_of_order_is_our_own_mistake()
    {
        var group = Layer.Empty(LayerKind.Group, "trade");
        var package = Layer.Empty(LayerKind.Isv, "a", "acme");
        Assert.Throws<ArgumentException>(() => Resolver.Resolve([package, group]));
        Assert.Throws<ArgumentException>(() => Resolver.Resolve([group, group]));
        Assert.Throws<ArgumentException>(() => Resolver.Resolve([package, package]));
    }

    private static void AssertMay(string overlay, string? code)
    {
        var below = ResolverTests.Read(LayerKind.Group, "trade", null, Base);
        var above = ResolverTests.Read(LayerKind.Account, "main", null, $$"""{"overlays":[{{overlay}}]}""");
        Assert.Empty(Resolver.Resolve([below]).Findings);
        var resolution = Resolver.Resolve([below, above]);
        if (code is null)
        {
            Assert.Empty(resolution.Findings);
            Assert.NotEqual(Resolver.Resolve([below]).ToJson(), resolution.ToJson());
            return;
        }
        Assert.Contains(resolution.Findings, f => f.Code == code
            && f.Pointer!.StartsWith("/overlays/0", StringComparison.Ordinal));
        Assert.Equal(resolution.Findings, resolution.FindingsOf("account"));
        Assert.All(resolution.Findings, f => Assert.EndsWith(".", f.Detail));
    }
}
