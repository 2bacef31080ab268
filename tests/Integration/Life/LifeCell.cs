using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Delivery.Packages;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Life;

/// <summary>Delivery, Metadata, Records and Extensions as they really run, each in a process that a test may kill, with
/// databases of their own and a <see cref="SidecarProxy"/> between them.</summary>
public sealed class LifeCell : IAsyncLifetime
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private static int orgs = 5_000;

    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly DirectoryInfo store = Directory.CreateTempSubdirectory("xingchen-life-");
    private readonly DirectoryInfo cache = Directory.CreateTempSubdirectory("xingchen-life-cache-");
    private readonly ConcurrentDictionary<string, ServiceProcess> services = new();
    private readonly ConcurrentDictionary<string, LifeOrg> publishers = new();
    private readonly ConcurrentBag<CellAccount> accounts = [];
    private readonly Dictionary<string, string> connections = [];

    internal SidecarProxy Sidecar { get; } = new();

    /// <summary>The owners' connection strings.</summary>
    public string DeliveryOwner { get; private set; } = "";

    public string CellOwner { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        DeliveryOwner = await TestPostgres.CreateDatabaseAsync();
        CellOwner = await TestPostgres.CreateDatabaseAsync();
        connections["Delivery"] =
            await TestPostgres.MigrateAsync(DeliveryOwner, typeof(PackageIntake).Assembly, "xingchen_delivery");
        foreach (var service in (string[])["Metadata", "Records"])
            connections[service] = await TestPostgres.MigrateAsync(
                CellOwner, Assembly.Load("Xingchen." + service), "xingchen_" + service.ToLowerInvariant());
        Sidecar.AddressOf = app => services.GetValueOrDefault(app switch
        {
            "metadata-local" => "Metadata", "records-main" => "Records", "delivery" => "Delivery",
            "extensions-main" => "Extensions", _ => "",
        })?.Address;
        Sidecar.Accounts = () => [.. accounts];
        await Sidecar.StartAsync();
        await Task.WhenAll(connections.Keys.Append("Extensions").Select(StartAsync));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services.Values) await service.DisposeAsync();
        await Sidecar.DisposeAsync();
        store.Delete(recursive: true);
        cache.Delete(recursive: true);
    }

    /// <summary>Ends a service as a crash would.</summary>
    public Task KillAsync(string service) => services[service].KillAsync();

    /// <summary>Starts a service that was killed.</summary>
    public async Task RestartAsync(string service)
    {
        await services[service].DisposeAsync();
        await StartAsync(service);
    }

    /// <summary>What a service wrote.</summary>
    public string LogOf(string service) => services[service].Log;

    /// <summary>An administrator of an org of its own.</summary>
    public LifeOrg NewOrg(string? ns = null)
    {
        var org = Interlocked.Increment(ref orgs);
        accounts.Add(new CellAccount(org, 1));
        return new LifeOrg(this, new OrgContext(new OrgId(org), "org-" + org, new AccountId(1), "main", "tester",
            ns is null ? [Scopes.Admin, Scopes.Data] : [Scopes.Publisher], "local", "main", ns));
    }

    /// <summary>Uploads and releases a package.</summary>
    public async Task PublishAsync(string ns, byte[] file)
    {
        var publisher = publishers.GetOrAdd(ns, NewOrg);
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = new("application/zip");
        var uploaded = (await SendAsync("Delivery", publisher.Context, HttpMethod.Post, "/v1/packages", content))
            .Expect(HttpStatusCode.Created).Json;
        (await publisher.PostAsync(
            $"/v1/packages/{uploaded.GetProperty("name")}/{uploaded.GetProperty("version")}/release"))
            .Expect(HttpStatusCode.OK);
    }

    /// <summary>Asks a database as its owner.</summary>
    public static async Task<T> AskAsync<T>(string owner, string sql)
    {
        await using var source = NpgsqlDataSource.Create(owner);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal async Task<Reply> SendAsync(
        string service, OrgContext context, HttpMethod method, string path, HttpContent? body)
    {
        var signer = new ContextSigner(Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System);
        using var request = new HttpRequestMessage(method, new Uri(services[service].Address, path)) { Content = body };
        request.Headers.Add(ContextSigner.Header, signer.Sign(context));
        using var response = await Http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsByteArrayAsync(),
            response.Headers.Location?.ToString(), response.Headers.ETag?.Tag);
    }

    private async Task StartAsync(string service)
    {
        var environment = new Dictionary<string, string>
        {
            [service == "Delivery" ? "ConnectionStrings__delivery" : "ConnectionStrings__cell"] =
                connections.GetValueOrDefault(service, ""), ["Extensions__CachePath"] = cache.FullName,
            ["Xingchen__ContextKey"] = key, ["Xingchen__Idc"] = "local", ["Xingchen__Group"] = "main",
            ["DAPR_HTTP_ENDPOINT"] = Sidecar.Url.ToString().TrimEnd('/'), ["Delivery__StorePath"] = store.FullName,
            ["Delivery__LeaseSeconds"] = "2", ["Delivery__PollMilliseconds"] = "100", ["Delivery__Workers"] = "12",
            ["Relay__Workers"] = "0", ["Upkeep__RoundSeconds"] = "1", ["Removal__BatchRecords"] = "20",
        };
        services[service] = await ServiceProcess.StartAsync(service, environment);
    }
}

/// <summary>An administrator of an org, as the gateway would present him to each service.</summary>
public sealed class LifeOrg(LifeCell cell, OrgContext context)
{
    internal OrgContext Context => context;

    public long Org => context.Org.Value;

    public Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Reply> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<Reply> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<Reply> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>Asks until an act has ended.</summary>
    public async Task<JsonElement> FollowAsync(Reply accepted)
    {
        accepted.Expect(HttpStatusCode.Accepted);
        JsonElement now = default;
        await UntilAsync("the installation ends", async () =>
        {
            now = (await GetAsync(accepted.Location!)).Expect(HttpStatusCode.OK).Json;
            return now.GetProperty("status").GetString() is "active" or "failed" or "removed";
        });
        return now;
    }

    /// <summary>Makes a record and gives its id.</summary>
    public async Task<string> NewAsync(string item, object record) =>
        (await PostAsync($"/v1/objects/{item}/records", record)).Expect(HttpStatusCode.Created).Json
            .GetProperty("id").GetString()!;

    public static async Task UntilAsync(string what, Func<Task<bool>> reached)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            if (TimeProvider.System.GetElapsedTime(began).TotalSeconds > 60)
                throw new TimeoutException("It took too long until " + what + ".");
            await Task.Delay(20);
        }
    }

    private Task<Reply> SendAsync(HttpMethod method, string path, object? body = null) => cell.SendAsync(
        path.Split('/', '?') switch
        {
            [_, "v1", "packages" or "installations", ..] => "Delivery",
            [_, "v1", "metadata", ..] or [_, "v1", "objects", _] or [_, "v1", "objects"] or [_, "internal", ..]
                => "Metadata",
            _ => "Records",
        },
        path.StartsWith("/internal", StringComparison.Ordinal) ? context with { Scopes = [Scopes.Internal] } : context,
        method, path, body is null ? null
            : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"));
}
