using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Records.Upkeep;

namespace Xingchen.Records.Request;

/// <summary>The routes of queries and lists.</summary>
public static class QueryRoutes
{
    public static IServiceCollection AddQueries(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<QueryOptions>()
            .Bind(configuration.GetSection(QueryOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<StatisticsCollector>().AddSingleton<StatisticsCache>()
            .AddSingleton<QueryEngine>();
    }

    public static void MapQueries(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/query", Query).RequireScope(Scopes.Data);
        routes.MapPost("/v1/query", PostedQuery).RequireScope(Scopes.Data);
        routes.MapGet("/v1/objects/{name}/records", List).RequireScope(Scopes.Data);
    }

    private static Task Query(
        HttpContext http, Caller caller, SchemaCache schemas, QueryEngine engine, CancellationToken ct)
    {
        QueryArguments.RequireText(http.Request.QueryString.Value);
        var request = QueryRequest.FromAddress(http.Request.Query);
        return schemas.RunAsync(caller, current =>
            engine.AnswerAsync(
                http, caller.Key, caller.Context.TimeZone, current.Schema, current.Versions, request, ct), ct);
    }

    private static async Task PostedQuery(
        HttpContext http, Caller caller, SchemaCache schemas, QueryEngine engine, CancellationToken ct)
    {
        if (!http.Request.HasJsonContentType())
            throw new ProblemException(Problems.MediaTypeUnsupported, "Send application/json.");
        var request = await QueryRequest.FromBodyAsync(http.Request.Body, http.Request.Query, ct);
        await schemas.RunAsync(caller, current =>
            engine.AnswerAsync(
                http, caller.Key, caller.Context.TimeZone, current.Schema, current.Versions, request, ct), ct);
    }

    private static Task List(
        string name, HttpContext http, Caller caller, SchemaCache schemas, QueryEngine engine, CancellationToken ct)
    {
        QueryArguments.RequireText(http.Request.QueryString.Value);
        var request = QueryListRequest.FromAddress(name, http.Request.Query);
        return schemas.RunAsync(caller, current =>
            engine.ListAsync(
                http, caller.Key, caller.Context.TimeZone, current.Schema, current.Versions, request, ct), ct);
    }
}
