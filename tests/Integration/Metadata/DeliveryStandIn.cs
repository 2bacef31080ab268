using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>Answers, at the sidecar's address and in its protocol, what Delivery would answer.</summary>
public sealed class DeliveryStandIn : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, LayerDocument> answers = new();
    private WebApplication? app;

    public Uri Url { get; private set; } = new("http://unset");

    /// <summary>Hints that were published, as their CloudEvents' bodies.</summary>
    public ConcurrentQueue<JsonElement> Hints { get; } = new();

    /// <summary>Paths of Delivery that were asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public void Publish(LayerDocument layer)
    {
        answers[$"/internal/packages/{layer.Name}/{layer.Version}/layer"] = layer;
        answers["/internal/layers/" + layer.Digest] = layer;
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Map("/v1.0/invoke/delivery/method/{**path}", AnswerAsync);
        app.MapPost("/v1.0/publish/{pubsub}/{topic}", async (HttpContext http) =>
            Hints.Enqueue((await JsonDocument.ParseAsync(http.Request.Body)).RootElement));
        await app.StartAsync();
        Url = new Uri(app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null) await app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext http)
    {
        var carried = http.Request.Headers[PathSegments.Header].ToString();
        var path = Uri.UnescapeDataString(carried.Length > 0 ? carried : "/" + http.Request.RouteValues["path"]);
        Asked.Enqueue(path);
        http.Response.Headers[ServiceClient.ServiceHeader] = "delivery";
        if (answers.TryGetValue(path, out var layer)) return http.Response.WriteAsJsonAsync(layer);
        http.Response.StatusCode = 404;
        return http.Response.WriteAsJsonAsync(
            new { type = "/problems/not-found", detail = "There is no such package." }, JsonSerializerOptions.Web,
            ProblemWriter.ContentType);
    }
}
