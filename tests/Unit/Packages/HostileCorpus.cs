using System.Text;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>A file that must be refused.</summary>
/// <param name="What">That it does, in a few words.</param>
/// <param name="Code">That its finding bears.</param>
internal sealed record HostilePackage(string What, string Code, Func<MemoryStream> Build);

/// <summary>The corpus of hostile packages. To add one is to add a line.</summary>
internal static class HostileCorpus
{
    private const string Manifest = """{"name":"acme-loyalty","namespace":"acme","version":"1.0.0"}""";

    private static readonly byte[] Zeros = new byte[50 << 20];

    public static IReadOnlyList<HostilePackage> All { get; } =
        [.. Paths(), .. Entries(), .. Sizes(), .. Headers(), .. Nested(), .. Contents(), .. Texts()];

    /// <summary>A package that is taken, before it is sealed.</summary>
    public static RawZip Good() => new RawZip().Add("package.json", Manifest);

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static IEnumerable<HostilePackage> Paths() =>
        from pair in new (string Name, string Code)[]
        {
            ("/etc/passwd", "path-absolute"), ("\\windows\\win.ini", "path-absolute"),
            ("C:/windows/win.ini", "path-drive"), ("c:evil.json", "path-drive"),
            ("//host/share/evil.json", "path-unc"), ("\\\\host\\share\\evil.json", "path-unc"),
            ("../evil.json", "path-traversal"), ("metadata/../../evil.json", "path-traversal"),
            ("metadata/..\\..\\evil.json", "path-traversal"), ("metadata\\objects\\A.json", "path-backslash"),
            ("metadata/objects/A.json\0.txt", "path-nul"), ("metadata/objects/", "path-directory"),
            ("metadata/./A.json", "path-characters"), ("metadata//A.json", "path-characters"),
            ("metadata/objects/A.json.", "path-characters"), ("metadata/objects/A.json:stream", "path-characters"),
            ("metadata/objects/\u00e9.json", "path-characters"), ("metadata/objects/a\nb.json", "path-characters"),
            ("metadata/objects/\u202egpj.json", "path-characters"), ("metadata/objects/nul.json", "path-device"),
            ("metadata/con/A.json", "path-device"), ("lib/COM1.dll", "path-device"), ("", "path-empty"),
            ("metadata/objects/" + new string('a', 300) + ".json", "path-too-long"),
        }
        let name = pair.Name.Length > 60 ? pair.Name[..20] + "…" : pair.Name
        select new HostilePackage(name == "" ? "an entry without a name" : $"an entry named `{Shown(name)}`",
            pair.Code,
            () => Good().Add(new RawEntry(Encoding.UTF8.GetBytes(pair.Name), Bytes("{}"))).Seal().Build());

    private static IEnumerable<HostilePackage> Entries()
    {
        foreach (var (what, attributes, code) in new (string, uint, string)[]
        {
            ("a symbolic link to /etc/passwd", 0xA1FF0000, "entry-link"),
            ("a reparse point of Windows", 0x00000400, "entry-link"),
            ("a device", 0x21FF0000, "entry-special"), ("a pipe", 0x11FF0000, "entry-special"),
            ("a directory that has content", 0x41FF0000, "entry-special"),
        })
            yield return new(what, code, () => Good().Add(
                new RawEntry(Bytes("lib/a.dll"), Bytes("/etc/passwd")) { Attributes = attributes }).Seal().Build());
        yield return new("two entries of one name", "entry-duplicate",
            () => Good().Add("config/a.json", "{}").Add("config/a.json", "{}").Build());
        yield return new("two names that differ in case alone", "entry-case-collision",
            () => Good().Add("config/a.json", "{}").Add("config/A.json", "{}").Seal().Build());
        yield return new("two entries over the same bytes", "entry-overlap", () => Good().Add(
            new RawEntry(Bytes("package.json"), Bytes(Manifest)) { Offset = 0 }).Build());
        yield return new("10,001 entries", "too-many-entries", () =>
        {
            var zip = Good();
            for (var i = 0; i < 10_000; i++) zip.Add($"config/{i}.json", "");
            return zip.Build();
        });
    }

