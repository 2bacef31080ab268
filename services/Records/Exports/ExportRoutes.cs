using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Exports;

/// <summary><c>/v1/exports</c>: what a query gives, all of it, as one file.</summary>
public static class ExportRoutes
{
    public static IServiceCollection AddExports(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ExportOptions>()
            .Bind(configuration.GetSection(ExportOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<ExportGate>().AddSingleton<ExportEngine>();
    }

    public static void MapExports(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/exports", Get).RequireScope(Scopes.Data);
        routes.MapPost("/v1/exports", Post).RequireScope(Scopes.Data);
    }

    private static Task Get(
        HttpContext http, Caller caller, SchemaCache schemas, ExportEngine engine, CancellationToken ct) =>
        ExportAsync(http, caller, schemas, engine, ExportRequest.FromAddress(http.Request), ct);

    private static async Task Post(
        HttpContext http, Caller caller, SchemaCache schemas, ExportEngine engine, CancellationToken ct)
    {
        if (!http.Request.HasJsonContentType())
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send application/json.");
        await ExportAsync(http, caller, schemas, engine, await ExportRequest.FromBodyAsync(http.Request, ct), ct);
    }

    private static Task ExportAsync(
        HttpContext http, Caller caller, SchemaCache schemas, ExportEngine engine, ExportRequest request,
        CancellationToken ct) =>
        schemas.RunAsync(caller, current =>
            engine.ExportAsync(http, caller.Key, caller.Context.TimeZone, current, request, ct), ct);
}
