using Xingchen.Contracts;
using Xingchen.Metadata;
using Xingchen.Metadata.Stacks;

namespace Xingchen.Tests.Unit.Metadata;

public sealed class StackTests
{
    private static readonly Stack One =
        Stack.Bare(new Standard(3, [new("group", "trade", "1.0.0", "sha256:a")], "{}")) with
    {
        Version = 1, Packages = [new StackPackage("crm", "acme", "1.0.0", "sha256:b")], PrivateLayer = "sha256:c",
    };

    [Fact]
    public void Equal_stacks_share_an_address_whatever_their_versions() =>
        Assert.Equal(One.Address(), (One with { Version = 9, Standard = One.Standard with { Version = 8 } }).Address());

    [Fact]
    public void Whatever_the_schema_depends_on_is_in_the_address()
    {
        Stack[] others =
        [
            One with { PrivateLayer = null }, One with { PrivateLayer = "sha256:d" }, One with { Packages = [] },
            One with { Places = "{\"next\":\"A01\"}" }, One with { Standard = One.Standard with { Places = "{ }" } },
            One with { Standard = One.Standard with { Packages = [] } },
            One with { Packages = [One.Packages[0] with { Namespace = "other" }] },
            One with { Packages = [One.Packages[0] with { Layer = "sha256:e" }] },
        ];
        Assert.Equal(others.Length + 1, others.Append(One).Select(stack => stack.Address()).Distinct().Count());
    }

    [Fact]
    public void The_cache_forgets_what_was_not_asked_for_longest()
    {
        var cache = new BoundedCache<string>(2);
        cache.Add("a", "1");
        cache.Add("b", "2");
        Assert.Equal("1", cache.Find("a"));
        cache.Add("c", "3");
        Assert.Null(cache.Find("b"));
        Assert.Equal("1", cache.Add("a", "another"));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void Defaults_are_what_is_documented()
    {
        var options = new MetadataOptions();
        Assert.Equal((100, 500, 200), (options.CachedSchemas, options.CachedLayers, options.CachedDocuments));
    }
}