    private static IEnumerable<HostilePackage> Sizes()
    {
        yield return new("50 MB of zeros that tell their size", "ratio-exceeded",
            () => Good().Add(new RawEntry(Bytes("lib/a.dll"), Zeros)).Build());
        yield return new("50 MB of zeros that say they are 50 KB", "size-lie", () =>
        {
            var data = RawZip.Deflate(Zeros);
            return Good().Add(new RawEntry(Bytes("lib/a.dll"), Bytes("small"))
                { Data = data, Size = (uint)data.Length }).Build();
        });
        foreach (var told in new uint[] { 4, 100 })
            yield return new($"7 bytes that say they are {told}", "size-lie", () => Good().Add(
                new RawEntry(Bytes("config/a.json"), Bytes("{\"a\":1}")) { Size = told }).Build());
        yield return new("a JSON file of 2 MB", "file-too-large", () => Good().Add(new RawEntry(
            Bytes("config/a.json"), Bytes($"\"{new string('x', 2 << 20)}\"")) { Deflate = false }).Seal().Build());
        yield return new("8 JSON files of 1 MB", "file-too-large", () =>
        {
            var zip = Good();
            for (var i = 0; i < 8; i++)
                zip.Add(new RawEntry(Bytes($"config/{i}.json"), Bytes($"\"{new string('x', 1_000_000)}\""))
                    { Deflate = false });
            return zip.Seal().Build();
        });
        yield return new("an assembly of 17 MB", "file-too-large", () => Good().Add(
            new RawEntry(Bytes("lib/a.dll"), new byte[17 << 20]) { Deflate = false }).Seal().Build());
    }

    private static IEnumerable<HostilePackage> Headers()
    {
        var entry = new RawEntry(Bytes("config/a.json"), Bytes("{}"));
        foreach (var (what, bent, code) in new (string, RawEntry, string)[]
        {
            ("a local header with another size than the directory's", entry with { LocalSize = 1 }, "size-lie"),
            ("a local header with another name", entry with { LocalName = Bytes("config/b.json") }, "zip-invalid"),
            ("an encrypted entry", entry with { Flags = 1 }, "zip-unsupported"),
            ("an entry compressed by bzip2", entry with { Method = 12 }, "zip-unsupported"),
            ("an entry with another checksum", entry with { Crc = 1 }, "data-corrupt"),
            ("an entry that does not inflate", entry with { Data = [0xFF, 0xFF, 0xFF, 0xFF] }, "data-corrupt"),
            ("an entry that begins beyond the file", entry with { Offset = 0x7FFFFFFF }, "zip-invalid"),
            ("an entry that ends beyond the file", entry with { CompressedSize = 0x7FFFFFFF }, "zip-invalid"),
            ("an entry whose header is another's", entry with { Offset = 0 }, "zip-invalid"),
        })
            yield return new(what, code, () => Good().Add(bent).Build());
        yield return new("a script before the zip", "zip-hidden-data",
            () => Good().Seal().Build(before: Bytes("#!/bin/sh\n")));
        yield return new("a comment after the zip", "zip-invalid",
            () => Good().Seal().Build(comment: Bytes("hello")));
        yield return new("an entry that the end does not count", "zip-invalid",
            () => Good().Seal().Build(count: 1));
        yield return new("nothing", "zip-invalid", () => new MemoryStream());
        yield return new("1,000 zeros", "zip-invalid", () => new MemoryStream(new byte[1000]));
        yield return new("a page of HTML", "zip-invalid", () => new MemoryStream(Bytes("<!doctype html><p>Sign in")));
    }

