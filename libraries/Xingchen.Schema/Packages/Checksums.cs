using System.Globalization;
using System.Text;

namespace Xingchen.Schema.Packages;

/// <summary>The file <c>MANIFEST</c>: a line for every other entry, in ordinal order of their paths.</summary>
/// <remarks>A line is the SHA-256 (64 lower-case hexadecimal digits), two spaces, the size in bytes, two spaces, the
/// path. It does not name itself, nor <c>SIGNATURE</c>, which signs it.</remarks>
internal static class Checksums
{
    public static byte[] Write(IEnumerable<EntryContent> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries.OrderBy(entry => entry.Path, StringComparer.Ordinal)) text.Append(Line(entry))
            .Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Adds a finding for every entry that is missing in <paramref name="content"/>, or is there and not in
    /// the package, or differs.</summary>
    public static void Compare(byte[] content, IReadOnlyCollection<EntryContent> entries, PackageFindings findings)
    {
        var told = new Dictionary<string, string>();
        var number = 0;
        foreach (var line in Encoding.Latin1.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            if (line.Split("  ", 3) is [{ Length: 64 }, var size, var path]
                && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                    && told.TryAdd(path, line)) continue;
            findings.Add("manifest-invalid", $"Line {number} is not 'SHA-256  size  path', or names a path again.",
                PackageLayout.Checksums);
        }
        foreach (var entry in entries)
            if (!told.Remove(entry.Path, out var line))
                findings.Add("manifest-missing-entry", "MANIFEST does not name this file. Pack again.", entry.Path);
            else if (line != Line(entry))
                findings.Add("manifest-mismatch", "The file is not the one that MANIFEST names: it was changed "
                    + "after packing. Pack again.", entry.Path);
        foreach (var path in told.Keys.Order(StringComparer.Ordinal))
            findings.Add("manifest-extra-entry", $"MANIFEST names "
                + $"'{EntryName.Printable(Encoding.Latin1.GetBytes(path))}', which is not in the package.",
                PackageLayout.Checksums);
    }

    private static string Line(EntryContent entry) => $"{entry.Sha256}  {entry.Size}  {entry.Path}";
}
