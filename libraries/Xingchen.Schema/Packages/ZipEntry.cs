namespace Xingchen.Schema.Packages;

/// <summary>What the central directory says of an entry (APPNOTE 4.3.12).</summary>
/// <param name="Offset">Of its local header, in bytes from the start of the file.</param>
internal sealed record ZipEntry(
    string Name, ushort Flags, ushort Method, uint Crc, long CompressedSize, long Size, long Offset, byte[] RawName)
{
    public const ushort Stored = 0;
    public const ushort Deflated = 8;

    /// <summary>Sizes and checksum follow the data (bit 3).</summary>
    public bool HasDescriptor => (Flags & 0x8) != 0;

    /// <summary>Where its data begins; known after the local header was read.</summary>
    public long DataOffset { get; set; }

    /// <summary>False once anything is wrong with it: its bytes are then not looked at.</summary>
    public bool Sound { get; set; } = true;
}
