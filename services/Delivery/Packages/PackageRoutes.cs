using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary><c>/v1/packages</c>: upload, look up, download, release, yank.</summary>
public static class PackageRoutes
{
    private const int DefaultLimit = 50;
    private const int MostLimit = 200;
    private const int MostDependencies = 100;

    public static void MapPackages(this WebApplication app)
    {
        var packages = app.MapGroup("/v1/packages");
        packages.MapPost("", UploadAsync).RequireScope(Scopes.Publisher, Scopes.Platform);
        packages.MapPost("/resolve", ResolveAsync);
        packages.MapGet("", ListAsync);
        packages.MapGet("/{name}", GetPackageAsync);
        packages.MapGet("/{name}/{version}", GetVersionAsync);
        packages.MapGet("/{name}/{version}/content", DownloadAsync);
        packages.MapGet("/{name}/{version}/key", GetKeyAsync);
        packages.MapPost("/{name}/{version}/release", ReleaseAsync).RequireScope(Scopes.Publisher, Scopes.Platform);
        packages.MapPost("/{name}/{version}/yank", YankAsync).RequireScope(Scopes.Publisher, Scopes.Platform);
    }

    private static async Task<IResult> UploadAsync(
        HttpContext http, Caller caller, PackageIntake intake, CancellationToken ct, bool dryRun = false)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || type.MediaType != "application/zip")
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send the package file as application/zip.");
        var (version, added) = await intake.TakeAsync(http.Request.Body, caller, dryRun, ct);
        var body = new UploadedBody(version.Name, version.Version, version.Namespace, version.Digest, version.Status,
            Json(version.Warnings));
        return added ? Results.Created($"/v1/packages/{version.Name}/{version.Version}", body) : Results.Ok(body);
    }

    /// <summary>What dependencies come to among the released versions: for <c>package-lock.json</c>.</summary>
    private static async Task<object> ResolveAsync(
        [FromBody] ResolveRequest request, PackageLocks locks, CancellationToken ct)
    {
        if (request.Dependencies is not { Count: <= MostDependencies } given)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", [new Finding("value-invalid",
                $"Give an object from names to ranges, of {MostDependencies} at most.", "/dependencies")]);
        var (ranges, findings) = (new Dictionary<string, VersionRange>(), new List<Finding>());
        foreach (var (name, text) in given)
            if (Names.Package.IsMatch(name) && VersionRange.TryParse(text, out var range)) ranges[name] = range;
            else findings.Add(new Finding("range-invalid", "Give names of packages with ranges such as ^1.2.0.",
                "/dependencies/" + name.Replace("~", "~0").Replace("/", "~1")));
        if (findings.Count > 0)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", findings);
        return new ResolvedBody([.. (await locks.ResolveAsync(ranges, ct)).Packages
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => new ResolvedPackage(p.Key, p.Value.Version, p.Value.Digest))]);
    }

    private static async Task<object> ListAsync(
        Caller caller, PackageVersionStore versions, CursorSigner cursors, CancellationToken ct,
        string? search = null, string? cursor = null, int limit = DefaultLimit)
    {
        if (limit is < 1 or > MostLimit || search is { Length: > 200 } || search?.Contains('\0') == true)
            throw new ProblemException(Problems.RequestInvalid,
                $"limit is 1 to {MostLimit}, search is text of at most 200 characters.");
        var purpose = "packages " + search;
        var after = cursor is null ? "" : cursors.Open(purpose, caller.Key, cursor);
        var names = await versions.NamesAsync(caller.Context.Org, search, after, limit + 1, ct);
        var page = names.Take(limit).ToList();
        var all = (await versions.ListAsync(caller.Context.Org, page, ct)).ToLookup(version => version.Name);
        return new PackageList([.. page.Where(name => all[name].Any()).Select(name => Summary([.. all[name]]))],
            names.Count > limit ? cursors.Sign(purpose, caller.Key, page[^1]) : null);
    }

    private static async Task<object> GetPackageAsync(string name, Caller caller, PackageVersionStore versions,
        CancellationToken ct)
    {
        var all = Names.Package.IsMatch(name) ? await versions.ListAsync(caller.Context.Org, [name], ct) : [];
        if (all.Count == 0) throw NotFound();
        var summary = Summary(all);
        return new PackageBody(summary.Name, summary.Namespace, summary.Layer, summary.Title, summary.Latest,
            [.. all.OrderByDescending(v => v.Semantic).Select(v =>
                new VersionSummary(v.Version, v.Status, v.Digest, v.ReleasedAt))]);
    }

    private static async Task<object> GetVersionAsync(
        string name, string version, Caller caller, PackageVersionStore versions, CancellationToken ct) =>
        BodyOf(await FindAsync(name, version, caller, versions, ct));

    private static async Task<IResult> DownloadAsync(
        string name, string version, HttpContext http, Caller caller, PackageVersionStore versions,
            IPackageStore files, CancellationToken ct)
    {
        var found = await FindAsync(name, version, caller, versions, ct);
        var content = await files.OpenAsync(new Digest(found.Digest), ct)
            ?? throw new InvalidOperationException($"The store lacks {found.Digest} of {name} {version}.");
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return Results.Stream(content, "application/zip", $"{found.Name}-{found.Version}{PackageLayout.Extension}",
            entityTag: new EntityTagHeaderValue($"\"{found.Digest}\""), enableRangeProcessing: true);
    }

    /// <summary>The public key that the version is signed with, for all who may see the version.</summary>
    private static async Task<object> GetKeyAsync(
        string name, string version, Caller caller, PackageVersionStore versions, PublisherKeyStore keys,
        CancellationToken ct)
    {
        var found = await FindAsync(name, version, caller, versions, ct);
        return found.SignedBy is { } id && await keys.FindAsync(new OrgId(found.Publisher), id, ct) is { } key
            ? new SignerBody(key.Id, key.PublicKey, key.RevokedAt is null ? "active" : "revoked", key.RevokedAt)
            : throw NotFound();
    }

    private static async Task<object> ReleaseAsync(
        string name, string version, Caller caller, PackageVersionStore versions, PackageCompatibility compatibility,
        TimeProvider time, CancellationToken ct)
    {
        var found = await FindOwnAsync(name, version, caller, versions, ct);
        if (found.Status == PackageVersion.Uploaded
            && await compatibility.CheckAsync(found, ct) is { Count: > 0 } wrong)
            throw new ProblemException(Problems.PackageInvalid,
                "Other versions were released since it was uploaded, and against them it bears too low a version. "
                    + "Nothing was released.", wrong);
        await versions.ReleaseAsync(caller.Context.Org, found.Name, found.Version, time.GetUtcNow(), ct);
        found = await FindAsync(name, version, caller, versions, ct);
        return found.Status == PackageVersion.Released ? BodyOf(found)
            : throw new ProblemException(Problems.Conflict,
                $"{name} {version} was yanked. Release a new version instead.");
    }

    private static async Task<object> YankAsync(
        string name, string version, [FromBody] YankRequest request, Caller caller, PackageVersionStore versions,
            TimeProvider time,
        CancellationToken ct)
    {
        if (request.Reason is not { Length: >= 1 and <= 1000 } reason || reason.Contains('\0'))
            throw new ProblemException(Problems.ContentInvalid, "Say why, for those who have it installed.",
                [new Finding("value-invalid", "Give a reason of 1 to 1000 characters.", "/reason")]);
        var found = await FindOwnAsync(name, version, caller, versions, ct);
        await versions.YankAsync(caller.Context.Org, found.Name, found.Version, reason, time.GetUtcNow(), ct);
        found = await FindAsync(name, version, caller, versions, ct);
        return found.Status == PackageVersion.Yanked ? BodyOf(found)
            : throw new ProblemException(Problems.PackageNotReleased,
                $"{name} {version} is not released: nobody can have it.");
    }

    /// <summary>A version that the caller may see; else as if it did not exist.</summary>
    private static async Task<PackageVersion> FindAsync(
        string name, string version, Caller caller, PackageVersionStore versions, CancellationToken ct) =>
        (Names.Package.IsMatch(name) && VersionRange.TryParseVersion(version, out _)
            ? await versions.FindAsync(caller.Context.Org, name, version, ct) : null) ?? throw NotFound();

    private static async Task<PackageVersion> FindOwnAsync(
        string name, string version, Caller caller, PackageVersionStore versions, CancellationToken ct)
    {
        var found = await FindAsync(name, version, caller, versions, ct);
        return found.Publisher == caller.Context.Org.Value ? found
            : throw new ProblemException(Problems.NamespaceNotYours, "Only its publisher does this to a package.");
    }

    private static PackageSummary Summary(IReadOnlyList<PackageVersion> versions)
    {
        var latest = versions.Where(v => v.Status == PackageVersion.Released).MaxBy(v => v.Semantic);
        var shown = latest ?? versions.MaxBy(v => v.Semantic)!;
        return new PackageSummary(shown.Name, shown.Namespace, shown.Layer, shown.ReadManifest().Title,
            latest?.Version);
    }

    private static VersionBody BodyOf(PackageVersion v)
    {
        var manifest = v.ReadManifest();
        return new VersionBody(v.Name, v.Version, v.Namespace, v.Layer, v.Digest, v.Size, v.Status, manifest.Title,
            manifest.Description, manifest.License, manifest.Engine, manifest.Dependencies, manifest.Permissions,
            manifest.Lock, Json(v.Warnings), v.UploadedAt, v.ReleasedAt, v.YankedAt, v.YankReason, v.SignedBy);
    }

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");

    private sealed record ResolveRequest(IReadOnlyDictionary<string, string?>? Dependencies);

    private sealed record ResolvedPackage(string Name, string Version, string Digest);

    private sealed record ResolvedBody(IReadOnlyList<ResolvedPackage> Packages);

    private sealed record SignerBody(string Id, string PublicKey, string Status, DateTime? RevokedAt);

    private sealed record YankRequest(string? Reason);

    private sealed record UploadedBody(
        string Name, string Version, string? Namespace, string Digest, string Status, JsonElement Warnings);

    private sealed record PackageSummary(
        string Name, string? Namespace, string Layer, IReadOnlyDictionary<string, string>? Title, string? Latest);

    private sealed record PackageList(IReadOnlyList<PackageSummary> Packages, string? Next);

    private sealed record VersionSummary(string Version, string Status, string Digest, DateTime? ReleasedAt);

    private sealed record PackageBody(
        string Name, string? Namespace, string Layer, IReadOnlyDictionary<string, string>? Title, string? Latest,
        IReadOnlyList<VersionSummary> Versions);

    private sealed record VersionBody(
        string Name, string Version, string? Namespace, string Layer, string Digest, long Size, string Status,
        IReadOnlyDictionary<string, string>? Title, IReadOnlyDictionary<string, string>? Description, string? License,
            string? Engine,
        IReadOnlyDictionary<string, string> Dependencies, IReadOnlyList<string> Permissions,
        IReadOnlyDictionary<string, string>? Lock, JsonElement Warnings,
        DateTime UploadedAt, DateTime? ReleasedAt, DateTime? YankedAt, string? YankReason, string? SignedBy);
}
