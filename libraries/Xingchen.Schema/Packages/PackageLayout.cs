namespace Xingchen.Schema.Packages;

/// <summary>Which files a package has, and where.</summary>
public static class PackageLayout
{
    public const string Extension = ".xcpkg";
    public const string Manifest = "package.json";
    public const string Lock = "package-lock.json";
    public const string Checksums = "MANIFEST";
    public const string Signature = "SIGNATURE";

    /// <summary>Whether a file of a package's folder goes into the package; others (sources, notes) stay
    /// behind.</summary>
    /// <param name="path">Relative, with <c>/</c>.</param>
    public static bool Belongs(string path) => path is Manifest or Lock
        || (IsUnder(path, "metadata/") && IsJson(path))
        || (IsUnder(path, "lib/") && path.EndsWith(".dll", StringComparison.Ordinal));

    internal static bool IsJson(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    private static bool IsUnder(string path, string folder) => path.StartsWith(folder, StringComparison.Ordinal);
}
