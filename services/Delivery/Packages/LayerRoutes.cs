using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Packages;

/// <summary>Layers for the services that put them in force.</summary>
public static class LayerRoutes
{
    public static void MapLayers(this WebApplication app)
    {
        app.MapGet("/internal/layers/{digest}", async (string digest, LayerStore layers, CancellationToken ct) =>
            (digest.Contains('\0') ? null : await layers.FindAsync(digest, ct)) ?? throw NotFound())
                .RequireScope(Scopes.Internal);
        app.MapGet("/internal/packages/{name}/{version}/layer",
            async (string name, string version, LayerStore layers, CancellationToken ct) =>
                (Names.Package.IsMatch(name) && VersionRange.TryParseVersion(version, out _)
                    ? await layers.FindAsync(name, version, ct) : null) ?? throw NotFound())
                        .RequireScope(Scopes.Internal);
    }

    private static ProblemException NotFound() => new(Problems.NotFound, "There is nothing here.");
}
