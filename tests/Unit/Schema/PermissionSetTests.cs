using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Permission sets: what they say wrong, how layers lay over each other, and what a caller sees by
/// them.</summary>
public sealed class PermissionSetTests
{
    private const string Base = """
        {"objects":[
         {"name":"Region","keyPrefix":"0R1","fields":[{"name":"name","type":"text"}]},
         {"name":"Customer","keyPrefix":"0C1","nameField":"name","fields":[
          {"name":"name","type":"text","required":true},{"name":"credit","type":"currency"},
          {"name":"region","type":"reference","references":["Region"],"children":"customers"}]}],
         "permission-sets":[{"name":"Sales","objects":[
          {"object":"Customer","read":true,"edit":true,"otherFields":"see","locked":["delete"],
           "fields":[{"field":"credit","see":false},{"field":"name","edit":true}]}]}]}
        """;

    [Theory]
    [InlineData("""{"object":"Nothing","read":true}""", "reference-missing", "/object")]
    [InlineData("""{"object":"Customer","read":true,"fields":[{"field":"nothing","see":true}]}""",
        "reference-missing", "/fields/0/field")]
    [InlineData("""{"object":"Customer","read":true,"fields":[{"field":"createdAt","see":true}]}""",
        "reference-missing", "/fields/0/field")]
    [InlineData("""{"object":"Customer","create":true}""", "permission-incoherent", "/create")]
    [InlineData("""{"object":"Customer","read":false,"edit":true}""", "permission-incoherent", "/edit")]
    [InlineData("""{"object":"Customer","delete":true}""", "permission-incoherent", "/delete")]
    [InlineData("""{"object":"Customer","read":true,"rule":"nothing = 'x'"}""", "field-unknown", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"rule":"credit"}""", "type-mismatch", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"rule":"credit = 'x'"}""", "type-mismatch", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"rule":"credit = "}""", "syntax", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"rule":"name = :user.a + 1"}""", "type-mismatch", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"rule":"name = :nobody"}""", "parameter-unknown", "/rule")]
    [InlineData("""{"object":"Customer","read":true,"fields":[{"field":"name","see":false,"edit":true}]}""",
        "permission-incoherent", "/fields/0/edit")]
    public void What_is_wrong_in_the_stack_is_said_where_it_stands(string entry, string code, string pointer)
    {
        var resolution = Resolver.Resolve([Group(), Account(
            $$"""{"permission-sets":[{"name":"c__S","objects":[{"object":"Region","read":true},{{entry}}]}]}""")]);
        var finding = Assert.Single(resolution.Findings);
        Assert.Equal((code, "/permission-sets/0/objects/1" + pointer), (finding.Code, finding.Pointer));
        Assert.EndsWith(".", finding.Detail);
    }

    [Theory]
    [InlineData("""{"objects":[{"object":"Customer","otherFields":"all"}]}""", "property-invalid",
        "/permission-sets/0/objects/0/otherFields")]
    [InlineData("""{"objects":[{"object":"Customer"},{"object":"Customer"}]}""", "definition-duplicate",
        "/permission-sets/0/objects/1/object")]
    [InlineData("""{"objects":[{"object":"Customer","write":true}]}""", "member-unknown",
        "/permission-sets/0/objects/0/write")]
    public void What_is_wrong_in_itself_is_said_too(string set, string code, string pointer)
    {
        Layer.Parse(LayerKind.Account, "main", null, "1", System.Text.Encoding.UTF8.GetBytes(
            """{"permission-sets":[{"name":"c__S",""" + set[1..] + "]}"), out var findings);
        var finding = Assert.Single(findings);
        Assert.Equal((code, pointer), (finding.Code, finding.Pointer));
    }

    [Theory]
    [InlineData("name = :user")]
    [InlineData("createdBy = :user OR region.name = :user.region")]
    [InlineData("credit < :user.limit AND region = :user.home")]
    [InlineData(":user.boss OR NOT ISBLANK(region)")]
    public void A_rule_reads_the_record_its_parents_and_the_caller(string rule) => Assert.Empty(
        Resolver.Resolve([Group(), Account(
            """{"permission-sets":[{"name":"c__S","objects":[{"object":"Customer","read":true,"rule":"""
            + System.Text.Json.JsonSerializer.Serialize(rule) + "}]}]}")]).Findings);

    [Fact]
    public void An_account_extends_and_narrows_the_sets_below_and_blame_tells()
    {
        var resolution = Resolver.Resolve([Group(), Account("""
            {"overlays":[{"overlays":"Sales","kind":"permission-set","objects":[
             {"object":"Customer","edit":false,"fields":[{"field":"credit","see":true}]},
             {"object":"Region","read":true,"otherFields":"edit"}]}]}
            """)]);
        Assert.Empty(resolution.Findings);
        var blame = resolution.Blame("permission-sets", "Sales").ToDictionary(b => b.Path, b => b.Setting);
        Assert.Equal("account", blame["/objects/Customer/fields/credit/see"].Layer);
        Assert.Equal("group", blame["/objects/Customer/edit"].Hides[0].Layer);
        var set = Compile(resolution).FindPermissionSet("Sales")!;
        Assert.False(set.Objects["Customer"].Edit);
        Assert.Equal(FieldPermission.See, set.Objects["Customer"].Of("credit"));
        Assert.True(set.Objects["Region"].Read);
    }

    [Fact]
    public void What_the_owner_locked_stays()
    {
        var resolution = Resolver.Resolve([Group(), Account("""
            {"overlays":[{"overlays":"Sales","kind":"permission-set","objects":[{"object":"Customer","delete":true}]}]}
            """)]);
        var finding = Assert.Single(resolution.Findings);
        Assert.Equal(("definition-locked", "/overlays/0/objects/0/delete"), (finding.Code, finding.Pointer));
        Assert.False(Compile(resolution).FindPermissionSet("Sales")!.Objects["Customer"].Delete);
    }

    [Fact]
    public void A_package_adds_to_anothers_set_only_what_is_its_own()
    {
        var package = ResolverTests.Read(LayerKind.Isv, "loyalty", "acme", """
            {"objects":[{"name":"acme__Card","fields":[{"name":"no","type":"text"}]}],
             "overlays":[{"overlays":"Customer","fields":[{"name":"acme__points","type":"integer"}]},
              {"overlays":"Sales","kind":"permission-set","objects":[
               {"object":"acme__Card","read":true,"otherFields":"see"},
               {"object":"Customer","fields":[{"field":"acme__points","see":true}]}]}]}
            """);
        Assert.Empty(Resolver.Resolve([Group(), package]).Findings);
        var greedy = ResolverTests.Read(LayerKind.Isv, "greedy", "greedy", """
            {"overlays":[{"overlays":"Sales","kind":"permission-set","objects":[{"object":"Customer","create":true,
             "fields":[{"field":"credit","see":true}]}]}]}
            """);
        var findings = Resolver.Resolve([Group(), greedy]).Findings;
        Assert.Equal(["/overlays/0/objects/0/create", "/overlays/0/objects/0/fields/0/see"],
            findings.Select(f => f.Pointer).Order());
        Assert.All(findings, f => Assert.Equal("overlay-not-allowed", f.Code));
    }

    [Fact]
    public void A_caller_sees_what_any_of_his_sets_lets_see()
    {
        var schema = Compile(Resolver.Resolve([Group(), Account("""
            {"permission-sets":[
             {"name":"c__Regions","objects":[{"object":"Region","read":true,"create":true,"otherFields":"edit"}]},
             {"name":"c__Own","objects":[{"object":"Customer","read":true,"delete":true,"rule":"name = 'x'"}]},
             {"name":"c__Credit","objects":[{"object":"Customer","read":false,"fields":[{"field":"credit",
              "edit":true}]}]}]}
            """)]));
        var sales = CallerView.Of(schema, ["Sales", "c__Credit", "nothing"]);
        var customer = Assert.Single(sales.Visible.Objects);
        Assert.Equal(["name", "region"], customer.Fields.Select(field => field.Name));
        Assert.Equal([false, true], customer.Fields.Select(field => field.ReadOnly));
        Assert.Empty(customer.Find("region")!.References!);
        Assert.True(sales.Of("Customer").May(RecordRight.Edit));
        Assert.False(sales.Of("Customer").May(RecordRight.Delete));
        Assert.False(sales.Of("Region").May(RecordRight.Read));
        Assert.Null(sales.Of("Customer").Rules(RecordRight.Read));

        var both = CallerView.Of(schema, ["c__Regions", "c__Own", "Sales"]);
        Assert.Equal(["Customer", "Region"], both.Visible.Objects.Select(item => item.Name));
        Assert.Equal(["customers"], both.Visible.Find("Region")!.Children.Select(child => child.Name));
        Assert.Null(both.Of("Customer").Rules(RecordRight.Read));
        Assert.Equal(["name = 'x'"], both.Of("Customer").Rules(RecordRight.Delete)!);
        Assert.Empty(CallerView.Of(schema, []).Visible.Objects);
        var own = CallerView.Of(schema, ["c__Own"]).Visible.Find("Customer")!;
        Assert.Equal(("id", 0), (own.NameField, own.Fields.Count));
    }

    private static Layer Group() => ResolverTests.Read(LayerKind.Group, "trade", null, Base);

    private static Layer Account(string json) => ResolverTests.Read(LayerKind.Account, "main", null, json);

    private static Xingchen.Schema.Schema Compile(Resolution resolution)
    {
        var standard = Places.Allot(resolution, Places.None, Places.None, forStandard: true);
        return SchemaCompiler.Compile(resolution, standard, Places.None, "");
    }
}
