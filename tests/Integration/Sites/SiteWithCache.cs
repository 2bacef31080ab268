using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Sidecar;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Delivery;
using Xingchen.Tests.Integration.Sidecar;

namespace Xingchen.Tests.Integration.Sites;

/// <summary>Delivery and a cell's Extensions as they really run, with real sidecars between them, and a road for files
/// that a test can hold, spoil and count. Metadata is a stand-in.</summary>
public sealed class SiteWithCache : IAsyncLifetime
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    private readonly DirectoryInfo cache = Directory.CreateTempSubdirectory("xingchen-cache-");
    private readonly int extensionsPort = Ports.Free();
    private TestApp road = null!;
    private SidecarHost sidecars = null!;
    private AppSidecar agentSidecar = null!;
    private int pulls;

    public DeliveryInstallation Delivery { get; private set; } = null!;

    public ServiceProcess Extensions { get; private set; } = null!;

    public string CachePath => cache.FullName;

    /// <summary>How often a file was asked for.</summary>
    public int Pulls => pulls;

    /// <summary>Sends a file's bytes; may stop, wait, or send others.</summary>
    public Func<HttpResponse, byte[], Task> Send { get; set; } = WholeAsync;

    /// <summary>The names of complete files.</summary>
    public IReadOnlyList<string> Cached => [.. Directory.EnumerateFiles(Path.Combine(CachePath, "sha256"), "*",
        SearchOption.AllDirectories).Select(Path.GetFileName)!];

    /// <summary>What is being pulled, or was when somebody was killed.</summary>
    public IReadOnlyList<string> Incoming =>
        [.. Directory.EnumerateFiles(Path.Combine(CachePath, "incoming")).Select(Path.GetFileName)!];

    public static Task WholeAsync(HttpResponse response, byte[] bytes) =>
        response.Body.WriteAsync(bytes).AsTask();

    public async ValueTask InitializeAsync()
    {
        road = await TestApp.StartAsync(app => app.MapGet("/carried", CarryAsync));
        sidecars = await SidecarHost.StartAsync(new SidecarHostOptions());
        var sidecar = await sidecars.AddAsync(new SidecarOptions { AppId = "delivery", AppPort = road.Port });
        agentSidecar = await sidecars.AddAsync(
            new SidecarOptions { AppId = "extensions-main", AppPort = extensionsPort });
        Delivery = new DeliveryInstallation { Sidecar = sidecar.Endpoint };
        await Delivery.InitializeAsync();
        await sidecars.AddAsync(new SidecarOptions { AppId = "metadata-local", AppPort = Delivery.Metadata.Url.Port });
        Extensions = await StartExtensionsAsync(extensionsPort);
    }

    public async ValueTask DisposeAsync()
    {
        await Extensions.DisposeAsync();
        await Delivery.DisposeAsync();
        await sidecars.DisposeAsync();
        await road.DisposeAsync();
        cache.Delete(recursive: true);
    }

    /// <summary>Starts Extensions again where it was.</summary>
    public async Task RestartExtensionsAsync()
    {
        await Extensions.DisposeAsync();
        Extensions = await StartExtensionsAsync(extensionsPort);
    }

    /// <summary>Another process on the same cache.</summary>
    public Task<ServiceProcess> StartExtensionsAsync(int port, long cacheBytes = 1 << 30) =>
        ServiceProcess.StartAsync("Extensions", new Dictionary<string, string>
        {
            ["Xingchen__ContextKey"] = Delivery.ContextKey, ["Extensions__CachePath"] = CachePath,
            ["Extensions__CacheBytes"] = cacheBytes.ToString(), ["Extensions__PackageBytes"] = (4 << 20).ToString(),
            ["DAPR_HTTP_ENDPOINT"] = agentSidecar.Endpoint.ToString().TrimEnd('/'),
        }, port);

    /// <summary>Asks an agent directly, as Delivery does through the sidecars.</summary>
    public async Task<Reply> PrepareAsync(ServiceProcess agent, string scope, params PackageAddress[] packages)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, agent.Address + "internal/packages/prepare");
        request.Headers.Add(ContextSigner.Header, Delivery.Sign(
            ServiceClient.Internal("test") with { Scopes = [scope] }));
        request.Content = new StringContent(
            JsonSerializer.Serialize(new PreparePackages(packages), JsonSerializerOptions.Web), Encoding.UTF8,
            "application/json");
        using var response = await Http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsByteArrayAsync(), null, null);
    }

    /// <summary>A released package of a new name.</summary>
    public async Task<(PackageAddress Address, byte[] Bytes)> ReleaseAsync()
    {
        var (name, publisher) = (Sample.NewName(), Delivery.NewOrg("acme"));
        var bytes = Sample.Package(name, "acme", "1.0.0");
        await publisher.PublishAsync(bytes);
        return (new PackageAddress(name, "1.0.0", Digest.Of(bytes).Value), bytes);
    }

    public string FileOf(PackageAddress package) => Path.Combine(
        CachePath, "sha256", package.Digest[7..9], package.Digest[7..] + ".xcpkg");

    private async Task CarryAsync(HttpContext http)
    {
        Interlocked.Increment(ref pulls);
        // The colon of a digest is nothing that a sidecar hands on as it is.
        var path = http.Request.Headers[PathSegments.Header].ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Delivery.Process.Address, path));
        request.Headers.Add(ContextSigner.Header, http.Request.Headers[ContextSigner.Header].ToString());
        using var answer = await Http.SendAsync(request);
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.Headers[ServiceClient.ServiceHeader] = "delivery";
        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            await http.Response.Body.WriteAsync(bytes);
            return;
        }
        http.Response.ContentLength = bytes.Length;
        await Send(http.Response, bytes);
    }
}
