namespace Xingchen.Schema.Packages;

/// <summary>Tells archives by their first bytes, whatever they are called.</summary>
internal static class ArchiveKind
{
    private const int TarMagicOffset = 257;

    private static readonly (byte[] Magic, string Kind)[] Magics =
    [
        ("PK\x03\x04"u8.ToArray(), "zip"), ("PK\x05\x06"u8.ToArray(), "zip"), ("PK\x07\x08"u8.ToArray(), "zip"),
        ([0x1F, 0x8B], "gzip"), ("BZh"u8.ToArray(), "bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z"), ("Rar!"u8.ToArray(), "rar"),
        ("MSCF"u8.ToArray(), "cab"), ([0x04, 0x22, 0x4D, 0x18], "lz4"), ("!<arch>"u8.ToArray(), "ar"),
    ];

    /// <summary>The kind of archive that begins with <paramref name="start"/>, or null.</summary>
    public static string? Of(ReadOnlySpan<byte> start)
    {
        foreach (var (magic, kind) in Magics)
            if (start.StartsWith(magic)) return kind;
        return start.Length > TarMagicOffset + 5 && start[TarMagicOffset..].StartsWith("ustar"u8) ? "tar" : null;
    }
}
