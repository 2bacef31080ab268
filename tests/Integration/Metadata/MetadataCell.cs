using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Metadata;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>The service over a database of its own, with a stand-in for the sidecar behind which Delivery
/// lies.</summary>
public sealed class MetadataCell : IAsyncLifetime
{
    private readonly ContextSigner signer;
    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private WebApplication? service;
    private readonly List<ServiceProcess> records = [];
    private int orgs = 100;

    public MetadataCell() => signer = new ContextSigner(
        Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System);

    public DeliveryStandIn Delivery { get; } = new();

    /// <summary>The migration role's connection string.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>The serving role's.</summary>
    public string Serving { get; private set; } = "";

    public Uri Url { get; private set; } = new("http://unset");

    public async ValueTask InitializeAsync()
    {
        Owner = await TestPostgres.CreateDatabaseAsync();
        Serving = await TestPostgres.MigrateAsync(Owner, typeof(MetadataService).Assembly, "xingchen_metadata");
        await Delivery.StartAsync();
        service = MetadataService.Build([
            "--ConnectionStrings:cell=" + Serving, "--Xingchen:ContextKey=" + key, "--urls=http://127.0.0.1:0",
            "--DAPR_HTTP_ENDPOINT=" + Delivery.Url.ToString().TrimEnd('/')]);
        await service.StartAsync();
        Url = new Uri(service.Urls.First());
        foreach (var layer in StandardLayers.All) Delivery.Publish(layer);
        foreach (var layer in StandardLayers.All) await ReleaseAsync(layer);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in records) await instance.DisposeAsync();
        if (service is not null) await service.DisposeAsync();
        await Delivery.DisposeAsync();
    }

    /// <summary>An account that no other test has.</summary>
    public MetadataCaller NewAccount(params string[] scopes) =>
        Caller(Interlocked.Increment(ref orgs), 1, scopes.Length == 0 ? [Scopes.Admin, Scopes.Data] : scopes);

    public MetadataCaller Caller(long org, int account, params string[] scopes) =>
        Caller(org, account, scopes, null);

    /// <summary>A user of an account who is granted some permission sets, and nothing else.</summary>
    public MetadataCaller User(MetadataCaller of, params string[] sets) =>
        Caller(of.Org, of.Account, [Scopes.Data], new Grants(sets));

    private MetadataCaller Caller(long org, int account, string[] scopes, Grants? grants) =>
        new(Url, org, account, () => signer.Sign(
        new OrgContext(new OrgId(org), $"org-{org}", new AccountId(account), "main", "tester", scopes, "local",
            "main", Grants: grants)));

    /// <summary>Records before the same database: as many instances as are asked for; they end with the cell.</summary>
    public async Task<Uri> StartRecordsAsync()
    {
        var serving = await TestPostgres.MigrateAsync(Owner, typeof(CellDatabase).Assembly, "xingchen_records");
        records.Add(await ServiceProcess.StartAsync("Records", new Dictionary<string, string>
        {
            ["ConnectionStrings__cell"] = serving, ["Xingchen__ContextKey"] = key, ["Relay__Workers"] = "0",
        }));
        return records[^1].Address;
    }

    public MetadataCaller Operator() => Caller(1, 1, Scopes.Platform);

    public MetadataCaller Internal() => Caller(1, 1, Scopes.Internal);

    public async Task ReleaseAsync(LayerDocument layer) =>
        (await Operator().PostAsync("/v1/groups/main/release", new { package = layer.Name, version = layer.Version }))
            .Expect(HttpStatusCode.OK);

    /// <summary>Asks the database as its owner.</summary>
    public async Task<T> AskAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Owner);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
