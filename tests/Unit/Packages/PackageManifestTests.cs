using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

public sealed class PackageManifestTests
{
    private static PackageContents Read(string json) =>
        PackageReader.Read(new RawZip().Add("package.json", json).Seal().Build());

    [Fact]
    public void Reads_everything_that_a_package_may_say()
    {
        var contents = Read("""
            {"name":"acme-loyalty","namespace":"acme","version":"1.2.0-beta.1","title":{"en":"Loyalty","zh-CN":"会员"},
             "description":"Points","license":"MIT","engines":{"xingchen":">=0.1.0"},
             "dependencies":{"acme-base":"^1.0.0"},"permissions":["data","api.acme.example"],"assemblies":[],
             "activation":{"pre":"migrate"}}
            """);
        Assert.Empty(contents.Findings);
        var manifest = contents.Manifest!;
        Assert.Equal(("acme-loyalty", "acme", "1.2.0-beta.1"), (manifest.Name, manifest.Namespace, manifest.Version));
        Assert.Equal("会员", manifest.Title!.For(["zh-CN"]));
        Assert.Equal("^1.0.0", manifest.Dependencies["acme-base"].ToString());
        Assert.Equal(["data", "api.acme.example"], manifest.Permissions);
        Assert.False(manifest.IsStandard);
    }

    [Fact]
    public void Tells_everything_that_is_wrong_at_once_with_pointers()
    {
        var contents = Read("""
            {"name":"Acme Loyalty","namespace":"ACME","version":"1.0","titel":"Loyalty","engines":{"node":"20"},
             "dependencies":{"acme-base":"latest","X":"1.x"},"permissions":"data","assemblies":["lib/missing.dll",1],
             "activation":[]}
            """);
        Assert.Null(contents.Manifest);
        Assert.Equal(
            ["member-unknown /titel", "name-invalid /name", "namespace-invalid /namespace", "version-invalid /version",
             "member-unknown /engines/node", "range-invalid /dependencies/acme-base", "name-invalid /dependencies/X",
             "property-invalid /permissions", "property-invalid /assemblies/1", "property-invalid /activation"],
            contents.Findings.Select(finding => $"{finding.Code} {finding.Pointer}"));
        Assert.All(contents.Findings, finding => Assert.Equal("package.json", finding.File));
    }

    [Theory]
    [InlineData("{", "json-invalid")]
    [InlineData("[]", "property-invalid")]
    [InlineData("{}", "property-missing")]
    [InlineData("""{"name":"aa","name":"bb","namespace":"acme","version":"1.0.0"}""", "json-invalid")]
    [InlineData("""{"name":"aa","namespace":"acme","version":"1.0.0","dependencies":{"aa":"1.0.0"}}""",
        "dependency-on-itself")]
    [InlineData("""{"name":"aa","namespace":"acme","version":"1.0.0","layer":"group"}""", "namespace-refused")]
    [InlineData("""{"name":"aa","namespace":"acme","version":"1.0.0","layer":"account"}""", "property-invalid")]
    [InlineData("""{"name":"aa","namespace":"acme","version":"1.0.0","assemblies":["lib/a.dll"]}""",
        "assembly-missing")]
    [InlineData("""{"name":"aa","namespace":"acme","version":"1.0.0+build"}""", "version-invalid")]
    public void Refuses(string json, string code) => Assert.Contains(code,
        Read(json).Findings.Select(finding => finding.Code));

    [Fact]
    public void Files_that_do_not_belong_are_told()
    {
        var file = new RawZip().Add("package.json", """{"name":"aa","namespace":"acme","version":"1.0.0"}""")
            .Add("src/Evil.cs", "x").Seal().Build();
        Assert.Equal(["file-unexpected"], PackageReader.Read(file).Findings.Select(finding => finding.Code));
        Assert.Equal(["file-missing", "file-missing"], PackageReader.Read(new RawZip()
            .Build()).Findings.Select(finding => finding.Code));
    }
}
