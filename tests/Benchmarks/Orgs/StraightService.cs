using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>A service of the whole system, asked without gateway and sidecars.</summary>
/// <param name="address">Where it listens.</param>
/// <param name="token">By which it knows its sidecar.</param>
/// <param name="processId">Its process.</param>
/// <param name="signer">Signs as the gateway does.</param>
internal sealed class StraightService(Uri address, string token, int processId, ContextSigner signer) : IDisposable
{
    private readonly HttpClient client =
        new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    public int ProcessId => processId;

    /// <summary>The account of an org that each has, with all rights.</summary>
    public static OrgContext Of(long org) => new(new OrgId(org), $"org-{org}", new AccountId(1), "main", "bench",
        [Scopes.Admin, Scopes.Data], "local", "main");

    /// <summary>The platform's operator.</summary>
    public static OrgContext Operator { get; } = new(OrgId.Platform, "platform", new AccountId(1), "main", "bench",
        [Scopes.Platform], "local", "main");

    /// <returns>The status, and milliseconds until the answer was read.</returns>
    public async Task<(HttpStatusCode Status, string Body, double Milliseconds)> AskAsync(
        HttpMethod method, string path, OrgContext context, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("dapr-api-token", token);
        request.Headers.Add(ContextSigner.Header, signer.Sign(context));
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType());
        var start = Stopwatch.GetTimestamp();
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Asks for what must succeed.</summary>
    /// <returns>Milliseconds.</returns>
    public async Task<double> TimeAsync(HttpMethod method, string path, OrgContext context, object? body = null)
    {
        var (status, text, milliseconds) = await AskAsync(method, path, context, body);
        return (int)status < 300 ? milliseconds
            : throw new InvalidOperationException($"{method} {path} answered {(int)status} {text}");
    }

    public void Dispose() => client.Dispose();
}
