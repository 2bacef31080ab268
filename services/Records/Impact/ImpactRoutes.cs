using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Records.Impact;

/// <summary>What a set of packages would refuse of the caller's records: for Delivery's plans.</summary>
internal static class ImpactRoutes
{
    public static IServiceCollection AddImpact(this IServiceCollection services) =>
        services.AddSingleton<ImpactReader>();

    public static void MapImpact(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/impact", (
            AskImpact asked, Caller caller, ImpactReader reader, CancellationToken ct) =>
            reader.ReadAsync(caller.Key, asked.Packages, caller.Context.Grants is null, ct))
            .RequireScope(Scopes.Internal);
}
