using System.Reflection;
using System.Reflection.Emit;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>What is said of the assemblies of a package without loading them.</summary>
public sealed class AssemblyCheckTests
{
    [Fact]
    public void What_the_platform_has_or_the_package_brings_may_be_referred_to()
    {
        var basic = Assembly("Acme.Base", typeof(object));
        Assert.Empty(Codes(("lib/Acme.Base.dll", basic)));
        // as if xunit.v3.assert were the package's own
        Assert.Empty(Codes(("lib/Acme.Tests.dll", Assembly("Acme.Tests", typeof(Assert))),
            ("lib/xunit.v3.assert.dll", basic)));
    }

    [Fact]
    public void What_is_nowhere_is_named()
    {
        var found = Read(("lib/Acme.Tests.dll", Assembly("Acme.Tests", typeof(Assert))));
        var finding = Assert.Single(found);
        Assert.Equal(("assembly-reference-missing", "lib/Acme.Tests.dll"), (finding.Code, finding.File));
        Assert.Contains("xunit.v3.assert", finding.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MZ")]
    [InlineData("not an assembly at all, but a text of some length that goes on for a while")]
    [InlineData("")]
    public void What_is_no_assembly_is_told(string text) =>
        Assert.Equal(["assembly-invalid"], Codes(("lib/a.dll", System.Text.Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Damaged_assemblies_never_throw()
    {
        const int Seed = 20261121;
        var whole = Assembly("Acme.Base", typeof(object));
        var generator = new Schema.StackGenerator(Seed);
        for (var i = 0; i < 500; i++)
        {
            var hurt = whole[..(i % 3 == 0 ? generator.Next(whole.Length) : whole.Length)];
            for (var j = 0; j < 8 && hurt.Length > 0; j++)
                hurt[generator.Next(hurt.Length)] = (byte)generator.Next(256);
            Read(("lib/a.dll", hurt));
        }
    }

    [Theory]
    [InlineData("Acme.Base!Extension", null)]
    [InlineData("Acme.Base!Nothing", "no type Nothing")]
    [InlineData("Acme.Other!Extension", "no assembly lib/Acme.Other.dll")]
    public void A_handler_is_a_type_of_an_assembly_of_the_package(string handler, string? missing)
    {
        var found = Read(("lib/Acme.Base.dll", Assembly("Acme.Base", typeof(object))),
            ("metadata/schedules/acme__c.json", System.Text.Encoding.UTF8.GetBytes(
                $$"""{"name":"acme__c","cron":"0 0 * * *","handler":"{{handler}}"}""")));
        if (missing is null) Assert.Empty(found);
        else
        {
            var finding = Assert.Single(found);
            Assert.Equal(("handler-missing", "metadata/schedules/acme__c.json", "/handler"),
                (finding.Code, finding.File, finding.Pointer));
            Assert.Contains(missing, finding.Detail, StringComparison.Ordinal);
        }
    }

    private static byte[] Assembly(string name, Type parent)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        var type = assembly.DefineDynamicModule(name).DefineType("Extension", TypeAttributes.Public);
        type.DefineField("held", parent, FieldAttributes.Public);
        type.CreateType();
        var file = new MemoryStream();
        assembly.Save(file);
        return file.ToArray();
    }

    private static IEnumerable<string> Codes(params (string Path, byte[] Content)[] files) =>
        Read(files).Select(finding => finding.Code);

    private static IReadOnlyList<Model.Finding> Read(params (string Path, byte[] Content)[] files)
    {
        var package = new MemoryStream();
        var manifest = """{"name":"acme-x","namespace":"acme","version":"1.0.0"}"""u8.ToArray();
        PackageWriter.Pack([new("package.json", manifest),
            .. files.Select(file => new PackageFile(file.Path, file.Content))], package);
        return PackageReader.Read(package).Findings;
    }
}
