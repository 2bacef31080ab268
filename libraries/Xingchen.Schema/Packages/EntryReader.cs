using System.IO.Compression;
using System.Security.Cryptography;

namespace Xingchen.Schema.Packages;

/// <summary>What an entry really is, as opposed to what the directory says.</summary>
/// <param name="Sha256">Lower-case hexadecimal, of the inflated bytes.</param>
/// <param name="Content">The inflated bytes where they were asked for.</param>
internal sealed record EntryContent(string Path, long Size, string Sha256, byte[]? Content);

/// <summary>Inflates entries one by one through one buffer and stops at the first byte too many.</summary>
internal sealed class EntryReader(Stream file, PackageLimits limits, PackageFindings findings)
{
    private readonly byte[] buffer = new byte[64 << 10];
    private long inflatedBytes;
    private int jsonBytes;
    private byte[]? assembly;

    /// <summary>The bytes of the assembly that was read last, until the next one is read: one buffer serves all, for a
    /// package may have many.</summary>
    public ArraySegment<byte> Assembly { get; private set; }

    /// <summary>Reads an entry to its end; null where it is not what it says it is.</summary>
    public EntryContent? Read(ZipEntry entry, bool keep, CancellationToken ct)
    {
        if (entry.Size > entry.CompressedSize * limits.Ratio)
            return Refuse(entry, "ratio-exceeded", $"The entry says that it inflates more than {limits.Ratio}-fold.");
        var isAssembly = entry.Name.EndsWith(".dll", StringComparison.Ordinal);
        if (keep && isAssembly && entry.Size > limits.AssemblyBytes)
            return Refuse(entry, "file-too-large", $"An assembly is at most {limits.AssemblyBytes} bytes.");
        if (keep && !isAssembly && (entry.Size > limits.JsonFileBytes || jsonBytes + entry.Size > limits.JsonBytes))
            return Refuse(entry, "file-too-large",
                $"JSON files are at most {limits.JsonFileBytes} bytes, and {limits.JsonBytes} bytes together.");
        using var source = Open(entry);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var kept = !keep ? null : isAssembly ? assembly ??= new byte[limits.AssemblyBytes] : new byte[entry.Size];
        long size = 0;
        uint crc = 0;
        try
        {
            for (int read; (read = source.Read(buffer)) > 0; size += read)
            {
                ct.ThrowIfCancellationRequested();
                var bytes = buffer.AsSpan(0, read);
                if (size + read > entry.Size)
                    return Refuse(entry, "size-lie", "The entry inflates to more bytes than the directory says.");
                if ((inflatedBytes += read) > limits.InflatedBytes)
                    return Refuse(entry, "package-too-large",
                        $"The entries inflate to more than {limits.InflatedBytes} bytes together.");
                if (size == 0 && ArchiveKind.Of(bytes) is { } kind)
                    return Refuse(entry, "nested-archive", $"The entry is an archive itself ({kind}).");
                crc = Crc32.Append(crc, bytes);
                hash.AppendData(bytes);
                if (kept is not null) bytes.CopyTo(kept.AsSpan((int)size));
            }
        }
        catch (InvalidDataException)
        {
            return Refuse(entry, "data-corrupt", "The entry's compressed bytes are damaged.");
        }
        if (size != entry.Size)
            return Refuse(entry, "size-lie", "The entry inflates to fewer bytes than the directory says.");
        if (crc != entry.Crc)
            return Refuse(entry, "data-corrupt", "The entry's checksum (CRC-32) does not fit its bytes.");
        if (isAssembly && kept is not null) (Assembly, kept) = (new ArraySegment<byte>(kept, 0, (int)size), null);
        else if (keep) jsonBytes += (int)size;
        return new EntryContent(entry.Name, size, Convert.ToHexStringLower(hash.GetHashAndReset()), kept);
    }

    private Stream Open(ZipEntry entry)
    {
        var compressed = new EntryStream(file, entry.DataOffset, entry.CompressedSize);
        return entry.Method == ZipEntry.Stored ? compressed : new DeflateStream(compressed, CompressionMode.Decompress);
    }

    private EntryContent? Refuse(ZipEntry entry, string code, string detail)
    {
        findings.Add(code, detail, entry.Name);
        return null;
    }
}
