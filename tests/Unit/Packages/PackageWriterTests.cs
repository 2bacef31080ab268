using System.IO.Compression;
using System.Security.Cryptography;
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
        File("metadata/picklists/a.json", new string(' ', 100_000) + """{"name":"acme__a","values":[{"value":"a"}]}"""),
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
        Assert.Null(contents.Signature);
        Assert.Equal("1.0.0", contents.Manifest?.Version);
    }

    [Fact]
    public void A_signature_is_of_one_key_and_one_manifest()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = new MemoryStream();
        PackageWriter.Pack(Files, file, checksums => PackageSignature.Sign(key, checksums.Span));
        var contents = PackageReader.Read(file);
        Assert.Empty(contents.Findings);
        Assert.Equal(PackageSignature.KeyId(key), contents.Signature!.Key);
        Assert.True(contents.Signature.IsOf(key, contents.Checksums.Span));
        Assert.False(contents.Signature.IsOf(other, contents.Checksums.Span));
        var changed = contents.Checksums.ToArray();
        changed[^2] ^= 1;
        Assert.False(contents.Signature.IsOf(key, changed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"algorithm":"none","key":"x","signature":""}""")]
    [InlineData("""{"algorithm":"ES256","key":"x","signature":"AAAA"}""")]
    [InlineData("""{"algorithm":"ES256","key":7,"signature":"AAAA"}""")]
    public void What_is_no_signature_is_told(string text)
    {
        var zip = new RawZip().Add("package.json", """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}""")
            .Seal().Add("SIGNATURE", text).Build();
        Assert.Equal(["signature-invalid"], PackageReader.Read(zip).Findings.Select(finding => finding.Code));
    }

    [Theory]
    [InlineData("nistP256", true)]
    [InlineData("nistP384", false)]
    public void Only_keys_of_one_curve_count(string curve, bool counts)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        using var read = PackageSignature.ReadKey(key.ExportSubjectPublicKeyInfoPem());
        Assert.Equal(counts, read is not null);
        Assert.Null(PackageSignature.ReadKey("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
    }

    [Fact]
    public void Other_readers_understand_it()
    {
        var file = new MemoryStream();
        PackageWriter.Pack(Files, file);
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        Assert.Equal(["MANIFEST", "metadata/picklists/a.json", "package.json"],
            zip.Entries.Select(entry => entry.FullName));
        using var reader = new StreamReader(zip.GetEntry("package.json")!.Open());
        Assert.Contains("acme-loyalty", reader.ReadToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_changed_after_packing_is_told_by_name()
    {
        var manifest = """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}""";
        var zip = new RawZip().Add("package.json", manifest).Add("metadata/picklists/a.json", "{}").Seal();
        var changed = new RawZip().Add("package.json", manifest.Replace("1.0.0", "1.0.1", StringComparison.Ordinal))
            .Add("metadata/picklists/b.json", """{"name":"acme__a","values":[{"value":"a"}]}""");
        var checksums = new StreamReader(new ZipArchive(zip.Build()).GetEntry("MANIFEST")!.Open()).ReadToEnd();
        var findings = PackageReader.Read(changed.Add("MANIFEST", checksums).Build()).Findings;
        Assert.Equal(["manifest-mismatch package.json", "manifest-missing-entry metadata/picklists/b.json",
            "manifest-extra-entry MANIFEST"],
            findings.Select(finding => $"{finding.Code} {finding.File}"));
    }
}
