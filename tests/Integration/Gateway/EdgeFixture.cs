using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Sidecar;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Organization;

[assembly: AssemblyFixture(typeof(Xingchen.Tests.Integration.Gateway.EdgeFixture))]

namespace Xingchen.Tests.Integration.Gateway;

/// <summary>A gateway and an Organization as processes, with real sidecars between them, and a service behind that
/// shows what reaches it, in the place of the cell's Records.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private static int counter;
    private SidecarHost sidecars = null!;
    private WebApplication records = null!;
    private Dictionary<string, string> organizationSettings = [];
    private int organizationPort;
    private HttpClient client = null!;
    private string? operatorToken;

    public ServiceProcess Gateway { get; private set; } = null!;

    public ServiceProcess Organization { get; private set; } = null!;

    public HttpClient Client => client;

    /// <summary>Set when a request that waits at <c>/v1/changes</c> was given up.</summary>
    public TaskCompletionSource GivenUp { get; private set; } = new();

    public async ValueTask InitializeAsync()
    {
        var owner = await TestPostgres.CreateDatabaseAsync();
        var serving = await TestPostgres.MigrateAsync(
            owner, typeof(Xingchen.Organization.OrganizationOptions).Assembly, "xingchen_organization");
        sidecars = await SidecarHost.StartAsync(new SidecarHostOptions());
        organizationPort = Ports.Free();
        var gatewayPort = Ports.Free();
        var recordsPort = Ports.Free();
        var forOrganization =
            await sidecars.AddAsync(
                new() { AppId = AppIds.Organization, AppPort = organizationPort, AppToken = "app-token" });
        var forGateway =
            await sidecars.AddAsync(new() { AppId = AppIds.Gateway, AppPort = gatewayPort, ApiToken = "api-token" });
        await sidecars.AddAsync(new() { AppId = AppIds.Records("main"), AppPort = recordsPort });
        organizationSettings = DirectoryFixture.Environment(serving, DirectoryFixture.Secret);
        organizationSettings["DAPR_HTTP_ENDPOINT"] = forOrganization.Endpoint.ToString();
        organizationSettings["APP_API_TOKEN"] = "app-token";
        records = await StartRecordsAsync(recordsPort);
        Organization = await ServiceProcess.StartAsync("Organization", organizationSettings, organizationPort);
        Gateway = await ServiceProcess.StartAsync("Gateway", new Dictionary<string, string>
        {
            ["Xingchen__ContextKey"] = DirectoryFixture.Key,
            ["DAPR_HTTP_ENDPOINT"] = forGateway.Endpoint.ToString(),
            ["DAPR_API_TOKEN"] = "api-token",
            ["Gateway__ResponseSeconds"] = "20",
            ["Gateway__JsonBodyBytes"] = "100000",
        }, gatewayPort);
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Gateway.Address };
        await Task.WhenAll(sidecars.Apps.Select(app => app.Ready)).WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (Gateway is not null) await Gateway.DisposeAsync();
        if (Organization is not null) await Organization.DisposeAsync();
        if (records is not null) await records.DisposeAsync();
        if (sidecars is not null) await sidecars.DisposeAsync();
    }

    /// <summary>Ends Organization as a crash would, and starts it again at the same place.</summary>
    public Task KillOrganizationAsync() => Organization.KillAsync();

    public async Task ReviveOrganizationAsync() =>
        Organization = await ServiceProcess.StartAsync("Organization", organizationSettings, organizationPort);

    public async Task<string> OperatorAsync() =>
        operatorToken ??= await TokenAsync("platform-operator", DirectoryFixture.Secret);

    public async Task<string> TokenAsync(string id, string secret)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret,
        });
        var answer = await Answer.ReadAsync(await client.PostAsync("/oauth/token", form));
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("access_token").GetString()!;
    }

    /// <summary>A new org: its code, its first client and a token of that.</summary>
    public async Task<(string Code, string ClientId, string Token)> CreateOrgAsync()
    {
        var code = $"edge-{Interlocked.Increment(ref counter)}-x";
        var answer = await SendAsync(HttpMethod.Post, "/v1/orgs", await OperatorAsync(),
            $$"""{"code":"{{code}}","name":"x"}""");
        Assert.Equal(201, answer.Status);
        var made = answer.Json.GetProperty("client");
        var id = made.GetProperty("clientId").GetString()!;
        return (code, id, await TokenAsync(id, made.GetProperty("clientSecret").GetString()!));
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? token, string? json = null,
            params (string Name, string Value)[] headers)
    {
        using var request = Request(method, path, token);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Answer.ReadAsync(await client.SendAsync(request));
    }

    public HttpRequestMessage Request(HttpMethod method, string path, string? token)
    {
        // As it stands: HttpClient must not tidy the path that is under test.
        var request = new HttpRequestMessage(method, new Uri(Gateway.Address.ToString().TrimEnd('/') + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    /// <summary>Shows what reaches a service: at every route what came; at a few, some behaviour.</summary>
    private async Task<WebApplication> StartRecordsAsync(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new("Xingchen:ContextKey", DirectoryFixture.Key)]);
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.AddServiceDefaults().Build().UseServiceDefaults();
        app.MapGet("/v1/exports", StreamAsync);
        app.MapGet("/v1/changes", async (HttpContext http) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }
            finally
            {
                GivenUp.TrySetResult();
            }
        });
        app.MapPost("/v1/batch", (HttpContext http) => http.Abort());
        app.MapPost("/v1/imports", async (HttpContext http) =>
            new { bytes = await CountAsync(http.Request.Body, http.RequestAborted) });
        app.MapFallback("{**path}", async (HttpContext http, Caller caller) => new
        {
            method = http.Request.Method,
            raw = PathSegments.RawPath(http),
            segments = http.Segments(),
            query = http.Request.QueryString.Value,
            headers =
                http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header =>
                    header.Value.ToString()),
            caller.Context,
            bytes = await CountAsync(http.Request.Body, http.RequestAborted),
        });
        await app.StartAsync();
        return app;
    }

    private static async Task StreamAsync(HttpContext http)
    {
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers["Connection"] = "close, X-Hop";
        http.Response.Headers["X-Hop"] = "1";
        http.Response.Headers["dapr-secret"] = "1";
        for (var line = 0; line < 3; line++)
        {
            await http.Response.WriteAsync($"{{\"line\":{line}}}\n", http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            // Slowly where that is asked for: longer than it takes until a change of grants has effect.
            if (line < 2) await Task.Delay(http.Request.Query.ContainsKey("slow") ? 1_500 : 400, http.RequestAborted);
        }
    }

    private static async Task<long> CountAsync(Stream body, CancellationToken ct)
    {
        var bytes = 0L;
        var piece = new byte[64 * 1024];
        while (await body.ReadAsync(piece, ct) is > 0 and var read) bytes += read;
        return bytes;
    }
}
