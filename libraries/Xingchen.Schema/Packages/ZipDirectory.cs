using System.Buffers.Binary;

namespace Xingchen.Schema.Packages;

/// <summary>Reads the structure of a zip file and believes nothing of it.</summary>
/// <remarks>
/// A strict profile of PKWARE's APPNOTE 6.3.10: one disk, no zip64, no comment, nothing before, between or after the
/// entries.
/// In that profile no two readers can see different files in the same bytes. Steps: (1) the end record; (2) the central
/// directory; (3) every local header against it; (4) the layout: entries side by side, none overlapping, no gaps.
/// </remarks>
internal static class ZipDirectory
{
    private const int EndSize = 22;
    private const int HeaderSize = 46;
    private const int LocalSize = 30;
    private const int MaxDirectoryBytes = 8 << 20;
    private const uint EndSignature = 0x06054b50;
    private const uint HeaderSignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;

    /// <summary>The entries; null where there is no telling them apart.</summary>
    public static IReadOnlyList<ZipEntry>? Read(Stream file, PackageLimits limits, PackageFindings findings)
    {
        var end = ReadEnd(file, limits, findings);
        if (end is not var (count, directoryOffset, directorySize)) return null;
        var directory = new byte[directorySize];
        file.Position = directoryOffset;
        file.ReadExactly(directory);
        var entries = ReadHeaders(directory, count, findings);
        if (entries is null) return null;
        FindCollisions(entries, findings);
        foreach (var entry in entries) CheckLocalHeader(file, entry, directoryOffset, findings);
        CheckLayout(entries, directoryOffset, findings);
        return entries;
    }

    private static (int Count, long Offset, int Size)? ReadEnd(Stream file, PackageLimits limits,
        PackageFindings findings)
    {
        var end = new byte[EndSize];
        if (file.Length < EndSize) return Refuse(findings, "zip-invalid", "This is no zip file: it is too short.");
        file.Position = file.Length - EndSize;
        file.ReadExactly(end);
        if (U32(end, 0) != EndSignature || U16(end, 20) != 0)
            return Refuse(findings, "zip-invalid", "This is no zip file that ends with its directory, or it is "
                + "cut short or has a comment.");
        int count = U16(end, 10);
        long size = U32(end, 12), offset = U32(end, 16);
        if (U16(end, 4) != 0 || U16(end, 6) != 0 || U16(end, 8) != count)
            return Refuse(findings, "zip-invalid", "The zip file is split over disks.");
        if (count > limits.Entries)
            return Refuse(findings, "too-many-entries", $"There are {count} entries; {limits.Entries} are allowed.");
        if (count == 0xFFFF || size == uint.MaxValue || offset == uint.MaxValue)
            return Refuse(findings, "zip-unsupported", "Zip64 files are not taken.");
        if (offset + size != file.Length - EndSize)
            return Refuse(findings, "zip-invalid", "The directory is not where the end record says, or something "
                + "stands between them.");
        if (size > MaxDirectoryBytes)
            return Refuse(findings, "zip-invalid", $"The directory is larger than {MaxDirectoryBytes} bytes.");
        return (count, offset, (int)size);
    }

    private static List<ZipEntry>? ReadHeaders(byte[] directory, int count, PackageFindings findings)
    {
        var entries = new List<ZipEntry>(count);
        var at = 0;
        while (at < directory.Length)
        {
            var header = directory.AsSpan(at);
            if (header.Length < HeaderSize || U32(header, 0) != HeaderSignature) break;
            int nameLength = U16(header, 28), extraLength = U16(header, 30), commentLength = U16(header, 32);
            var length = HeaderSize + nameLength + extraLength + commentLength;
            if (header.Length < length) break;
            entries.Add(ReadHeader(header, nameLength, extraLength, findings));
            at += length;
        }
        if (at == directory.Length && entries.Count == count) return entries;
        findings.Add("zip-invalid", $"The directory does not hold the {count} entries that the end record promises.");
        return null;
    }

    private static ZipEntry ReadHeader(ReadOnlySpan<byte> header, int nameLength, int extraLength,
        PackageFindings findings)
    {
        var raw = header.Slice(HeaderSize, nameLength);
        var entry = new ZipEntry(EntryName.Printable(raw), U16(header, 8), U16(header, 10), U32(header, 16),
            U32(header, 20), U32(header, 24), U32(header, 42), raw.ToArray());
        if (EntryName.Check(raw) is var (code, detail)) Flaw(entry, findings, code, detail);
        if ((entry.Flags & ~0x080E) != 0)
            Flaw(entry, findings, "zip-unsupported", "The entry is encrypted, or uses a feature that is not taken.");
        if (entry.Method is not (ZipEntry.Stored or ZipEntry.Deflated))
            Flaw(entry, findings, "zip-unsupported", $"Compression method {entry.Method} is not taken: store or "
                + $"deflate.");
        if (entry.Method == ZipEntry.Stored && entry.Size != entry.CompressedSize)
            Flaw(entry, findings, "size-lie", "The entry is stored, yet its two sizes differ.");
        if (entry.Size == uint.MaxValue || entry.CompressedSize == uint.MaxValue || entry.Offset == uint.MaxValue)
            Flaw(entry, findings, "zip-unsupported", "Zip64 entries are not taken.");
        if (U16(header, 34) != 0) Flaw(entry, findings, "zip-invalid", "The entry is on another disk.");
        CheckKind(header, entry, findings);
        CheckExtra(header.Slice(HeaderSize + nameLength, extraLength), entry, findings);
        return entry;
    }

