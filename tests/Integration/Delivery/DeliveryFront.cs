using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Stands where the gateway stands, for one caller: what the command line asks reaches Delivery as
/// his.</summary>
public sealed class DeliveryFront : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly DataFolder folder = new();

    private DeliveryFront(WebApplication app)
    {
        this.app = app;
        Cli = new CommandLine(folder.Path);
    }

    /// <summary>Signed in, with a profile of its own.</summary>
    public CommandLine Cli { get; }

    /// <summary>For the files of a test, and that of the profile.</summary>
    public string Folder => folder.Path;

    internal static async Task<DeliveryFront> StartAsync(DeliveryCaller caller)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var built = builder.Build();
        built.MapPost("/oauth/token", () => new { access_token = "any" });
        built.Map("/{**path}", http => ForwardAsync(http, caller));
        await built.StartAsync();
        var front = new DeliveryFront(built);
        await front.Cli.RunAsync("login", "--url", built.Urls.First(), "--client-id", "any", "--client-secret", "any");
        return front;
    }

    /// <summary>A file in the folder.</summary>
    public async Task<string> WriteAsync(string name, byte[] content)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, content);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Dispose();
    }

    private static async Task ForwardAsync(HttpContext http, DeliveryCaller caller)
    {
        using var body = new StreamContent(http.Request.Body);
        if (http.Request.ContentType is { } type) body.Headers.TryAddWithoutValidation("Content-Type", type);
        var reply = await caller.SendAsync(new HttpMethod(http.Request.Method),
            http.Request.Path + http.Request.QueryString, HttpMethods.IsGet(http.Request.Method) ? null : body);
        http.Response.StatusCode = (int)reply.Status;
        if (reply.Bytes.Length > 0) await http.Response.Body.WriteAsync(reply.Bytes);
    }
}
