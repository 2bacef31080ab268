using System.Text;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Schema;

/// <summary>Hooks, functions, subscriptions and schedules: their form, what they name, what layers above may
/// do.</summary>
public sealed class CodeDefinitionTests
{
    private const string Standard = """
        {"objects":[{"name":"Order","keyPrefix":"0T1","nameField":"name","fields":[{"name":"name","type":"text"},
           {"name":"total","type":"number"},{"name":"owner","type":"reference","references":["Owner"]}]},
          {"name":"Owner","keyPrefix":"0T2","nameField":"name","fields":[{"name":"name","type":"text"}]}]}
        """;

    private const string Good = """
        {"hooks":[{"name":"acme__h","object":"Order","on":["beforeCreate"],"when":"total > 1 AND owner.name <> :user",
           "handler":"Acme.X!Acme.Hook","order":1,"timeout":500}],
         "functions":[{"name":"acme__f","methods":["GET"],"handler":"Acme.X!Acme.F"},
           {"name":"acme__g","path":"f","methods":["POST"],"scopes":["admin"],"handler":"Acme.X!Acme.F+G"}],
         "subscriptions":[{"name":"acme__s","objects":["Order","Owner"],"actions":["created","deleted"],
           "filter":"name <> ''","handler":"Acme.X!Acme.S"}],
         "schedules":[{"name":"acme__c","cron":"*/5 8-18/2 1,15 jan-mar MON","timeZone":"Europe/Berlin",
           "handler":"Acme.X!Acme.C"}]}
        """;

    [Fact]
    public void A_package_brings_them_and_they_are_sound()
    {
        var resolution = Resolver.Resolve([Group, Package(Good)]);
        Assert.Empty(resolution.Findings);
        Assert.True(Package(Good).CallsCode);
        Assert.False(Group.CallsCode);
        Assert.Equal("500", resolution.Find("hook", "acme__h")!.Value("timeout").ToString());
    }

