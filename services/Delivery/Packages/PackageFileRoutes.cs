using Xingchen.Hosting;

namespace Xingchen.Delivery.Packages;

/// <summary>Package files for the sites that run them: <c>GET /internal/packages/{digest}</c>.</summary>
public static class PackageFileRoutes
{
    public static void MapPackageFiles(this WebApplication app) =>
        app.MapGet("/internal/packages/{digest}", async (string digest, IPackageStore files, CancellationToken ct) =>
            Digest.TryParse(digest, out var address) && await files.OpenAsync(address, ct) is { } content
                ? Results.Stream(content, "application/zip")
                : throw new ProblemException(Problems.NotFound, "There is nothing here."))
            .RequireScope(Scopes.Internal);
}
