using System.Text;
using Xingchen.Model;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>The corpus of hostile packages: each is refused, for the reason that it deserves, within 64 MB of
/// memory, which is measured: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(HostilePackageTests), DisableParallelization = true)]
[Collection(nameof(HostilePackageTests))]
public sealed class HostilePackageTests(ITestOutputHelper output)
{
    private const string Begin = "<!-- table -->", End = "<!-- end -->";

    private static RawZip Good() => HostileCorpus.Good();

    private static byte[] Bytes(string text) => HostileCorpus.Bytes(text);

    public static TheoryData<int, string> Corpus =>
        new(HostileCorpus.All.Index().Select(each => (each.Index, each.Item.What)));

    [Fact]
    public void The_corpus_starts_from_a_package_that_is_taken() =>
        Assert.Empty(PackageReader.Read(Good().Seal().Build()).Findings);

    [Theory]
    [MemberData(nameof(Corpus))]
    public void Refuses(int index, string what)
    {
        var entry = HostileCorpus.All[index];
        var codes = AssertBounded(entry.Build()).Select(finding => finding.Code).ToList();
        output.WriteLine($"{what}: {string.Join(", ", codes.Distinct())}");
        Assert.Contains(entry.Code, codes);
    }

    /// <remarks>To write the table anew, run it with <c>XINGCHEN_WRITE=1</c>.</remarks>
    [Fact]
    public void What_each_says_is_written_down()
    {
        var table = new StringBuilder("| a file with | is refused with | which says |\n|---|---|---|\n");
        foreach (var entry in HostileCorpus.All)
        {
            var finding = PackageReader.Read(entry.Build()).Findings.First(found => found.Code == entry.Code);
            table.Append($"| {Cell(entry.What)} | `{entry.Code}` | {Cell(finding.Detail)} |\n");
        }
        var page = Path.Combine(Schema.StandardStack.Folder, "..", "docs", "reference", "refused-packages.md");
        var text = File.ReadAllText(page);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length + 1,
            text.IndexOf(End, StringComparison.Ordinal));
        var written = text[..from] + table + text[to..];
        if (Environment.GetEnvironmentVariable("XINGCHEN_WRITE") == "1") File.WriteAllText(page, written);
        else Assert.Equal(written, text);

        static string Cell(string words) => words.Replace("|", "\\|", StringComparison.Ordinal);
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

    private static IReadOnlyList<Finding> AssertBounded(MemoryStream file)
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
        return contents.Findings;
    }
}
