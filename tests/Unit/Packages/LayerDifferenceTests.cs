using System.Text;
using NuGet.Versioning;
using Xingchen.Schema;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>What each change of a package weighs.</summary>
public sealed class LayerDifferenceTests
{
    private const string Before = """
        {"objects":[{"name":"acme__Card","label":"Card","nameField":"name","fields":[{"name":"name","type":"text"},
          {"name":"points","type":"integer","default":0},{"name":"note","type":"text","length":100},
          {"name":"owner","type":"reference","references":["Customer"]},
          {"name":"tier","type":"picklist","values":[{"value":"gold"},{"value":"tin"}]}]}],
         "overlays":[{"overlays":"Customer","fields":[{"name":"acme__card","type":"text"},
          {"name":"email","required":true}]}],
         "pages":[{"name":"acme__Cards","object":"acme__Card","type":"list","columns":[{"field":"name"}]}],
         "functions":[{"name":"acme__f","methods":["GET","PUT"],"handler":"A!B"}],
         "schedules":[{"name":"acme__c","cron":"0 0 * * *","handler":"A!B"}],
         "permission-sets":[{"name":"acme__Clerk","objects":[
          {"object":"acme__Card","read":true,"otherFields":"edit"}]}]}
        """;

    [Theory]
    [InlineData("\"label\":\"Card\"", "\"label\":\"Loyalty card\"", ChangeWeight.Patch)]
    [InlineData("\"default\":0", "\"default\":5", ChangeWeight.Patch)]
    [InlineData("\"columns\":[{\"field\":\"name\"}]", "\"columns\":[{\"field\":\"points\"}]", ChangeWeight.Patch)]
    [InlineData("\"length\":100", "\"length\":200", ChangeWeight.Minor)]
    [InlineData("\"length\":100", "\"length\":80", ChangeWeight.Major)]
    [InlineData(",\"length\":100", ",\"length\":100,\"required\":true", ChangeWeight.Major)]
    [InlineData(",\"length\":100", "", ChangeWeight.Minor)] // 255 then
    [InlineData("{\"value\":\"gold\"}", "{\"value\":\"gold\"},{\"value\":\"iron\"}", ChangeWeight.Minor)]
    [InlineData(",{\"value\":\"tin\"}", "", ChangeWeight.Major)]
    [InlineData("{\"value\":\"tin\"}", "{\"value\":\"tin\",\"hidden\":true}", ChangeWeight.Major)]
    [InlineData("{\"name\":\"points\"", "{\"name\":\"more\",\"type\":\"text\"},{\"name\":\"points\"",
        ChangeWeight.Minor)]
    [InlineData("{\"name\":\"points\"", "{\"name\":\"more\",\"type\":\"text\",\"required\":true},{\"name\":\"points\"",
        ChangeWeight.Major)]
    [InlineData("{\"name\":\"points\",\"type\":\"integer\",\"default\":0},", "", ChangeWeight.Major)]
    [InlineData("\"type\":\"integer\"", "\"type\":\"number\"", ChangeWeight.Major)]
    [InlineData("\"type\":\"integer\"", "\"type\":\"text\"", ChangeWeight.Never)]
    [InlineData("\"type\":\"integer\"", "\"type\":\"integer\",\"deprecated\":true", ChangeWeight.Minor)]
    [InlineData("[\"Customer\"]", "[\"Customer\",\"Supplier\"]", ChangeWeight.Minor)]
    [InlineData("[\"Customer\"]", "[\"Supplier\"]", ChangeWeight.Major)]
    [InlineData("{\"name\":\"acme__card\",\"type\":\"text\"},", "", ChangeWeight.Major)]
    [InlineData(",\n  {\"name\":\"email\",\"required\":true}", "", ChangeWeight.Minor)]
    [InlineData("\"required\":true", "\"required\":true,\"unique\":true", ChangeWeight.Major)]
    [InlineData("\"read\":true", "\"read\":true,\"create\":true", ChangeWeight.Minor)]
    [InlineData("\"read\":true", "\"read\":false", ChangeWeight.Major)]
    [InlineData("\"otherFields\":\"edit\"", "\"otherFields\":\"see\"", ChangeWeight.Major)]
    [InlineData("\"read\":true", "\"read\":true,\"rule\":\"points > 0\"", ChangeWeight.Major)]
    [InlineData("\"pages\":[", "\"picklists\":[{\"name\":\"acme__X\",\"values\":[{\"value\":\"a\"}]}],\"pages\":[",
        ChangeWeight.Minor)]
    [InlineData("\"pages\":[", "\"validation-rules\":[{\"name\":\"acme__R\",\"object\":\"acme__Card\","
        + "\"condition\":\"points < 0\",\"message\":\"no\"}],\"pages\":[", ChangeWeight.Major)]
    [InlineData("[\"GET\",\"PUT\"]", "[\"GET\"]", ChangeWeight.Major)]
    [InlineData("[\"GET\",\"PUT\"]", "[\"GET\",\"PUT\",\"POST\"]", ChangeWeight.Minor)]
    [InlineData("\"PUT\"],", "\"PUT\"],\"path\":\"g\",", ChangeWeight.Major)]
    [InlineData("\"handler\":\"A!B\"", "\"handler\":\"A!C\"", ChangeWeight.Patch)]
    [InlineData("{\"name\":\"acme__f\",\"methods\":[\"GET\",\"PUT\"],\"handler\":\"A!B\"}", "", ChangeWeight.Major)]
    [InlineData("{\"name\":\"acme__c\",\"cron\":\"0 0 * * *\",\"handler\":\"A!B\"}", "", ChangeWeight.Minor)]
    [InlineData("0 0 *", "0 1 *", ChangeWeight.Minor)]
    [InlineData("\"pages\":[", "\"config-items\":[{\"name\":\"acme__i\",\"type\":\"text\"}],\"pages\":[",
        ChangeWeight.Minor)]
    [InlineData("\"pages\":[", "\"config-items\":[{\"name\":\"acme__i\",\"type\":\"text\",\"required\":true}],"
        + "\"pages\":[", ChangeWeight.Major)]
    [InlineData("\"pages\":[", "\"translations\":[{\"name\":\"acme__t\",\"language\":\"de\"}],\"pages\":[",
        ChangeWeight.Patch)]
    public void One_change_weighs(string old, string now, ChangeWeight weight)
    {
        var text = Before.ReplaceLineEndings("\n");
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, old);
        var after = text[..at] + now + text[(at + old.Length)..];
        var found = LayerDifference.Between(Read(text), Read(after));
        Assert.Equal(weight, found[0].Weight);
        var back = LayerDifference.Between(Read(after), Read(text));
        Assert.NotEmpty(back);
        Assert.Empty(LayerDifference.Between(Read(after), Read(after)));
    }

    [Theory]
    [InlineData("1.2.3", ChangeWeight.Patch, "1.2.4")]
    [InlineData("1.2.3", ChangeWeight.Minor, "1.3.0")]
    [InlineData("1.2.3", ChangeWeight.Major, "2.0.0")]
    [InlineData("0.2.3", ChangeWeight.Minor, "0.2.4")]
    [InlineData("0.2.3", ChangeWeight.Major, "0.3.0")]
    public void The_heaviest_change_decides_the_least_version(string from, ChangeWeight weight, string least) =>
        Assert.Equal(least, LayerDifference.Least(SemanticVersion.Parse(from), weight).ToString());

    [Fact]
    public void Everything_weighs_nothing_against_itself_and_a_new_object_is_minor()
    {
        var empty = Read("{}");
        Assert.All(LayerDifference.Between(empty, Read(Before)), change => Assert.NotEqual("", change.What));
        Assert.Contains(LayerDifference.Between(Read(Before), empty),
            change => change is { Weight: ChangeWeight.Major, What: "The object acme__Card is gone", File: null });
    }

    private static Layer Read(string json)
    {
        var layer = Layer.Parse(LayerKind.Isv, "acme-loyalty", "acme", "1.0.0", Encoding.UTF8.GetBytes(json),
            out var wrong);
        Assert.Empty(wrong);
        return layer;
    }
}
