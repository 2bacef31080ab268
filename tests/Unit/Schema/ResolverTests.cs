using System.Text;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

public sealed class ResolverTests
{
    private const string Trade = """
        {"objects":[{"name":"Customer","keyPrefix":"0C1","label":{"en":"Customer","zh-CN":"客户"},"nameField":"name",
         "fields":[
          {"name":"name","type":"text","length":80,"required":true,"indexed":true},
          {"name":"status","type":"picklist","values":[{"value":"open"},{"value":"held"}]},
          {"name":"tier","type":"picklist","values":[{"value":"gold"}],"locked":["values"]},
          {"name":"creditLimit","type":"currency"}]}]}
        """;

    [Fact]
    public void A_stack_becomes_a_schema()
    {
        var trade = Read(LayerKind.Group, "trade", null, Trade);
        var account = Read(LayerKind.Account, "main", null, """
            {"objects":[{"name":"c__Pet","fields":[{"name":"owner","type":"masterDetail","references":["Customer"],
             "children":"pets"}]}],
             "overlays":[{"overlays":"Customer","label":{"en":"Member"},
              "fields":[{"name":"c__color","type":"text","indexed":true,"after":"name"},{"name":"creditLimit",
               "required":true}]}]}
            """);
        var resolution = Resolver.Resolve([trade, account]);
        Assert.Empty(resolution.Findings);

        var standard = Places.Allot(Resolver.Resolve([trade]), Places.None, Places.None, forStandard: true);
        var places = Places.Allot(resolution, standard, Places.None, forStandard: false);
        var schema = SchemaCompiler.Compile(resolution, standard, places, resolution.Address);

        var customer = schema.Find("Customer")!;
        Assert.Equal("Member", customer.Label.For(["en"]));
        Assert.Equal("客户", customer.Label.For(["zh-CN"]));
        Assert.Equal(["name", "c__color", "status", "tier", "creditLimit"], customer.Fields.Select(f => f.Name));
        Assert.True(customer.Find("creditLimit")!.Required);
        Assert.Equal(new FieldPlace("_1", "t6"), customer.Find("c__color")!.Place);
        Assert.Equal(new FieldPlace("1", "t1"), customer.Find("name")!.Place);
        Assert.Equal(new ChildRelation("pets", "c__Pet", "owner", true), Assert.Single(customer.Children));
        Assert.Equal("A00", schema.Find("c__Pet")!.Prefix.ToString());
    }

    internal static Layer Read(LayerKind kind, string name, string? ns, string json)
    {
        var layer = Layer.Parse(kind, name, ns, "1.0.0", Encoding.UTF8.GetBytes(json), out var findings);
        Assert.Empty(findings);
        return layer;
    }
}