    [Theory]
    [InlineData("hooks", """ "object":"Order","on":["beforeCreate"]""")]
    [InlineData("functions", """ "methods":["GET"]""")]
    [InlineData("subscriptions", """ "objects":["Order"],"actions":["created"]""")]
    [InlineData("schedules", """ "cron":"* * * * *" """)]
    public void A_private_layer_has_no_code(string kind, string members)
    {
        Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(
            $$"""{"{{kind}}":[{"name":"c__a",{{members}},"handler":"A!B"}]}"""), out var wrong);
        Assert.Equal([("kind-needs-package", $"/{kind}/0")], wrong.Select(found => (found.Code, found.Pointer!)));
    }

    [Theory]
    [InlineData("\"object\":\"Order\"", "\"object\":\"None\"", "reference-missing /hooks/0/object")]
    [InlineData("total > 1", "totals > 1", "field-unknown /hooks/0/when")]
    [InlineData("total > 1 AND owner.name <> :user", "total", "type-mismatch /hooks/0/when")]
    [InlineData("\"path\":\"f\",\"methods\":[\"POST\"]", "\"path\":\"f\",\"methods\":[\"POST\",\"GET\"]",
        "function-path-taken /functions/1/path")]
    [InlineData("\"Owner\"]", "\"Nobody\"]", "reference-missing /subscriptions/0/objects")]
    [InlineData("\"Order\",\"Owner\"]", "]", "property-invalid /subscriptions/0/objects")]
    [InlineData("name <> ''", "total > 1", "field-unknown /subscriptions/0/filter")] // an Owner has none
    public void What_they_name_is_there(string old, string now, string expected)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        var found = Resolver.Resolve([Group, Package(Good.Replace(old, now, StringComparison.Ordinal))]).Findings;
        Assert.Equal([expected], found.Select(finding => $"{finding.Code} {finding.Pointer}"));
    }

    [Theory]
    [InlineData("beforeCreate", "beforeRead")]
    [InlineData("\"GET\"", "\"GET\",\"GET\"")]
    [InlineData("\"GET\"", "")]
    [InlineData("Acme.X!Acme.Hook", "Acme.Hook")]
    [InlineData("Acme.X!Acme.Hook", "../x!Acme.Hook")]
    [InlineData("\"path\":\"f\"", "\"path\":\"a/b\"")]
    [InlineData("\"admin\"", "\"platform\"")]
    [InlineData(":500", ":30001")]
    [InlineData("\"timeout\":500", "\"enabled\":1")]
    [InlineData("Europe/Berlin", "Europe/Rome2")]
    [InlineData("\"created\"", "\"create\"")]
    public void The_form_is_held(string old, string now)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        Layer.Parse(LayerKind.Isv, "acme", "acme", "1.0.0",
            Encoding.UTF8.GetBytes(Good.Replace(old, now, StringComparison.Ordinal)), out var wrong);
        Assert.Contains("property-invalid", wrong.Select(finding => finding.Code));
    }

    [Theory]
    [InlineData("* * * * *", true)]
    [InlineData("0 0 29 2 *", true)]
    [InlineData("0 0 31 feb,apr sun", true)] // every Sunday of them
    [InlineData("59 23 31 12 7", true)]
    [InlineData("10/20  0 * * *", true)]
    [InlineData("0 0 30 2 *", false)]
    [InlineData("0 0 31 4,6 *", false)]
    [InlineData("60 * * * *", false)]
    [InlineData("* 24 * * *", false)]
    [InlineData("* * 0 * *", false)]
    [InlineData("* * * 13 *", false)]
    [InlineData("* * * * 8", false)]
    [InlineData("* * * *", false)]
    [InlineData("* * * * * *", false)]
    [InlineData("@daily", false)]
    [InlineData("5-1 * * * *", false)]
    [InlineData("*/0 * * * *", false)]
    [InlineData("*/99 * * * *", false)]
    [InlineData("1,,2 * * * *", false)]
    [InlineData("-1 * * * *", false)]
    [InlineData("1-2-3 * * * *", false)]
    [InlineData("99999999999999999999 * * * *", false)]
    public void Times_are_those_of_cron(string cron, bool good)
    {
        Layer.Parse(LayerKind.Isv, "acme", "acme", "1.0.0", Encoding.UTF8.GetBytes(
            $$"""{"schedules":[{"name":"acme__c","cron":"{{cron}}","handler":"A!B"}]}"""), out var wrong);
        Assert.Equal(good ? [] : ["/schedules/0/cron"], wrong.Select(found => found.Pointer!));
    }

    [Theory]
    [InlineData(""" "enabled":false,"timeout":100,"label":"Points" """, null)]
    [InlineData(""" "timeout":501""", "overlay-loosens /overlays/0/timeout")]
    [InlineData(""" "when":"TRUE" """, "overlay-not-allowed /overlays/0/when")]
    [InlineData(""" "handler":"A!B" """, "overlay-not-allowed /overlays/0/handler")]
    [InlineData(""" "order":2""", "overlay-not-allowed /overlays/0/order")]
    public void Layers_above_turn_off_and_shorten(string members, string? expected)
    {
        var above = Account(members);
        Assert.Equal(expected is null ? [] : [expected], Resolver.Resolve([Group, Package(Good), above]).Findings
            .Select(finding => $"{finding.Code} {finding.Pointer}"));
    }

    [Fact]
    public void What_a_layer_turned_off_nobody_above_turns_on()
    {
        var off = Package(Good.Replace("\"order\":1", "\"enabled\":false", StringComparison.Ordinal));
        Assert.Equal(["overlay-loosens"], Resolver.Resolve([Group, off, Account(""" "enabled":true""")]).Findings
            .Select(finding => finding.Code));
    }

    private static Layer Group { get; } = Read(LayerKind.Group, "trade", null, Standard);

    private static Layer Package(string json) => Read(LayerKind.Isv, "acme", "acme", json);

    private static Layer Account(string members) => Read(LayerKind.Account, "private", null,
        $$"""{"overlays":[{"overlays":"acme__h","kind":"hook",{{members}}}]}""");

    private static Layer Read(LayerKind kind, string name, string? prefix, string json)
    {
        var layer = Layer.Parse(kind, name, prefix, "1.0.0", Encoding.UTF8.GetBytes(json), out var wrong);
        Assert.Empty(wrong);
        return layer;
    }
}
