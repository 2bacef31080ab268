using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Configuration items through the layers.</summary>
public sealed class ConfigItemTests
{
    private const string Standard = """
        {"config-items":[
          {"name":"days","type":"integer","default":30,"min":1,"max":90,"required":true},
          {"name":"rate","type":"number","min":0.5},
          {"name":"mode","type":"picklist","values":[{"value":"soft"},{"value":"hard"}],"default":"soft"},
          {"name":"note","type":"text","length":5,"locked":["value"]},
          {"name":"open","type":"boolean","required":true}]}
        """;

    [Fact]
    public void The_value_counts_and_else_the_default()
    {
        var below = Resolve(Standard, "{}");
        Assert.Empty(below.Findings);
        Assert.Equal(["30", null, "soft", null, null], Effective(below));
        Assert.True(Json(below, "open")["missing"]!.GetValue<bool>());
        var above = Resolve(Standard, Overlays(
            """{"overlays":"days","value":14}""", """{"overlays":"rate","value":0.50}""",
            """{"overlays":"mode","default":"hard"}""", """{"overlays":"open","value":false}"""));
        Assert.Empty(above.Findings);
        Assert.Equal(["14", "0.50", "hard", null, "false"], Effective(above));
        Assert.Null(Json(above, "open")["missing"]);
        Assert.Equal("account", above.Blame("config-item", "days").Single(b => b.Path == "/value").Setting.Layer);
    }

    [Theory]
    [InlineData("""{"overlays":"days","value":91}""", "value-invalid", "/overlays/0/value")]
    [InlineData("""{"overlays":"days","value":1.5}""", "value-invalid", "/overlays/0/value")]
    [InlineData("""{"overlays":"days","default":"x"}""", "default-invalid", "/overlays/0/default")]
    [InlineData("""{"overlays":"rate","value":0.4}""", "value-invalid", "/overlays/0/value")]
    [InlineData("""{"overlays":"mode","value":"none"}""", "value-invalid", "/overlays/0/value")]
    [InlineData("""{"overlays":"open","value":"yes"}""", "value-invalid", "/overlays/0/value")]
    [InlineData("""{"overlays":"note","value":"x"}""", "definition-locked", "/overlays/0/value")]
    [InlineData("""{"overlays":"note","default":"123456"}""", "default-invalid", "/overlays/0/default")]
    [InlineData("""{"overlays":"days","max":91}""", "overlay-loosens", "/overlays/0/max")]
    [InlineData("""{"overlays":"days","min":0}""", "overlay-loosens", "/overlays/0/min")]
    [InlineData("""{"overlays":"days","required":false}""", "overlay-loosens", "/overlays/0/required")]
    [InlineData("""{"overlays":"note","length":6}""", "overlay-loosens", "/overlays/0/length")]
    [InlineData("""{"overlays":"days","type":"text"}""", "overlay-not-allowed", "/overlays/0/type")]
    [InlineData("""{"overlays":"note","min":1}""", "property-not-of-type", "/overlays/0/min")]
    [InlineData("""{"overlays":"days","length":1}""", "property-not-of-type", "/overlays/0/length")]
    [InlineData("""{"overlays":"days","values":[{"value":"a"}]}""", "property-not-of-type", "/overlays/0/values/0")]
    [InlineData("""{"overlays":"days","min":89,"max":88}""", "property-invalid", "/overlays/0/max")]
    [InlineData("""{"overlays":"mode","values":[{"value":"soft","hidden":true},{"value":"hard","hidden":true}]}""",
        "picklist-empty", "/overlays/0/values/0/hidden")]
    public void What_does_not_fit_is_said_and_does_not_count(string overlay, string code, string pointer)
    {
        var above = Resolve(Standard, Overlays(overlay));
        Assert.Contains((code, pointer), above.FindingsOf("account").Select(found => (found.Code, found.Pointer!)));
        if (code is "value-invalid" or "definition-locked")
            Assert.Equal(Effective(Resolve(Standard, "{}")), Effective(above));
    }

    [Theory]
    [InlineData("""{"name":"c__a","type":"secret"}""", "property-invalid", "/config-items/0/type")]
    [InlineData("""{"name":"c__a"}""", "property-missing", "/config-items/0")]
    [InlineData("""{"name":"c__a","type":"integer","min":1e20}""", "property-invalid", "/config-items/0/min")]
    [InlineData("""{"name":"c__a","type":"text","length":0}""", "property-invalid", "/config-items/0/length")]
    public void The_form_is_held(string item, string code, string pointer)
    {
        Layer.Parse(LayerKind.Account, "private", null, "0",
            Encoding.UTF8.GetBytes($$"""{"config-items":[{{item}}]}"""), out var wrong);
        Assert.Contains((code, pointer), wrong.Select(found => (found.Code, found.Pointer!)));
    }

    private static string Overlays(params string[] overlays) => new JsonObject
    {
        ["overlays"] = new JsonArray([.. overlays.Select(text =>
        {
            var overlay = JsonNode.Parse(text)!.AsObject();
            overlay["kind"] = "config-item";
            return (JsonNode)overlay;
        })]),
    }.ToJsonString();

    private static List<string?> Effective(Resolution resolution) =>
    [
        .. new[] { "days", "rate", "mode", "note", "open" }
            .Select(name => Json(resolution, name)["effective"]?.ToString()),
    ];

    private static JsonObject Json(Resolution resolution, string name)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) resolution.WriteDefinition(writer, "config-item", name);
        return JsonNode.Parse(stream.ToArray())!.AsObject();
    }

    private static Resolution Resolve(string group, string account) => Resolver.Resolve(
        [Read(LayerKind.Group, "trade", group), Read(LayerKind.Account, "private", account)]);

    private static Layer Read(LayerKind kind, string name, string json)
    {
        var layer = Layer.Parse(kind, name, null, "1.0.0", Encoding.UTF8.GetBytes(json), out var wrong);
        Assert.Empty(wrong);
        return layer;
    }
}
