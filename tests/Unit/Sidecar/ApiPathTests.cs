using Xingchen.Sidecar.Http;

namespace Xingchen.Tests.Unit.Sidecar;

public sealed class ApiPathTests
{
    [Theory]
    [InlineData("v1/objects/Order", "v1/objects/Order")]
    [InlineData("a//b", "a/b")]
    [InlineData("a/./b/../c", "a/c")]
    [InlineData("../../etc", "etc")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2e%2e/b", "a../b")]
    [InlineData("%2e%2e/b", "b")]
    [InlineData("a%3Fb%23c", "a%3Fb%23c")]
    [InlineData("a/", "a/")]
    [InlineData("", "")]
    public void Paths_are_decoded_cleaned_and_encoded(string path, string expected) =>
        Assert.Equal(expected, ApiPath.Clean(path));
}
