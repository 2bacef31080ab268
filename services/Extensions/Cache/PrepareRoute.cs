using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Extensions.Cache;

/// <summary><c>POST /internal/packages/prepare</c>: see <see cref="PreparePackages"/>.</summary>
public static class PrepareRoute
{
    private const int MostPackages = 1_000;

    public static void MapPreparation(this WebApplication app) =>
        app.MapPost("/internal/packages/prepare", PrepareAsync).RequireScope(Scopes.Internal);

    private static async Task<PreparedPackages> PrepareAsync(
        PreparePackages wanted, PackageCache cache, PackagePull pull, CancellationToken ct)
    {
        CheckShape(wanted.Packages);
        // Held open until all are there, so that the room for one is not made of another.
        var held = new List<FileStream>();
        try
        {
            var (pulled, findings) = (new List<string>(), new List<Finding>());
            foreach (var package in wanted.Packages)
            {
                try
                {
                    if (await HoldAsync(package, cache, pull, held, ct)) pulled.Add(package.Digest);
                }
                catch (ProblemException problem) when (problem.Problem == Problems.PackageInvalid)
                {
                    findings.AddRange(problem.Errors);
                }
            }
            return findings.Count == 0 ? new PreparedPackages(pulled) : throw new ProblemException(
                Problems.PackageInvalid, "What was pulled into this site's cache could not be verified. Nothing of it "
                    + "was kept.", findings);
        }
        finally
        {
            foreach (var file in held) await file.DisposeAsync();
        }
    }

    /// <returns>Whether it had to be pulled.</returns>
    private static async Task<bool> HoldAsync(
        PackageAddress package, PackageCache cache, PackagePull pull, List<FileStream> held, CancellationToken ct)
    {
        var digest = new Digest(package.Digest);
        for (var pulls = 0; ; pulls++)
        {
            if (await cache.FindAsync(digest, ct) is { } file)
            {
                held.Add(file);
                return pulls > 0;
            }
            // Once more where another process made room of it at once; a disk that changes what it holds is not ours
            // to mend.
            if (pulls == 3)
                throw new ProblemException(Problems.Unavailable, "A package does not stay in this site's cache.");
            await pull.PullAsync(package, ct);
        }
    }

    private static void CheckShape(IReadOnlyList<PackageAddress> packages)
    {
        if (packages.Count > MostPackages)
            throw new ProblemException(Problems.ContentInvalid, $"Name {MostPackages} packages at most.");
        var wrong = packages.Index().Where(package => !Digest.TryParse(package.Item.Digest ?? "", out _))
            .Select(package => new Finding("digest-invalid", "A digest is sha256: and 64 lower-case hexadecimal "
                + "digits.", $"/packages/{package.Index}/digest")).ToList();
        if (wrong.Count > 0) throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", wrong);
    }
}
