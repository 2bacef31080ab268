using Xingchen.Hosting;

namespace Xingchen.Tests.Unit.Hosting;

public sealed class PathSegmentsTests
{
    [Theory]
    [InlineData("/v1/objects/Order__c/records/001-_.~A", true)]
    [InlineData("/v1/a%2Fb", false)]
    [InlineData("/v1//a", false)]
    [InlineData("/v1/../a", false)]
    [InlineData("/v1/.a", false)]
    [InlineData("/v1/a/", false)]
    [InlineData("/v1/a+b", false)]
    public void Knows_what_a_sidecar_would_change(string path, bool plain) =>
        Assert.Equal(plain, PathSegments.IsPlain(path));

    [Theory]
    [InlineData("/a%2Fb/c", "a/b", "c")]
    [InlineData("/a%252Fb", "a%2Fb")]
    [InlineData("/%E6%98%9F+", "星+")]
    [InlineData("/a/", "a", "")]
    public void Decodes_each_segment_once(string path, params string[] segments) =>
        Assert.Equal(segments, PathSegments.Split(path));
}
