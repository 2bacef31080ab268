using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Tests.Integration.Life;

/// <summary>A call from one service to another on its way.</summary>
/// <param name="App">Who is called.</param>
internal sealed record ProxiedCall(string App, string Method, string Path, byte[] Body)
{
    /// <summary>What a site's Metadata is asked to put in force; null for any other call, and for dry runs.</summary>
    public SetPackages? Activation => Path.EndsWith("/internal/stacks/packages", StringComparison.Ordinal)
        && JsonSerializer.Deserialize<SetPackages>(Body, JsonSerializerOptions.Web) is { DryRun: false } asked
            ? asked : null;
}

/// <summary>Carries calls between the real services, at the sidecar's address and in its protocol; a test may hold one
/// before it is forwarded, or before its answer is.</summary>
internal sealed class SidecarProxy : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private WebApplication? app;

    public Uri Url { get; private set; } = new("http://unset");

    /// <summary>Where an app listens now; null for one that does not.</summary>
    public Func<string, Uri?> AddressOf { get; set; } = _ => null;

    /// <summary>The accounts of the cell, which the directory would know.</summary>
    public Func<IReadOnlyList<CellAccount>> Accounts { get; set; } = () => [];

    /// <summary>Before a call is forwarded.</summary>
    public Func<ProxiedCall, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>After the service has answered, before that is forwarded.</summary>
    public Func<ProxiedCall, Task> After { get; set; } = _ => Task.CompletedTask;

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapGet("/v1.0/invoke/organization/method/internal/accounts", (long org, HttpContext http) =>
        {
            http.Response.Headers[ServiceClient.ServiceHeader] = "organization";
            return new CellAccounts([.. Accounts().Where(one => one.Org > org).OrderBy(one => one.Org)]);
        });
        app.Map("/v1.0/invoke/{app}/method/{**path}", ForwardAsync);
        app.MapPost("/v1.0/publish/{pubsub}/{topic}", () => Results.NoContent());
        await app.StartAsync();
        Url = new Uri(app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null) await app.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(string app, HttpContext context)
    {
        using var read = new MemoryStream();
        await context.Request.Body.CopyToAsync(read);
        var path = context.Request.Path.Value!;
        var call = new ProxiedCall(app, context.Request.Method,
            path[path.IndexOf("/method/", StringComparison.Ordinal)..].Replace("/method", "", StringComparison.Ordinal),
            read.ToArray());
        await Before(call);
        if (AddressOf(app) is not { } address)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        using var request = new HttpRequestMessage(
            new HttpMethod(call.Method), new Uri(address, call.Path + context.Request.QueryString));
        request.Content = new ByteArrayContent(call.Body);
        foreach (var (name, values) in context.Request.Headers
            .Where(one => one.Key is not ("Host" or "Content-Length")))
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        using var response = await http.SendAsync(request, context.RequestAborted);
        var body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        await After(call);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            if (name is not ("Transfer-Encoding" or "Content-Length"))
                context.Response.Headers[name] = values.ToArray();
        await context.Response.Body.WriteAsync(body);
    }
}
