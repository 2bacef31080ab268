using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>Takes a package in, or says everything that is wrong with it.</summary>
/// <remarks>
/// Nothing is half done: the file is kept first, by its digest, and is nobody's until the one transaction that adds
/// the version.
/// A stop between the two leaves a file that the next upload of these bytes finds. Thread-safe.
/// </remarks>
public sealed class PackageIntake(
    IPackageStore files, PackageVersionStore versions, PackageReferences references,
    PackageCompatibility compatibility, PackageLocks locks, PublisherKeyStore keys, IOptions<DeliveryOptions> options,
    TimeProvider time) : IDisposable
{
    private readonly DeliveryOptions options = options.Value;

    // The bound on memory: a reading takes a bounded amount, and only so many read at once.
    private readonly SemaphoreSlim readers = new(options.Value.Readers);

    /// <param name="dryRun">Whether only to look: then nothing is kept, and a version that is there is told.</param>
    /// <returns>The version, and whether it is new.</returns>
    /// <exception cref="ProblemException"><c>body-too-large</c>, <c>namespace-not-yours</c>, <c>scope-missing</c>,
    /// <c>package-invalid</c>, <c>package-version-exists</c>, <c>package-name-taken</c></exception>
    public async Task<(PackageVersion Version, bool Added)> TakeAsync(
        Stream body, Caller caller, bool dryRun, CancellationToken ct)
    {
        // 1. To the disk. The same bytes again from the same publisher need no second look.
        using var staged = await StagedPackage.WriteAsync(body, options.IncomingPath, options.PackageBytes, ct);
        if (await versions.FindByDigestAsync(caller.Context.Org, staged.Digest, ct) is { } same) return (same, false);
        // 2. What it says by itself.
        var contents = await ReadAsync(staged, ct);
        if (contents.Manifest is { } named) RequireOwner(named, caller);
        IReadOnlyList<Finding> findings = [.. contents.Findings, .. await CheckSignatureAsync(contents, caller, ct)];
        if (findings.Count > 0) throw Invalid(findings);
        // 3. What it says of others, and whether its place is free.
        var version = VersionOf(contents, staged, caller);
        if (await versions.FindAsync(caller.Context.Org, version.Name, version.Version, ct) is { } other)
            return (SameOrThrow(other, version), false);
        if (!await versions.IsFreeAsync(version, ct)) throw NameTaken(version);
        findings =
        [
            .. await references.CheckAsync(contents, caller.Context.Org, ct),
            .. await locks.CheckAsync(contents.Lock, ct),
            .. await compatibility.CheckAsync(contents.Layer!, version, ct),
        ];
        if (findings.Count > 0) throw Invalid(findings);
        if (dryRun) return (version with { Status = PackageVersion.Valid }, false);
        // 4. In.
        await files.PutAsync(staged.Digest, staged.Path, ct);
        if (await versions.AddAsync(version, Encoding.UTF8.GetString(contents.Layer!.Content.Span), ct))
            return (version, true);
        var first = await versions.FindAsync(caller.Context.Org, version.Name, version.Version,
            ct) ?? throw NameTaken(version);
        return (SameOrThrow(first, version), false);
    }

    public void Dispose() => readers.Dispose();

    private async Task<PackageContents> ReadAsync(StagedPackage staged, CancellationToken ct)
    {
        await readers.WaitAsync(ct);
        try
        {
            return await Task.Run(() =>
            {
                using var file = staged.Open();
                return PackageReader.Read(file, PackageLimits.Default, ct);
            }, ct);
        }
        finally
        {
            readers.Release();
        }
    }

    private static void RequireOwner(PackageManifest manifest, Caller caller)
    {
        if (manifest.IsStandard)
        {
            if (!caller.Context.Has(Scopes.Platform))
                throw new ProblemException(Problems.ScopeMissing,
                    "Standard layers are the platform operator's: this needs the scope platform.");
        }
        else if (manifest.Namespace != caller.Context.Namespace || !caller.Context.Has(Scopes.Publisher))
        {
            throw new ProblemException(Problems.NamespaceNotYours, caller.Context.Namespace is { } own
                ? $"The package is of the namespace '{manifest.Namespace}'; yours is '{own}'."
                : $"The package is of the namespace '{manifest.Namespace}'; your organization has none.");
        }
    }

    private async Task<IReadOnlyList<Finding>> CheckSignatureAsync(
        PackageContents contents, Caller caller, CancellationToken ct)
    {
        if (contents.Signature is not { } signature)
            // The platform's own layers come with the installation itself, from its operator.
            return options.RequireSignature && contents.Manifest?.IsStandard != true ? Wrong("signature-missing",
                "Unsigned packages are not taken here. Sign it: xingchen pack --key FILE") : [];
        if (await keys.FindAsync(caller.Context.Org, signature.Key, ct) is not { } known)
            return Wrong("signature-key-unknown", $"Your organization has no key {signature.Key}. "
                + "Register it (xingchen keys add FILE), or sign with another.");
        if (known.RevokedAt is { } at)
            return Wrong("signature-key-revoked", string.Create(CultureInfo.InvariantCulture,
                $"The key {known.Name} was revoked at {at:yyyy-MM-dd'T'HH:mm:ss'Z'}. Sign with another."));
        using var key = PackageSignature.ReadKey(known.PublicKey)!;
        return signature.IsOf(key, contents.Checksums.Span) ? []
            : Wrong("signature-invalid", $"The key {known.Name} has not signed this MANIFEST. Pack again.");

        static IReadOnlyList<Finding> Wrong(string code, string detail) =>
            [new Finding(code, detail, File: PackageLayout.Signature)];
    }

    private PackageVersion VersionOf(PackageContents contents, StagedPackage staged, Caller caller)
    {
        var manifest = contents.Manifest!;
        List<PackageWarning> warnings = contents.Signature is not null ? []
            : [new("package-unsigned", "The package is not signed. A production installation refuses it.")];
        if (manifest.Engine is { } engine && !engine.Contains(PackageReferences.Engine))
            warnings.Add(new("engine-other", $"The package asks for Xingchen {engine}; this is "
                + $"{PackageReferences.Engine}."));
        if (contents.Layer!.CallsCode)
            warnings.Add(new(PackageWarning.NotRunning, "The package brings hooks, functions, subscriptions or "
                + "schedules. They are kept and checked; this installation does not run them yet."));
        var stored = new StoredManifest(manifest.Title?.ByLanguage, manifest.Description?.ByLanguage, manifest.License,
            manifest.Engine?.ToString(), manifest.Dependencies.ToDictionary(d => d.Key, d => d.Value.ToString()),
                manifest.Permissions, contents.Lock?.Packages.ToDictionary(p => p.Key, p => p.Value.Version));
        return new PackageVersion(manifest.Name, manifest.Version, manifest.Namespace, caller.Context.Org.Value,
            manifest.Layer,
            staged.Digest.Value, contents.Layer!.Digest, staged.Size, PackageVersion.Uploaded,
            JsonSerializer.Serialize(stored, JsonSerializerOptions.Web),
                JsonSerializer.Serialize(warnings, JsonSerializerOptions.Web),
            time.GetUtcNow().UtcDateTime, caller.Context.Actor, null, null, null, contents.Signature?.Key);
    }

    private static PackageVersion SameOrThrow(PackageVersion there, PackageVersion given) =>
        there.Digest == given.Digest
        ? there
        : throw new ProblemException(Problems.PackageVersionExists,
            $"{given.Name} {given.Version} exists with other bytes, and never changes. Give the new one a higher "
                + $"version.");

    private static ProblemException NameTaken(PackageVersion version) => new(Problems.PackageNameTaken,
        $"Another publisher has a package named '{version.Name}'. Choose a name that begins with your namespace.");

    private static ProblemException Invalid(IReadOnlyList<Finding> findings) =>
        new(Problems.PackageInvalid, $"The package has {findings.Count} finding(s). Nothing of it was kept.", findings);
}
