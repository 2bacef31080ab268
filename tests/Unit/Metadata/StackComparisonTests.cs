using System.Text;
using Xingchen.Metadata.Publication;
using Xingchen.Schema;

namespace Xingchen.Tests.Unit.Metadata;

public sealed class StackComparisonTests
{
    private const string First = """
        {"objects":[{"name":"acme__A","fields":[{"name":"name","type":"text","length":20},{"name":"old","type":"text"},
            {"name":"kind","type":"picklist","values":[{"value":"x"}]}]}]}
        """;

    private const string Second = """
        {"objects":[{"name":"acme__A","label":{"en":"New"},"fields":[{"name":"name","type":"text","length":30},
            {"name":"kind","type":"picklist","values":[{"value":"x"},{"value":"y"}]},{"name":"more","type":"text"}]},
            {"name":"acme__B","fields":[{"name":"name","type":"text"}]}]}
        """;

    [Fact]
    public void Says_what_is_added_changed_and_removed()
    {
        var difference = StackComparison.Of(Resolve(First), Resolve(Second));
        Assert.Equal(
            ["acme__A.more", "acme__B.", "acme__B.name"], difference.Added.Select(i => $"{i.Object}.{i.Field}"));
        Assert.Equal(["acme__A.old"], difference.Removed.Select(i => $"{i.Object}.{i.Field}"));
        Assert.Equal(["acme__A. label", "acme__A.kind values", "acme__A.name length"],
            difference.Changed.Select(i => $"{i.Object}.{i.Field} {string.Join(' ', i.Properties!)}"));
        Assert.Empty(difference.Overlaid);
    }

    [Fact]
    public void Says_what_the_account_overlays()
    {
        const string overlay =
            """{"overlays":[{"overlays":"acme__A","fields":[{"name":"old","label":{"en":"Mine"}}]}]}""";
        var difference = StackComparison.Of(Resolve(First, overlay), Resolve(Second, overlay));
        Assert.Equal(["acme__A.old"], difference.Overlaid.Select(i => $"{i.Object}.{i.Field}"));
    }

    [Fact]
    public void Equal_stacks_do_not_differ()
    {
        var difference = StackComparison.Of(Resolve(Second), Resolve(Second));
        Assert.Empty(difference.Added.Concat(difference.Changed).Concat(difference.Removed));
    }

    private static Resolution Resolve(string package, string? account = null)
    {
        List<Layer> layers =
            [Layer.Parse(LayerKind.Isv, "crm", "acme", "1.0.0", Encoding.UTF8.GetBytes(package), out var wrong)];
        Assert.Empty(wrong);
        if (account is not null)
            layers.Add(Layer.Parse(LayerKind.Account, "private", null, "0", Encoding.UTF8.GetBytes(account), out _));
        return Resolver.Resolve(layers);
    }
}
