using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>An app behind a sidecar: answers what the test says, and keeps what it was sent.</summary>
public sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication app;

    private TestApp(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    /// <summary>What was POSTed to paths that have no handler of their own.</summary>
    public BlockingCollection<Received> Events { get; } = [];

    /// <summary>What <c>GET /dapr/subscribe</c> answers; null for 404.</summary>
    public string? Subscriptions { get; set; }

    /// <summary>Answers an event; null for an empty 200.</summary>
    public Func<Received, (int Status, string Body)>? OnEvent { get; set; }

    public static async Task<TestApp> StartAsync(
        Action<WebApplication>? map = null, int port = 0, string? subscriptions = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var test = new TestApp(builder.Build()) { Subscriptions = subscriptions };
        map?.Invoke(test.app);
        test.app.MapGet("/dapr/subscribe", () => test.Subscriptions is { } told
            ? Results.Text(told, "application/json") : Results.NotFound());
        test.app.MapGet("/dapr/config", () => Results.NotFound());
        test.app.MapFallback(test.ReceiveAsync);
        await test.app.StartAsync();
        var addresses = test.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        test.Port = new Uri(addresses.Addresses.First()).Port;
        return test;
    }

    /// <summary>The next event, within ten seconds.</summary>
    public Received Next() => Events.TryTake(out var received, TimeSpan.FromSeconds(10))
        ? received : throw new TimeoutException("no event came");

    /// <summary>Whether nothing comes for a while.</summary>
    public bool IsQuiet(int milliseconds = 500) => !Events.TryTake(out _, milliseconds);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        Events.Dispose();
    }

    private async Task ReceiveAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var received = new Received(
            http.Request.Method, http.Request.Path + http.Request.QueryString,
            http.Request.Headers.ToDictionary(
                pair => pair.Key, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync());
        var (status, body) = OnEvent?.Invoke(received) ?? (200, "");
        Events.Add(received);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        if (body.Length > 0) await http.Response.WriteAsync(body);
    }
}

/// <summary>A request as the app saw it.</summary>
public sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);
