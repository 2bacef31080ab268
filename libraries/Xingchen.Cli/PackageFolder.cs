using System.CommandLine;
using Xingchen.Schema.Packages;

namespace Xingchen.Cli;

/// <summary>Where the lock of a package that is packed comes from.</summary>
internal enum LockUse
{
    /// <summary>The folder's, else none.</summary>
    Offline,

    /// <summary>The folder's, else what the server says now.</summary>
    Resolve,

    /// <summary>What the server says now, kept in the folder.</summary>
    Renew,
}

/// <summary>A folder with <c>package.json</c>, as it is packed: the same files give the same bytes.</summary>
internal static class PackageFolder
{
    public static Argument<string> Argument() => new("folder") { Description = "The folder with package.json" };

    public static Option<bool> OfflineOption() => new("--offline")
    {
        Description = "Ask no server: without package-lock.json where the folder has none",
    };

    /// <summary>Packs a folder and reads it back as intake would.</summary>
    /// <param name="key">The file of a private key to sign with; null for no signature.</param>
    /// <param name="api">Whom to ask what the dependencies come to; asked for only where it is needed.</param>
    /// <exception cref="CliException">Something is wrong, with every finding.</exception>
    public static async Task<PackageManifest> PackAsync(
        string folder, MemoryStream output, string? key, LockUse use, Func<ApiClient>? api, CancellationToken ct)
    {
        if (!Directory.Exists(folder)) throw new CliException($"There is no folder {folder}.");
        var files = Read(folder);
        var place = files.FindIndex(file => file.Path == PackageLayout.Lock);
        if (use == LockUse.Renew && place >= 0) files.RemoveAt(place);
        if (place >= 0 && use != LockUse.Renew) return Pack(folder, files, output, key, ct);
        var manifest = Pack(folder, files, new MemoryStream(), null, ct);
        // The platform's own layers are released together, and lock nothing.
        var needed = manifest.Dependencies.Count > 0 && !manifest.IsStandard;
        if (needed && use == LockUse.Offline)
            Terminal.Say("Without package-lock.json: nothing says which dependencies it was built with. Make it: "
                + $"xingchen lock {folder}");
        var locked = needed && use != LockUse.Offline ? await ResolveAsync(api!, manifest, ct) : null;
        if (locked is not null) files.Add(new PackageFile(PackageLayout.Lock, locked.ToFile()));
        manifest = Pack(folder, files, output, key, ct);
        if (use == LockUse.Renew) await KeepAsync(Path.Combine(folder, PackageLayout.Lock), locked, ct);
        else if (locked is not null)
            Terminal.Say("The dependencies were resolved anew. To pack the same bytes later, keep what they came to: "
                + $"xingchen lock {folder}");
        return manifest;
    }

    private static async Task KeepAsync(string file, PackageLock? locked, CancellationToken ct)
    {
        if (locked is null) File.Delete(file);
        else await File.WriteAllBytesAsync(file, locked.ToFile(), ct);
    }

    private static List<PackageFile> Read(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(folder, file).Replace('\\', '/'), File: file))
            .Where(file => PackageLayout.Belongs(file.Name))
            .Select(file => new PackageFile(file.Name, File.ReadAllBytes(file.File))),
    ];

    private static PackageManifest Pack(
        string folder, IEnumerable<PackageFile> files, MemoryStream output, string? key, CancellationToken ct)
    {
        PackageWriter.Pack(files, output, key is null ? null : checksums => KeyCommands.Sign(key, checksums));
        output.Position = 0;
        var contents = PackageReader.Read(output, ct: ct);
        output.Position = 0;
        return contents.Findings.Count == 0 && contents.Manifest is { } manifest ? manifest
            : throw new CliException($"{folder} is not a valid package: {contents.Findings.Count} to mend.",
                contents.Findings);
    }

    private static async Task<PackageLock> ResolveAsync(
        Func<ApiClient> api, PackageManifest manifest, CancellationToken ct)
    {
        try
        {
            using var client = api();
            var answer = await client.PostAsync("/v1/packages/resolve", new
            {
                dependencies = manifest.Dependencies.ToDictionary(d => d.Key, d => d.Value.ToString()),
            }, ct);
            return new PackageLock(answer.GetProperty("packages").EnumerateArray().ToDictionary(
                package => package.GetProperty("name").GetString()!,
                package => new LockedPackage(
                    package.GetProperty("version").GetString()!, package.GetProperty("digest").GetString()!)));
        }
        catch (CliException problem)
        {
            throw new CliException($"{manifest.Name} has dependencies, and what they come to cannot be told. "
                + $"{problem.Message} (Or add --offline: without a lock.)", problem.Findings, problem.Slug);
        }
    }
}
