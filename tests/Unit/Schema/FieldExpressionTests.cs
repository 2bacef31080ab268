using System.Text;
using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>What is wrong with the expressions of a layer is said at publication: all of it, where it stands.</summary>
public sealed class FieldExpressionTests
{
    private const string Line = """
        {"name":"c__Line","fields":[
          {"name":"order","type":"masterDetail","references":["c__Order"],"children":"lines"},
          {"name":"quantity","type":"integer"}]}
        """;

    [Theory]
    [InlineData("formula", "number", "quantity + 1", "field-unknown /formula 0")]
    [InlineData("formula", "number", "name", "type-mismatch /formula 0")]
    [InlineData("formula", "text", "UPPER(name) & totl & nam", "field-unknown /formula 14|field-unknown /formula 21")]
    [InlineData("formula", "number", "1 +", "syntax /formula 3")]
    [InlineData("formula", "text", "createdBy & :user", "parameter-misplaced /formula 12")]
    [InlineData("formula", "number", "self + 1", "formula-cycle /formula ")]
    public void A_wrong_formula_is_told(string type, string result, string formula, string expected)
    {
        var field = new JsonObject { ["name"] = "self", ["type"] = type, ["result"] = result, ["formula"] = formula };
        Assert.Equal(expected, Wrong(field));
    }

    [Theory]
    [InlineData("""{"of":"rows","function":"count"}""", "children-unknown /of ")]
    [InlineData("""{"of":"lines","function":"sum"}""", "arguments-wrong /function ")]
    [InlineData("""{"of":"lines","function":"count","each":"quantity"}""", "arguments-wrong /each ")]
    [InlineData("""{"of":"lines","function":"sum","each":"quantit","filter":"quantity"}""",
        "field-unknown /each 0|type-mismatch /filter 0")]
    [InlineData("""{"of":"lines","function":"max","each":"order.active"}""", "type-mismatch /each 0")]
    [InlineData("""{"of":"lines","function":"sum","each":"order.total"}""", "formula-cycle /of ")]
    public void A_wrong_roll_up_is_told(string json, string expected)
    {
        var field = JsonNode.Parse(json)!.AsObject();
        field["name"] = "total";
        field["type"] = "rollup";
        Assert.Equal(expected, Wrong(field));
    }

    [Fact]
    public void A_cycle_is_told_with_its_way_to_each_that_is_in_it()
    {
        var found = Findings("""
            {"name":"a","type":"formula","result":"number","formula":"b + 1"},
            {"name":"b","type":"formula","result":"number","formula":"c * 2"},
            {"name":"c","type":"formula","result":"number","formula":"a - d"},
            {"name":"d","type":"formula","result":"number","formula":"7"},
            {"name":"e","type":"formula","result":"number","formula":"a"}
            """);
        Assert.Equal(
        [
            "It is computed from itself: c__Order.a → c__Order.b → c__Order.c → c__Order.a.",
            "It is computed from itself: c__Order.b → c__Order.c → c__Order.a → c__Order.b.",
            "It is computed from itself: c__Order.c → c__Order.a → c__Order.b → c__Order.c.",
        ], found.Where(one => one.Code == "formula-cycle").Select(one => one.Detail).Order(StringComparer.Ordinal));
        var broken = Assert.Single(found, one => one.Code == "field-broken");
        Assert.Equal("/objects/1/fields/6/formula", broken.Pointer);
    }

    [Theory]
    [InlineData("requiredIf", "\"active\"", "")]
    [InlineData("requiredIf", "\"master.active\"", "field-unknown /requiredIf 0")]
    [InlineData("readOnlyIf", "\"name\"", "type-mismatch /readOnlyIf 0")]
    [InlineData("default", "{\"expression\":\"TODAY() + 30\"}", "")]
    [InlineData("default", "{\"expression\":\"name\"}", "field-misplaced /default 0")]
    [InlineData("default", "{\"expression\":\"'x'\"}", "type-mismatch /default 0")]
    public void Conditions_and_defaults_are_checked(string property, string value, string expected)
    {
        var field = new JsonObject { ["name"] = "due", ["type"] = "date", [property] = JsonNode.Parse(value) };
        Assert.Equal(expected, Wrong(field));
    }

