using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Xingchen.Schema.Packages;

/// <summary>Makes package files: the same files give the same bytes, whatever their dates, order and machine.</summary>
/// <remarks>Entries in ordinal order of their paths, all dated 1980-01-01, plain files of no system, deflated at one
/// level or stored where that is smaller or would inflate beyond the ratio that intake allows. The deflater is the
/// runtime's: another major version of .NET may compress differently.</remarks>
public static class PackageWriter
{
    private const ushort Date1980 = 0x21; // the first day that zip can tell (APPNOTE 4.4.6)
    private const byte Version20 = 20;

    /// <summary>Writes a package of <paramref name="files"/>, adding its <c>MANIFEST</c>.</summary>
    /// <param name="files">What <see cref="PackageLayout.Belongs"/> says; a <c>MANIFEST</c> among them is
    /// replaced.</param>
    /// <param name="output">Writable; need not seek; left open.</param>
    /// <param name="sign">Makes the signature of the bytes of <c>MANIFEST</c>; null for a package without one.</param>
    /// <returns>The address of the bytes that were written.</returns>
    public static Digest Pack(
        IEnumerable<PackageFile> files, Stream output, Func<ReadOnlyMemory<byte>, PackageSignature>? sign = null)
    {
        PackageFile[] sources = [.. files.Where(file =>
            file.Path is not (PackageLayout.Checksums or PackageLayout.Signature))];
        var checksums = Checksums.Write(sources.Select(file => new EntryContent(
            file.Path, file.Content.Length, Convert.ToHexStringLower(SHA256.HashData(file.Content.Span)), null)));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var directory = new MemoryStream();
        long offset = 0;
        PackageFile[] added = sign is null ? [new(PackageLayout.Checksums, checksums)]
            : [new(PackageLayout.Checksums, checksums), new(PackageLayout.Signature, sign(checksums).ToFile())];
        PackageFile[] ordered = [.. sources.Concat(added).OrderBy(f => f.Path, StringComparer.Ordinal)];
        foreach (var file in ordered)
        {
            var name = Encoding.UTF8.GetBytes(file.Path);
            var data = Compress(file.Content, out var method);
            var header = Header(method, Crc32.Of(file.Content.Span), data.Length, file.Content.Length, name.Length);
            Write([0x50, 0x4B, 0x03, 0x04], header, name, data.Span);
            directory.Write([0x50, 0x4B, 0x01, 0x02, Version20, 0]);
            directory.Write(header);
            directory.Write(new byte[10]); // no comment, first disk, no attributes
            directory.Write(U32((uint)offset));
            directory.Write(name);
            offset += 4 + header.Length + name.Length + data.Length;
        }
        Write(directory.ToArray(), End(ordered.Length, directory.Length, offset), [], []);
        return new Digest("sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()));

        void Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third,
            ReadOnlySpan<byte> fourth)
        {
            Append(first);
            Append(second);
            Append(third);
            Append(fourth);
        }

        void Append(ReadOnlySpan<byte> bytes)
        {
            output.Write(bytes);
            hash.AppendData(bytes);
        }
    }

    /// <summary>The 26 bytes that a local header and a directory header share (APPNOTE 4.3.7, 4.3.12), from "version
    /// needed" on.</summary>
    private static byte[] Header(ushort method, uint crc, int compressed, int size, int nameLength)
    {
        var header = new byte[26];
        BinaryPrimitives.WriteUInt16LittleEndian(header, Version20);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), method);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), Date1980);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(10), crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(14), (uint)compressed);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(18), (uint)size);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(22), (ushort)nameLength);
        return header;
    }

    private static byte[] End(int count, long size, long offset)
    {
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), checked((ushort)count));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), checked((uint)size));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), checked((uint)offset));
        return end;
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> content, out ushort method)
    {
        var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(
            content.Span);
        var fits = buffer.Length < content.Length && buffer.Length * PackageLimits.Default.Ratio >= content.Length;
        method = fits ? ZipEntry.Deflated : ZipEntry.Stored;
        return fits ? buffer.ToArray() : content;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
