using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xingchen.Hosting;
using Xingchen.Records.Execute;
using Xingchen.Records.Request;
using Xingchen.Records.Response;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Batches;

/// <summary>The route of batches: request → schema → plan and execute → response.</summary>
public static class BatchRoutes
{
    public static IServiceCollection AddBatches(this IServiceCollection services) =>
        services.AddSingleton<BatchEngine>();

    public static void MapBatches(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/batch", Run).RequireScope(Scopes.Data);

    private static async Task Run(
        HttpContext http, Caller caller, SchemaCache schemas, RecordEngine records, BatchEngine engine,
        CancellationToken ct)
    {
        using var body = await RecordBody.ReadAsync(http, ct);
        BatchRequest request;
        using (http.Timing("plan")) request = BatchRequest.Read(body.RootElement);
        var mark = records.Mark(caller, http.WantedLanguages());
        IReadOnlyList<BatchStep> steps;
        using (http.Timing("execute"))
            steps = await schemas.RunAsync(
                caller, current => engine.RunAsync(caller.Key, mark, current, request, ct), ct);
        await WriteAsync(http, steps, ct);
    }

    private static async Task WriteAsync(HttpContext http, IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        await using (var json = new Utf8JsonWriter(http.Response.BodyWriter, RecordWriter.Json))
        {
            json.WriteStartObject();
            json.WriteStartArray("results");
            foreach (var step in steps) Write(json, step);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        await http.Response.BodyWriter.FlushAsync(ct);
    }

    private static void Write(Utf8JsonWriter json, BatchStep step)
    {
        json.WriteStartObject();
        json.WriteNumber("status", step.Problem?.Problem.Status ?? step.Status);
        if (step.Problem is { } problem)
        {
            json.WritePropertyName("problem");
            ProblemWriter.Write(json, problem, "/v1/batch#" + step.Asked.Pointer);
        }
        else
        {
            json.WriteString("id", new RecordId(step.Id).ToString());
            json.WriteNumber("version", step.Version);
        }
        json.WriteEndObject();
    }
}