    [Fact]
    public void A_layer_above_may_add_a_condition_and_change_neither_it_nor_a_formula()
    {
        var below = Read(LayerKind.Isv, "shop", """
            {"objects":[{"name":"shop__Thing","fields":[{"name":"x","type":"text"},
              {"name":"y","type":"text","requiredIf":"x = 'a'"},
              {"name":"z","type":"formula","result":"text","formula":"x & y"}]}]}
            """);
        string Over(string field) => string.Join(' ', Resolver.Resolve([below, Read(LayerKind.Account, "c",
            $$"""{"overlays":[{"overlays":"shop__Thing","fields":[{{field}}]}]}""")]).Findings.Select(one => one.Code));
        Assert.Equal("", Over("""{"name":"x","requiredIf":"ISBLANK(y)"}"""));
        Assert.Equal("", Over("""{"name":"y","requiredIf":"x = 'a'"}"""));
        Assert.Equal("overlay-loosens", Over("""{"name":"y","requiredIf":"x = 'b'"}"""));
        Assert.Equal("overlay-loosens", Over("""{"name":"y","unset":["requiredIf"]}"""));
        Assert.Equal("overlay-not-allowed", Over("""{"name":"z","formula":"x"}"""));
        Assert.Equal("", Over("""{"name":"z","label":"Both"}"""));
        Assert.Equal("", Over("""{"name":"c__q","type":"formula","result":"number","formula":"LEN(z)"}"""));
    }

    [Theory]
    [InlineData("name = 'x'", "")]
    [InlineData("nam = 'x' OR activ", "field-unknown 0|field-unknown 13")]
    [InlineData("name", "type-mismatch 0")]
    [InlineData("TRUE", "rule-never-passes ")]
    [InlineData("name = NULL OR name <> NULL", "rule-never-passes ")]
    [InlineData("active OR NOT active", "rule-never-passes ")]
    [InlineData("active AND NOT active", "rule-never-fails ")]
    [InlineData("1 > 2", "rule-never-fails ")]
    public void A_wrong_rule_is_told(string condition, string expected)
    {
        var rule = new JsonObject
        {
            ["name"] = "c__Rule", ["object"] = "c__Order", ["condition"] = condition, ["message"] = "No.",
        };
        var found = Resolver.Resolve([Read(LayerKind.Account, "c", $$"""
            {"objects":[{"name":"c__Order","fields":[
              {"name":"name","type":"text"},{"name":"active","type":"boolean"}]}],
             "validation-rules":[{{rule.ToJsonString()}}]}
            """)]).Findings;
        Assert.Equal(expected, string.Join('|', found.Select(one => $"{one.Code} {one.Position}")));
        Assert.All(found, one => Assert.Equal("/validation-rules/0/condition", one.Pointer));
    }

    private static string Wrong(JsonObject field) => string.Join('|', Findings(field.ToJsonString())
        .Select(one => $"{one.Code} {one.Pointer!.Replace("/objects/1/fields/2", "", StringComparison.Ordinal)} "
            + one.Position));

    private static IReadOnlyList<Model.Finding> Findings(string fields) =>
        Resolver.Resolve([Read(LayerKind.Account, "c",
        $$"""
        {"objects":[{{Line}},{"name":"c__Order","fields":[
          {"name":"name","type":"text"},{"name":"active","type":"boolean"},{{fields}}]}]}
        """)]).Findings;

    private static Layer Read(LayerKind kind, string prefix, string document)
    {
        var layer = Layer.Parse(kind, kind == LayerKind.Account ? "account" : prefix, prefix, "1.0.0",
            Encoding.UTF8.GetBytes(document), out var findings);
        Assert.True(findings.Count == 0, string.Join("; ", findings));
        return layer;
    }
}
