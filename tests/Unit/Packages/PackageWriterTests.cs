using System.IO.Compression;
using System.Text;
using Xingchen.Model;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

public sealed class PackageWriterTests
{
    private static PackageFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));

    private static readonly PackageFile[] Files =
    [
        File("package.json", """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}"""),
        File("config/defaults.json", new string(' ', 100_000) + "{}"),
    ];

    [Fact]
    public void The_same_files_give_the_same_bytes_in_whatever_order()
    {
        var first = new MemoryStream();
        var second = new MemoryStream();
        var digest = PackageWriter.Pack(Files, first);
        Assert.Equal(digest, PackageWriter.Pack(Files.Reverse(), second));
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(Digest.Of(first.ToArray()), digest);
    }

    [Fact]
    public void What_is_packed_is_taken_also_where_it_would_inflate_too_much()
    {
        var file = new MemoryStream();
        PackageWriter.Pack(Files, file);
        var contents = PackageReader.Read(file);
        Assert.Empty(contents.Findings);
        Assert.False(contents.Signed);
        Assert.Equal("1.0.0", contents.Manifest?.Version);
    }

    [Fact]
    public void Other_readers_understand_it()
    {
        var file = new MemoryStream();
        PackageWriter.Pack(Files, file);
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        Assert.Equal(["MANIFEST", "config/defaults.json", "package.json"], zip.Entries.Select(entry => entry.FullName));
        using var reader = new StreamReader(zip.GetEntry("package.json")!.Open());
        Assert.Contains("acme-loyalty", reader.ReadToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_changed_after_packing_is_told_by_name()
    {
        var manifest = """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}""";
        var zip = new RawZip().Add("package.json", manifest).Add("config/a.json", "{}").Seal();
        var changed = new RawZip().Add("package.json", manifest.Replace("1.0.0", "1.0.1", StringComparison.Ordinal))
            .Add("config/b.json", "{}");
        var checksums = new StreamReader(new ZipArchive(zip.Build()).GetEntry("MANIFEST")!.Open()).ReadToEnd();
        var findings = PackageReader.Read(changed.Add("MANIFEST", checksums).Build()).Findings;
        Assert.Equal(["manifest-mismatch package.json", "manifest-missing-entry config/b.json",
            "manifest-extra-entry MANIFEST"],
            findings.Select(finding => $"{finding.Code} {finding.File}"));
    }
}
