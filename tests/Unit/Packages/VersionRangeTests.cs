using SemanticVersion = NuGet.Versioning.SemanticVersion;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

public sealed class VersionRangeTests
{
    [Theory]
    [InlineData("^1.2.0", "1.2.0 1.2.1 1.9.0", "1.1.9 2.0.0 1.3.0-beta")]
    [InlineData("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0")]
    [InlineData("^0.0.3", "0.0.3", "0.0.4")]
    [InlineData("^0", "0.0.1 0.9.0", "1.0.0")]
    [InlineData("^0.0", "0.0.9", "0.1.0")]
    [InlineData("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2")]
    [InlineData("~1.2", "1.2.0 1.2.9", "1.3.0")]
    [InlineData("~1", "1.0.0 1.9.9", "2.0.0")]
    [InlineData(">=1.0.0 <2.0.0", "1.0.0 1.99.0", "2.0.0 0.9.0 2.0.0-beta")]
    [InlineData(">= 1.0 < 2", "1.0.0 1.99.0", "2.0.0")]
    [InlineData(">1.2", "1.3.0", "1.2.9")]
    [InlineData("<=1.2", "1.2.9 0.1.0", "1.3.0")]
    [InlineData(">1.2.3", "1.2.4", "1.2.3")]
    [InlineData("<=1.2.3", "1.2.3", "1.2.4")]
    [InlineData("1.x", "1.0.0 1.5.2", "2.0.0 0.9.9")]
    [InlineData("1.2.*", "1.2.9", "1.3.0")]
    [InlineData("1", "1.2.9", "2.0.0")]
    [InlineData("*", "0.0.1 9.9.9", "1.0.0-beta")]
    [InlineData("1.2.3", "1.2.3", "1.2.4 1.2.3-beta")]
    [InlineData("=1.2.3", "1.2.3", "1.2.4")]
    [InlineData("1.2.3-beta.1", "1.2.3-beta.1", "1.2.3-beta.2 1.2.3")]
    [InlineData("^1.2.3-beta.1", "1.2.3-beta.1 1.2.3-beta.2 1.2.3 1.4.0", "1.4.0-beta 2.0.0")]
    [InlineData("^1.0.0 || ^3.0.0", "1.5.0 3.0.1", "2.0.0")]
    public void Holds_what_it_should(string text, string inside, string outside)
    {
        Assert.True(VersionRange.TryParse(text, out var range));
        Assert.All(inside.Split(' '), version => Assert.True(range.Contains(SemanticVersion.Parse(version)), version));
        Assert.All(outside.Split(' '), version => Assert.False(range.Contains(SemanticVersion.Parse(version)),
            version));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("^")]
    [InlineData("^^1.0.0")]
    [InlineData(">")]
    [InlineData("1.2.3.4")]
    [InlineData("01.2.3")]
    [InlineData("1.02")]
    [InlineData("1.x.3")]
    [InlineData("1.0.0 ||")]
    [InlineData(">*")]
    [InlineData("99999999999")]
    [InlineData("^2147483647")]
    [InlineData("1.0.0+build")]
    [InlineData("https://evil.example/x.tgz")]
    public void Refuses_what_is_no_range(string? text) => Assert.False(VersionRange.TryParse(text, out _));

    [Theory]
    [InlineData("1.2.3", true)]
    [InlineData("1.2.3-rc.1", true)]
    [InlineData("1.2", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("1.2.3+x", false)]
    [InlineData(" 1.2.3", false)]
    [InlineData("1.2.03", false)]
    [InlineData("1.2.3.4", false)]
    public void Reads_versions_strictly(string text, bool valid) =>
        Assert.Equal(valid, VersionRange.TryParseVersion(text, out _));
}
