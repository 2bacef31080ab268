using System.IO.Compression;
using System.Text;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Unit.Packages;

/// <summary>Writes zip files that lie: every number of an entry can be told as one likes.</summary>
internal sealed class RawZip
{
    private readonly List<RawEntry> entries = [];

    public RawZip Add(string name, string content) => Add(new RawEntry(Encoding.Latin1.GetBytes(name),
        Encoding.UTF8.GetBytes(content)));

    public RawZip Add(RawEntry entry)
    {
        entries.Add(entry);
        return this;
    }

    /// <summary>Adds the checksums of what was added so far, so that only what a test breaks is wrong.</summary>
    public RawZip Seal()
    {
        var text = new StringBuilder();
        foreach (var entry in entries)
            text.Append(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(entry.Content)))
                .Append("  ").Append(entry.Content.Length).Append("  ").Append(Encoding.Latin1.GetString(entry.Name))
                    .Append('\n');
        return Add("MANIFEST", text.ToString());
    }

    public MemoryStream Build(byte[]? before = null, byte[]? comment = null, int? count = null)
    {
        var file = new MemoryStream();
        var writer = new BinaryWriter(file);
        var directory = new MemoryStream();
        var headers = new BinaryWriter(directory);
        writer.Write(before ?? []);
        foreach (var entry in entries)
        {
            var data = entry.Data ?? (entry.Deflate ? Deflate(entry.Content) : entry.Content);
            var at = entry.Offset ?? (uint)file.Position;
            var method = (ushort)(entry.Method ?? (entry.Deflate ? 8 : 0));
            var crc = entry.Crc ?? CrcOf(entry.Content);
            var compressed = entry.CompressedSize ?? (uint)data.Length;
            var size = entry.Size ?? (uint)entry.Content.Length;
            writer.Write(0x04034b50u);
            Shared(writer, entry, method, crc, compressed, entry.LocalSize ?? size, entry.LocalName ?? entry.Name);
            writer.Write(entry.LocalName ?? entry.Name);
            writer.Write(data);
            headers.Write(0x02014b50u);
            headers.Write((ushort)20);
            Shared(headers, entry, method, crc, compressed, size, entry.Name);
            headers.Write((ushort)0);
            headers.Write((ushort)0);
            headers.Write((ushort)0);
            headers.Write(entry.Attributes);
            headers.Write(at);
            headers.Write(entry.Name);
        }
        var start = (uint)file.Position;
        writer.Write(directory.ToArray());
        writer.Write(0x06054b50u);
        writer.Write(0u);
        writer.Write((ushort)(count ?? entries.Count));
        writer.Write((ushort)(count ?? entries.Count));
        writer.Write((uint)directory.Length);
        writer.Write(start);
        writer.Write((ushort)(comment?.Length ?? 0));
        writer.Write(comment ?? []);
        file.Position = 0;
        return file;
    }

    private static void Shared(BinaryWriter writer, RawEntry entry, ushort method, uint crc, uint compressed,
        uint size, byte[] name)
    {
        writer.Write((ushort)20);
        writer.Write(entry.Flags);
        writer.Write(method);
        writer.Write(0x00210000u);
        writer.Write(crc);
        writer.Write(compressed);
        writer.Write(size);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)0);
    }

    public static byte[] Deflate(byte[] content)
    {
        var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(
            content);
        return buffer.ToArray();
    }

    /// <summary>Bit by bit, on purpose another way than the reader's.</summary>
    private static uint CrcOf(byte[] content)
    {
        var crc = uint.MaxValue;
        foreach (var b in content)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }
        return ~crc;
    }
}

/// <summary>An entry with whatever it claims of itself; null claims are true ones.</summary>
internal sealed record RawEntry(byte[] Name, byte[] Content)
{
    public bool Deflate { get; init; } = true;
    public byte[]? Data { get; init; }
    public byte[]? LocalName { get; init; }
    public ushort? Method { get; init; }
    public ushort Flags { get; init; }
    public uint? Crc { get; init; }
    public uint? CompressedSize { get; init; }
    public uint? Size { get; init; }
    public uint? LocalSize { get; init; }
    public uint? Offset { get; init; }
    public uint Attributes { get; init; }
}
