using System.Text;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>The corpus of hostile packages: each is refused, for the reason that it deserves, within 64 MB of
/// memory, which is measured: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(HostilePackageTests), DisableParallelization = true)]
[Collection(nameof(HostilePackageTests))]
public sealed class HostilePackageTests
{
    private const string Manifest = """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}""";

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static RawZip Good() => new RawZip().Add("package.json", Manifest);

    private static IReadOnlyList<string> Codes(MemoryStream file) =>
        [.. PackageReader.Read(file).Findings.Select(finding => finding.Code)];

    [Fact]
    public void The_corpus_starts_from_a_package_that_is_taken() => Assert.Empty(Codes(Good().Seal().Build()));

    [Theory]
    [InlineData("/etc/passwd", "path-absolute")]
    [InlineData("\\windows\\win.ini", "path-absolute")]
    [InlineData("C:/windows/win.ini", "path-drive")]
    [InlineData("c:evil.json", "path-drive")]
    [InlineData("//host/share/evil.json", "path-unc")]
    [InlineData("\\\\host\\share\\evil.json", "path-unc")]
    [InlineData("../evil.json", "path-traversal")]
    [InlineData("metadata/../../evil.json", "path-traversal")]
    [InlineData("metadata/..\\..\\evil.json", "path-traversal")]
    [InlineData("metadata\\objects\\A.json", "path-backslash")]
    [InlineData("metadata/objects/A.json\0.txt", "path-nul")]
    [InlineData("metadata/objects/", "path-directory")]
    [InlineData("metadata/./A.json", "path-characters")]
    [InlineData("metadata//A.json", "path-characters")]
    [InlineData("metadata/objects/A.json.", "path-characters")]
    [InlineData("metadata/objects/A.json:stream", "path-characters")]
    [InlineData("metadata/objects/\u00e9.json", "path-characters")]
    [InlineData("metadata/objects/a\nb.json", "path-characters")]
    [InlineData("metadata/objects/nul.json", "path-device")]
    [InlineData("", "path-empty")]
    public void Refuses_paths(string name, string code) =>
        Assert.Contains(code, Codes(Good().Add(name, "{}").Seal().Build()));

    [Fact]
    public void Refuses_a_path_that_is_too_long() =>
        Assert.Contains("path-too-long", Codes(Good().Add("metadata/objects/" + new string('a', 300) + ".json", "{}")
            .Seal().Build()));

    [Theory]
    [InlineData(0xA1FF0000u, "entry-link")]
    [InlineData(0x00000400u, "entry-link")]
    [InlineData(0x21FF0000u, "entry-special")]
    [InlineData(0x11FF0000u, "entry-special")]
    [InlineData(0x41FF0000u, "entry-special")]
    public void Refuses_what_is_no_plain_file(uint attributes, string code) => Assert.Contains(code,
        Codes(Good().Add(new RawEntry(Bytes("lib/a.dll"), Bytes("/etc/passwd")) { Attributes = attributes }).Seal()
            .Build()));

    [Fact]
    public void Refuses_duplicates_and_names_that_differ_in_case_only()
    {
        Assert.Contains("entry-duplicate", Codes(Good().Add("lib/a.json", "{}").Add("lib/a.json", "{}").Build()));
        Assert.Contains("entry-case-collision", Codes(Good().Add("lib/a.json", "{}").Add("lib/A.json", "{}")
            .Seal().Build()));
    }

    [Fact]
    public void Refuses_overlapping_entries()
    {
        var file = Good().Add("lib/a.json", "{}").Add(new RawEntry(Bytes("lib/b.json"), Bytes("{}")) { Offset =
            0 }).Seal().Build();
        Assert.Contains("zip-invalid", Codes(file));
        var same = Good().Add(new RawEntry(Bytes("package.json"), Bytes(Manifest)) { Offset = 0 }).Build();
        Assert.Contains("entry-overlap", Codes(same));
    }

    [Fact]
    public void Refuses_a_bomb_that_tells_its_size()
    {
        var bomb = new RawEntry(Bytes("lib/a.dll"), new byte[50 << 20]);
        Assert.Contains("ratio-exceeded", Codes(Good().Add(bomb).Build()));
    }

    [Fact]
    public void Refuses_a_bomb_that_lies_about_its_size_after_the_first_bytes_too_many()
    {
        var data = RawZip.Deflate(new byte[50 << 20]);
        var bomb = new RawEntry(Bytes("lib/a.dll"), Bytes("small")) { Data = data, Size = (uint)data.Length };
        Assert.Contains("size-lie", Codes(Good().Add(bomb).Build()));
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(100u)]
    public void Refuses_lying_sizes(uint told)
    {
        var entry = new RawEntry(Bytes("lib/a.json"), Bytes("{\"a\":1}")) { Size = told };
        Assert.Contains("size-lie", Codes(Good().Add(entry).Build()));
    }