    private static IEnumerable<HostilePackage> Nested() =>
        from pair in new (string What, string Content)[]
        {
            ("a zip", "PK\x03\x04...."), ("a gzip file", "\x1F\x8B\x08....."), ("a 7z file", "7z\xBC\xAF\x27\x1C..."),
            ("a rar file", "Rar!\x1A\x07..."),
        }
        select new HostilePackage($"{pair.What} called lib/a.dll", "nested-archive",
            () => Good().Add(new RawEntry(Bytes("lib/a.dll"), Bytes(pair.Content))).Seal().Build());

    private static IEnumerable<HostilePackage> Contents()
    {
        yield return new("a script", "file-unexpected", () => Good().Add("run.sh", "rm -rf /").Seal().Build());
        yield return new("a library of machine code", "file-unexpected",
            () => Good().Add("lib/a.so", "\x7FELF").Seal().Build());
        yield return new("text called an assembly", "assembly-invalid",
            () => Good().Add("lib/a.dll", "MZ, or so it says").Seal().Build());
        yield return new("no MANIFEST", "file-missing", () => Good().Build());
        yield return new("no package.json", "file-missing",
            () => new RawZip().Add("config/a.json", "{}").Seal().Build());
        yield return new("a file added after packing", "manifest-missing-entry",
            () => Good().Seal().Add("config/a.json", "{}").Build());
        yield return new("a file changed after packing", "manifest-mismatch", () => new RawZip()
            .Add("package.json", Manifest).Add("MANIFEST", new string('0', 64) + "  63  package.json\n").Build());
        yield return new("a file taken away after packing", "manifest-extra-entry", () => Good().Add("MANIFEST",
            new string('0', 64) + "  2  config/gone.json\n").Build());
        yield return new("a MANIFEST of prose", "manifest-invalid",
            () => Good().Add("MANIFEST", "trust me\n").Build());
        yield return new("a SIGNATURE of prose", "signature-invalid",
            () => Good().Seal().Add("SIGNATURE", "signed, the publisher").Build());
        yield return new("a lock of prose", "lock-invalid",
            () => Good().Add("package-lock.json", "\"latest\"").Seal().Build());
    }

    private static IEnumerable<HostilePackage> Texts() =>
        from pair in new (string What, string Text, string Code)[]
        {
            ("a package.json that is no JSON", "{", "json-invalid"),
            ("a member of package.json twice", """{"name":"acme-a","name":"acme-b"}""", "json-invalid"),
            ("a package.json nested 100 deep", new string('[', 100), "json-invalid"),
            ("a package.json that is a list", "[]", "property-invalid"),
            ("a name that is a path",
                """{"name":"../../etc","namespace":"acme","version":"1.0.0"}""", "name-invalid"),
            ("a namespace that is SQL",
                """{"name":"acme-a","namespace":"a'; drop table","version":"1.0.0"}""", "namespace-invalid"),
            ("a version that is a path",
                """{"name":"acme-a","namespace":"acme","version":"1.0.0/../../2"}""", "version-invalid"),
            ("a range of a thousand alternatives",
                """{"name":"acme-a","namespace":"acme","version":"1.0.0","dependencies":{"b":"RANGE"}}""".Replace(
                    "RANGE", string.Join("||", Enumerable.Repeat("1.x", 1000)), StringComparison.Ordinal),
                "range-invalid"),
            ("a dependency on itself", """
                {"name":"acme-a","namespace":"acme","version":"1.0.0","dependencies":{"acme-a":"*"}}
                """, "dependency-on-itself"),
            ("an assembly outside of the package", """
                {"name":"acme-a","namespace":"acme","version":"1.0.0","assemblies":["../../evil.dll"]}
                """, "assembly-missing"),
        }
        select new HostilePackage(pair.What, pair.Code,
            () => new RawZip().Add("package.json", pair.Text).Seal().Build());

    /// <summary>A name with what cannot be seen written out.</summary>
    private static string Shown(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
            if (c is >= ' ' and < '\x7F' or '…') text.Append(c);
            else text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        return text.ToString();
    }
}
