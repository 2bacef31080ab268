namespace Xingchen.Schema.Packages;

/// <summary>Reads a package file as what it is: somebody else's bytes.</summary>
/// <remarks>Pure over the stream, in bounded memory and time (see <see cref="PackageLimits"/>); nothing is written or
/// loaded.</remarks>
public static class PackageReader
{
    /// <summary>Reads all of <paramref name="archive"/> and reports every finding at once.</summary>
    /// <param name="archive">Readable and seekable; read from its beginning, left open.</param>
    /// <param name="limits">Null for <see cref="PackageLimits.Default"/>.</param>
    public static PackageContents Read(Stream archive, PackageLimits? limits = null, CancellationToken ct = default)
    {
        limits ??= PackageLimits.Default;
        var findings = new PackageFindings(limits.Findings);
        // 1. The archive: its structure, then every entry that is sound.
        if (ZipDirectory.Read(archive, limits, findings) is not { } entries)
            return new PackageContents(null, null, findings.All, null, null, default);
        var reader = new EntryReader(archive, limits, findings);
        var contents = new Dictionary<string, EntryContent>();
        var own = entries.Where(entry => IsAssembly(entry.Name))
            .Select(entry => Path.GetFileNameWithoutExtension(entry.Name)).ToHashSet();
        var handlers = new HandlerCheck();
        // Assemblies last, when it is known which types of them definitions name: one buffer serves them all.
        foreach (var entry in entries.Where(entry => entry.Sound).OrderBy(entry => IsAssembly(entry.Name)))
        {
            if (reader.Read(entry, Kept(entry.Name), ct) is not { } content) continue;
            contents[content.Path] = content;
            if (!IsAssembly(content.Path)) handlers.Want(content);
            else AssemblyCheck.Check(content.Path, reader.Assembly, own, handlers, findings);
        }
        // 2. What belongs into a package, and that it is what was packed.
        CheckFiles(entries, contents, findings);
        // 3. package.json, then the definitions under the name and namespace that it gives.
        var manifest = contents.TryGetValue(PackageLayout.Manifest, out var json)
            ? new PackageManifestReader(findings).Read(json.Content!)
            : null;
        if (manifest is not null) CheckAssemblies(manifest, contents, findings);
        var layer = manifest is null ? null : ReadLayer(manifest, contents.Values, findings);
        if (layer is not null) handlers.Check(layer, findings);
        var @lock = contents.TryGetValue(PackageLayout.Lock, out var file)
            ? PackageLock.Read(file.Content!, manifest, findings) : null;
        return new PackageContents(manifest, layer, findings.All, ReadSignature(contents, findings), @lock,
            contents.TryGetValue(PackageLayout.Checksums, out var checksums) ? checksums.Content : default);
    }

    private static PackageSignature? ReadSignature(
        Dictionary<string, EntryContent> contents, PackageFindings findings)
    {
        if (!contents.TryGetValue(PackageLayout.Signature, out var file)) return null;
        var signature = PackageSignature.Parse(file.Content);
        if (signature is null)
            findings.Add("signature-invalid", "SIGNATURE is not what 'xingchen pack --key' writes.",
                PackageLayout.Signature);
        return signature;
    }

    private static bool IsAssembly(string path) => PackageLayout.Belongs(path)
        && path.EndsWith(".dll", StringComparison.Ordinal);

    private static bool Kept(string path) => PackageLayout.IsJson(path) || IsAssembly(path)
        || path is PackageLayout.Checksums or PackageLayout.Signature;

    private static void CheckFiles(
        IReadOnlyList<ZipEntry> entries, Dictionary<string, EntryContent> contents, PackageFindings findings)
    {
        foreach (var entry in entries.Where(entry => entry.Sound && !PackageLayout.Belongs(entry.Name)
            && entry.Name is not (PackageLayout.Checksums or PackageLayout.Signature)))
            findings.Add("file-unexpected", "A package has package.json, package-lock.json, metadata/**.json, "
                + "lib/*.dll, MANIFEST and SIGNATURE, nothing else.", entry.Name);
        foreach (var needed in (string[])[PackageLayout.Manifest, PackageLayout.Checksums])
            if (entries.All(entry => entry.Name != needed))
                findings.Add("file-missing", $"The package has no {needed}. Make it with 'xingchen pack'.", needed);
        if (contents.TryGetValue(PackageLayout.Checksums, out var checksums))
            Checksums.Compare(checksums.Content!,
                [.. contents.Values.Where(c => c.Path is not (PackageLayout.Checksums or PackageLayout.Signature))],
                    findings);
    }

    private static void CheckAssemblies(
        PackageManifest manifest, Dictionary<string, EntryContent> contents, PackageFindings findings)
    {
        foreach (var (index, path) in manifest.Assemblies.Index())
            if (!contents.ContainsKey(path))
                findings.Add("assembly-missing", "The package has no such file.", PackageLayout.Manifest,
                    $"/assemblies/{index}");
    }

    private static Layer ReadLayer(PackageManifest manifest, IEnumerable<EntryContent> contents,
        PackageFindings findings)
    {
        var files = new List<DefinitionFile>();
        foreach (var content in contents.Where(c => c.Path.StartsWith("metadata/", StringComparison.Ordinal)
            && c.Content is not null))
            if (content.Path.Split('/') is [_, var collection, _, ..])
                files.Add(new(collection, content.Path, content.Content));
            else findings.Add("file-unexpected", "A definition is in the folder of its kind, such as "
                + "metadata/objects/.", content.Path);
        var layer = Layer.Parse(KindOf(manifest.Layer), manifest.Name, manifest.Namespace, manifest.Version, files,
            out var wrong);
        foreach (var finding in wrong) findings.Add(finding);
        return layer;
    }

    private static LayerKind KindOf(string layer) => layer switch
    {
        "global" => LayerKind.Global,
        "idc" => LayerKind.Idc,
        "group" => LayerKind.Group,
        _ => LayerKind.Isv,
    };
}