    [Fact]
    public void Refuses_headers_that_disagree_with_the_directory()
    {
        var entry = new RawEntry(Bytes("lib/a.json"), Bytes("{}"));
        Assert.Contains("size-lie", Codes(Good().Add(entry with { LocalSize = 1 }).Build()));
        Assert.Contains("zip-invalid", Codes(Good().Add(entry with { LocalName = Bytes("lib/b.json") }).Build()));
        Assert.Contains("zip-unsupported", Codes(Good().Add(entry with { Flags = 1 }).Build()));
        Assert.Contains("zip-unsupported", Codes(Good().Add(entry with { Method = 12 }).Build()));
        Assert.Contains("data-corrupt", Codes(Good().Add(entry with { Crc = 1 }).Build()));
        Assert.Contains("data-corrupt", Codes(Good().Add(entry with { Data = [0xFF, 0xFF, 0xFF, 0xFF] }).Build()));
        Assert.Contains("zip-invalid", Codes(Good().Add(entry with { Offset = 0x7FFFFFFF }).Build()));
        Assert.Contains("zip-invalid", Codes(Good().Add(entry with { CompressedSize = 0x7FFFFFFF }).Build()));
    }

    [Fact]
    public void Refuses_bytes_that_belong_to_no_entry()
    {
        var hidden = new MemoryStream();
        Good().Seal().Build(before: Bytes("#!/bin/sh\n")).CopyTo(hidden);
        Assert.Contains("zip-hidden-data", Codes(hidden));
        Assert.Contains("zip-invalid", Codes(Good().Seal().Build(comment: Bytes("hello"))));
        Assert.Contains("zip-invalid", Codes(Good().Seal().Build(count: 1)));
    }

    [Theory]
    [InlineData("PK\x03\x04....")]
    [InlineData("\x1F\x8B\x08.....")]
    [InlineData("7z\xBC\xAF\x27\x1C...")]
    [InlineData("Rar!\x1A\x07...")]
    public void Refuses_nested_archives_whatever_they_are_called(string content) =>
        Assert.Contains("nested-archive", Codes(Good().Add(new RawEntry(Bytes("lib/a.dll"), Bytes(content))).Seal()
            .Build()));

    [Fact]
    public void Refuses_too_many_entries()
    {
        var zip = Good();
        for (var i = 0; i < 10_001; i++) zip.Add($"lib/{i}.json", "");
        Assert.Equal(["too-many-entries"], Codes(zip.Build()));
    }

    [Fact]
    public void Refuses_what_is_no_zip_at_all()
    {
        Assert.Equal(["zip-invalid"], Codes(new MemoryStream()));
        Assert.Equal(["zip-invalid"], Codes(new MemoryStream(new byte[1000])));
    }

    [Fact]
    public void Every_single_bit_flip_of_a_package_is_found_or_leaves_its_contents_alone()
    {
        var good = Good().Add("metadata/picklists/a.json",
            """{"name":"acme__a","values":[{"value":"a"}]}""").Seal().Build().ToArray();
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var flipped = (byte[])good.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            var contents = PackageReader.Read(new MemoryStream(flipped));
            // Dates, versions and attributes of entries say nothing; every other bit is noticed.
            if (contents.Findings.Count == 0) Assert.Equal("acme-loyalty", contents.Manifest?.Name);
        }
    }

    [Fact]
    public void Truncated_anywhere_it_is_refused()
    {
        var good = Good().Seal().Build().ToArray();
        for (var length = 0; length < good.Length; length++)
            Assert.NotEmpty(PackageReader.Read(new MemoryStream(good, 0, length)).Findings);
    }

    [Fact]
    public void Memory_stays_bounded_whatever_arrives()
    {
        // 9,999 entries, each with as long a name and as many flaws as can be, and JSON up to the limit.
        var zip = Good();
        for (var i = 0; i < 9_000; i++)
            zip.Add(new RawEntry(Bytes($"{new string('x', 200)}{i}"), new byte[64]) { Deflate = false, Crc = 1,
                Attributes = 0xA1FF0000 });
        for (var i = 0; i < 5; i++) zip.Add($"metadata/objects/O{i}.json",
            "[" + string.Join(',', Enumerable.Repeat("[]", 300_000)) + "]");
        zip.Add(new RawEntry(Bytes("lib/z.dll"), []) { Data = RawZip.Deflate(new byte[200 << 20]), Size = 200_000,
            Crc = 0 });
        AssertBounded(zip.Build());
    }

    [Fact]
    public void Memory_stays_bounded_however_many_assemblies_arrive()
    {
        var zip = Good();
        var noise = new byte[15 << 20];
        Array.Fill(noise, (byte)0x5A);
        for (var i = 0; i < 12; i++)
            zip.Add(new RawEntry(Bytes($"lib/a{i}.dll"), noise) { Deflate = false });
        AssertBounded(zip.Seal().Build());
    }

    private static void AssertBounded(MemoryStream file)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        using var stop = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
                Thread.Yield();
            }
        });
        watch.Start();
        var contents = PackageReader.Read(file);
        stop.Cancel();
        watch.Join();
        Assert.NotEmpty(contents.Findings);
        Assert.True(contents.Findings.Count <= PackageLimits.Default.Findings + 1);
        Assert.True(peak < 64L << 20, $"{peak >> 20} MB");
    }
}
