using System.Text;
using Xingchen.Model;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

public sealed class PackageLockTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static PackageContents Read(string @lock, string dependencies = """{"base":"^1.2.0"}""")
    {
        var file = new MemoryStream();
        PackageWriter.Pack(
        [
            new("package.json", Encoding.UTF8.GetBytes($$"""
                {"name":"acme-x","namespace":"acme","version":"1.0.0","dependencies":{{dependencies}}}
                """)),
            new("package-lock.json", Encoding.UTF8.GetBytes(@lock)),
        ], file);
        return PackageReader.Read(file);
    }

    private static string Lock(string version) =>
        $$$$"""{"packages":{"base":{"version":"{{{{version}}}}","digest":"{{{{Digest}}}}"}}}""";

    [Fact]
    public void A_lock_is_read_as_it_is_written()
    {
        var written = new PackageLock(new Dictionary<string, LockedPackage>
        {
            ["other"] = new("2.0.0-beta.1", Digest), ["base"] = new("1.3.0", Digest),
        });
        var contents = Read(Encoding.UTF8.GetString(written.ToFile()));
        Assert.Empty(contents.Findings);
        Assert.Equal(written.Packages.OrderBy(pair => pair.Key), contents.Lock!.Packages);
        Assert.Equal(written.ToFile(), contents.Lock.ToFile());
    }

    [Theory]
    [InlineData("1.2.0", null)]
    [InlineData("1.1.0", "lock-range")]
    [InlineData("2.0.0", "lock-range")]
    public void A_locked_version_fits_what_package_json_asks_for(string version, string? code) =>
        Assert.Equal(code is null ? [] : [code], Read(Lock(version)).Findings.Select(finding => finding.Code));

    [Fact]
    public void Everything_that_is_missing_is_said_at_once()
    {
        var findings = Read(Lock("1.0.0"), """{"base":"^1.2.0","one":"*","two":"*"}""").Findings;
        Assert.Equal(["lock-range", "lock-missing", "lock-missing"], findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Equal("package-lock.json", finding.File));
        Assert.Equal("acme-x 1.0.0 depends on base ^1.2.0, and the lock has 1.0.0. Renew it: xingchen lock FOLDER",
            findings[0].Detail);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"packages":[]}""")]
    [InlineData("""{"packages":{},"more":1}""")]
    [InlineData("""{"packages":{"base":{}}}""")]
    [InlineData("""{"packages":{"base":{"version":"1.2.0","digest":"sha256:0"}}}""")]
    [InlineData("""{"packages":{"base":{"version":"1.2","digest":"DIGEST"}}}""")]
    [InlineData("""{"packages":{"base":{"version":"1.2.0","digest":"DIGEST","more":1}}}""")]
    [InlineData("""{"packages":{"No!":{"version":"1.2.0","digest":"DIGEST"}}}""")]
    public void What_is_no_lock_is_said(string text) => Assert.Contains("lock-invalid", Read(
        text.Replace("DIGEST", Digest, StringComparison.Ordinal), "{}").Findings.Select(finding => finding.Code));
}
