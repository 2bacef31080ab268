using System.Text.Json;

namespace Xingchen.Schema.Packages;

/// <summary>A version that a package was built and tested with.</summary>
/// <param name="Digest">Of its file.</param>
public sealed record LockedPackage(string Version, string Digest);

/// <summary>The file <c>package-lock.json</c>: every package that the dependencies come to, also theirs, as they were
/// resolved at pack time.</summary>
/// <remarks>It binds nobody: an account gets the highest versions that satisfy all. It says what was
/// tested.</remarks>
/// <param name="Packages">By name, in ordinal order.</param>
public sealed record PackageLock(IReadOnlyDictionary<string, LockedPackage> Packages)
{
    private const int MostPackages = 500;
    private const int DigestLength = 71;

    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>The bytes of the file: the same for the same packages.</summary>
    public byte[] ToFile()
    {
        var file = new MemoryStream();
        using (var writer = new Utf8JsonWriter(file, Indented))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("packages");
            foreach (var (name, package) in Packages.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteStartObject(name);
                writer.WriteString("version", package.Version);
                writer.WriteString("digest", package.Digest);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        file.WriteByte((byte)'\n');
        return file.ToArray();
    }

    /// <summary>Reads the file, and says where it is not one, or not one for these dependencies.</summary>
    /// <returns>Null where it is no lock at all.</returns>
    internal static PackageLock? Read(byte[] json, PackageManifest? manifest, PackageFindings findings)
    {
        if (PackageJson.TryParse(json, PackageLayout.Lock, findings) is not { } root) return null;
        if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Count() != 1
            || !root.TryGetProperty("packages", out var packages) || packages.ValueKind != JsonValueKind.Object
            || packages.EnumerateObject().Count() > MostPackages)
        {
            Add("lock-invalid", $"A lock is {{\"packages\": {{name: {{\"version\", \"digest\"}}}}}}, of {MostPackages} "
                + "packages at most. Make it with 'xingchen lock'.", "");
            return null;
        }
        var locked = new SortedDictionary<string, LockedPackage>(StringComparer.Ordinal);
        foreach (var member in packages.EnumerateObject())
            if (Names.Package.IsMatch(member.Name) && ReadPackage(member.Value) is { } package)
                locked[member.Name] = package;
            else Add("lock-invalid", "A locked package has a name, a version such as 1.2.0, and a digest of sha256: "
                + "and 64 hexadecimal digits.", PointerOf(member.Name));
        var read = new PackageLock(locked);
        if (manifest is not null)
            foreach (var finding in read.Misses($"{manifest.Name} {manifest.Version}", manifest.Dependencies))
                findings.Add(finding);
        return read;

        void Add(string code, string detail, string pointer) =>
            findings.Add(code, detail, PackageLayout.Lock, pointer);
    }

    /// <summary>A finding for each dependency that is not in the lock, or in it with a version outside of its
    /// range.</summary>
    /// <param name="asker">Whose they are: <c>acme-shop 1.0.0</c>.</param>
    public IEnumerable<Finding> Misses(string asker, IReadOnlyDictionary<string, VersionRange> dependencies) =>
        from dependency in dependencies
        let locked = Packages.GetValueOrDefault(dependency.Key)
        where locked is null || !VersionRange.TryParseVersion(locked.Version, out var version)
            || !dependency.Value.Contains(version)
        select locked is null
            ? new Finding("lock-missing", $"{asker} depends on {dependency.Key} {dependency.Value}, and the lock has "
                + "none. Renew it: xingchen lock FOLDER", "/packages", PackageLayout.Lock)
            : new Finding("lock-range", $"{asker} depends on {dependency.Key} {dependency.Value}, and the lock has "
                + $"{locked.Version}. Renew it: xingchen lock FOLDER", PointerOf(dependency.Key), PackageLayout.Lock);

    /// <summary>Where a package is in the file.</summary>
    public static string PointerOf(string name) =>
        "/packages/" + (name.Length > 60 ? name[..60] : name).Replace("~", "~0").Replace("/", "~1");

    private static LockedPackage? ReadPackage(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 2
        && value.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String
        && value.TryGetProperty("digest", out var digest) && digest.ValueKind == JsonValueKind.String
        && VersionRange.TryParseVersion(version.GetString(), out _)
        && digest.GetString() is { Length: DigestLength } address
        && address.StartsWith("sha256:", StringComparison.Ordinal)
        && address.AsSpan(7).IndexOfAnyExcept("0123456789abcdef") < 0
            ? new LockedPackage(version.GetString()!, address) : null;
}
