using System.Text;

namespace Xingchen.Schema.Packages;

/// <summary>Which names the entries of a package may have: relative ASCII paths that mean the same on every file
/// system.</summary>
/// <remarks>Stricter than zip (APPNOTE 4.4.17), for what is refused here is never written anywhere.</remarks>
internal static class EntryName
{
    public const int MaxLength = 240;

    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(1, 9).SelectMany(n => new[] { "com" + n, "lpt" + n })],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The name as it may be shown: printable ASCII, cut to 200 characters.</summary>
    public static string Printable(ReadOnlySpan<byte> raw)
    {
        var text = new StringBuilder();
        foreach (var b in raw[..Math.Min(raw.Length, 200)]) text.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        return text.ToString();
    }

    /// <summary>Null, or the code and detail of the first rule that the name breaks.</summary>
    public static (string Code, string Detail)? Check(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) return ("path-empty", "An entry has no name.");
        if (raw.Length > MaxLength) return ("path-too-long", $"A path is at most {MaxLength} characters long.");
        if (raw.Contains((byte)0)) return ("path-nul", "A path has a NUL character in it.");
        if (raw.StartsWith("\\\\"u8) || raw.StartsWith("//"u8)) return ("path-unc",
            "A path names another machine. Paths are relative.");
        if (raw.Length > 1 && raw[1] == ':' && char.IsAsciiLetter((char)raw[0]))
            return ("path-drive", "A path names a drive. Paths are relative.");
        if (raw[0] is (byte)'/' or (byte)'\\')
            return ("path-absolute", "A path begins at the root. Paths are relative.");
        if (HasTraversal(raw)) return ("path-traversal", "A path leaves the package with '..'.");
        if (raw.Contains((byte)'\\')) return ("path-backslash", "A path has a backslash. Use '/'.");
        if (raw[^1] == '/') return ("path-directory", "Directories are no entries. Make the file with 'xingchen "
            + "pack'.");
        foreach (var b in raw)
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'.' or (byte)'_' or (byte)'-' or (byte)'/'))
                return ("path-characters", "Paths have ASCII letters, digits, '.', '_', '-' and '/' in them, "
                    + "nothing else.");
        return CheckSegments(Encoding.ASCII.GetString(raw));
    }

    private static bool HasTraversal(ReadOnlySpan<byte> raw)
    {
        foreach (var segment in Encoding.Latin1.GetString(raw).Split('/', '\\'))
            if (segment == "..") return true;
        return false;
    }

    private static (string Code, string Detail)? CheckSegments(string name)
    {
        foreach (var segment in name.Split('/'))
        {
            if (segment is "" or ".") return ("path-characters", "A path has an empty or '.' step.");
            if (segment[^1] == '.')
                return ("path-characters", "A step of a path ends with a dot, which Windows drops.");
            if (Devices.Contains(segment.Split('.')[0]))
                return ("path-device", "A step of a path is a device name on Windows.");
        }
        return null;
    }
}