    /// <summary>Only plain files: no symbolic link, device, pipe or reparse point, whichever system claims to have
    /// made it.</summary>
    private static void CheckKind(ReadOnlySpan<byte> header, ZipEntry entry, PackageFindings findings)
    {
        var attributes = U32(header, 38);
        var unixKind = (attributes >> 16) & 0xF000;
        if (unixKind == 0xA000 || (attributes & 0x400) != 0)
            Flaw(entry, findings, "entry-link", "The entry is a link.");
        else if (unixKind is not (0 or 0x8000)) Flaw(entry, findings, "entry-special", "The entry is no plain file.");
    }

    /// <summary>Extra fields that rename or resize an entry would let two readers see two things.</summary>
    private static void CheckExtra(ReadOnlySpan<byte> extra, ZipEntry entry, PackageFindings findings)
    {
        while (extra.Length >= 4)
        {
            int id = U16(extra, 0), length = U16(extra, 2);
            if (id is 0x0001 or 0x7075)
                Flaw(entry, findings, "zip-unsupported", "Zip64 and Unicode-path fields are not taken.");
            if (length > extra.Length - 4) break;
            extra = extra[(4 + length)..];
        }
        if (!extra.IsEmpty) Flaw(entry, findings, "zip-invalid", "The entry's extra fields do not add up.");
    }

    private static void FindCollisions(List<ZipEntry> entries, PackageFindings findings)
    {
        var seen = new Dictionary<string, ZipEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries.Where(entry => entry.Sound))
        {
            if (seen.TryAdd(entry.Name, entry)) continue;
            if (seen[entry.Name].Name == entry.Name)
                Flaw(entry, findings, "entry-duplicate", "Two entries have this name.");
            else
                Flaw(entry, findings, "entry-case-collision",
                    $"This and '{seen[entry.Name].Name}' differ in case only.");
        }
    }

    private static void CheckLocalHeader(Stream file, ZipEntry entry, long limit, PackageFindings findings)
    {
        var local = new byte[LocalSize];
        if (entry.Offset + LocalSize > limit)
        {
            Flaw(entry, findings, "zip-invalid", "The entry begins outside of the file's data.");
            return;
        }
        file.Position = entry.Offset;
        file.ReadExactly(local);
        int nameLength = U16(local, 26), extraLength = U16(local, 28);
        entry.DataOffset = entry.Offset + LocalSize + nameLength + extraLength;
        if (U32(local, 0) != LocalSignature || nameLength != entry.RawName.Length
            || entry.DataOffset + entry.CompressedSize > limit)
        {
            Flaw(entry, findings, "zip-invalid", "The entry's own header is not what the directory says.");
            return;
        }
        var name = new byte[nameLength];
        file.ReadExactly(name);
        if (!name.AsSpan().SequenceEqual(entry.RawName))
            Flaw(entry, findings, "zip-invalid", "The entry bears another name in its own header than in the "
                + "directory.");
        if (U16(local, 6) != entry.Flags || U16(local, 8) != entry.Method)
            Flaw(entry, findings, "zip-invalid", "The entry's own header is not what the directory says.");
        var same = U32(local, 14) == entry.Crc && U32(local, 18) == entry.CompressedSize
            && U32(local, 22) == entry.Size;
        var blank = entry.HasDescriptor && U32(local, 14) == 0 && U32(local, 18) == 0 && U32(local, 22) == 0;
        if (!same && !blank)
            Flaw(entry, findings, "size-lie", "The entry's own header tells other sizes than the directory.");
    }

    private static void CheckLayout(List<ZipEntry> entries, long directoryOffset, PackageFindings findings)
    {
        if (entries.Any(entry => entry.DataOffset == 0)) return; // a place is unknown, and that was told
        ZipEntry[] ordered = [.. entries.OrderBy(entry => entry.Offset)];
        long expected = 0;
        for (var i = 0; i < ordered.Length; i++)
        {
            var gap = ordered[i].Offset - expected;
            if (gap < 0) Flaw(ordered[i], findings, "entry-overlap", "The entry's bytes overlap with another's.");
            if (gap > 0)
                Flaw(ordered[i], findings, "zip-hidden-data", "Bytes that belong to no entry stand before this one.");
            expected = ordered[i].DataOffset + ordered[i].CompressedSize;
            if (!ordered[i].HasDescriptor) continue;
            // A data descriptor is 12 bytes, or 16 with its optional signature (APPNOTE 4.3.9): what follows tells
            // which.
            var next = i + 1 < ordered.Length ? ordered[i + 1].Offset : directoryOffset;
            expected += next - expected == 12 ? 12 : 16;
        }
        if (expected < directoryOffset)
            findings.Add("zip-hidden-data", "Bytes that belong to no entry stand before the directory.");
        if (expected > directoryOffset)
            findings.Add("entry-overlap", "The last entry's bytes overlap with the directory.");
    }

    private static (int, long, int)? Refuse(PackageFindings findings, string code, string detail)
    {
        findings.Add(code, detail);
        return null;
    }

    private static void Flaw(ZipEntry entry, PackageFindings findings, string code, string detail)
    {
        entry.Sound = false;
        findings.Add(code, detail, entry.Name);
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
