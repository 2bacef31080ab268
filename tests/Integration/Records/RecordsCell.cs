using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Schema;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Records;

/// <summary>The service as it runs, over a database of its own, and accounts that have the package
/// <c>shop</c>.</summary>
public sealed class RecordsCell : IAsyncLifetime
{
    private static int lastOrg = 100;

    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly ContextSigner signer;
    private ServiceProcess? service;

    public RecordsCell() => signer = new ContextSigner(
        Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System);

    /// <summary>The migration role's connection string.</summary>
    public string Owner { get; private set; } = "";

    /// <summary>The serving role's.</summary>
    public string Serving { get; private set; } = "";

    public string Log => service!.Log;

    public Uri Address => service!.Address;

    /// <summary>Settings of the service beside its own. Set before it starts; without them, no relay.</summary>
    public Dictionary<string, string> More { get; init; } = new() { ["Relay__Workers"] = "0" };

    public async ValueTask InitializeAsync()
    {
        Owner = await TestPostgres.CreateDatabaseAsync();
        await TestPostgres.MigrateAsync(Owner, Assembly.Load("Xingchen.Metadata"), "xingchen_metadata");
        Serving = await TestPostgres.MigrateAsync(Owner, typeof(CellDatabase).Assembly, "xingchen_records");
        await PublishAsync("1.0.0", ShopPackage.Document);
        await StartAsync();
    }

    /// <summary>What <c>/proc</c> calls the service.</summary>
    public int ProcessId => service!.ProcessId;

    private async Task StartAsync(string? connectionString = null) => service = await StartAsync(
        connectionString ?? Serving, service?.Address.Port,
        [("Upkeep__BatchRecords", "20"), ("Upkeep__RetrySeconds", "1")]); // so that a fill has many steps to die in

    /// <summary>Another instance of the service before the same database.</summary>
    /// <param name="settings">Names and values beyond those of the first.</param>
    public Task<ServiceProcess> StartAnotherAsync(params (string Name, string Value)[] settings) =>
        StartAsync(Serving, null, settings);

    private Task<ServiceProcess> StartAsync(string connection, int? port, (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>(More)
        {
            ["ConnectionStrings__cell"] = connection, ["Xingchen__ContextKey"] = key,
        };
        foreach (var (name, value) in settings) environment[name] = value;
        return ServiceProcess.StartAsync("Records", environment, port);
    }

    /// <summary>Ends the service as a crash would (SIGKILL).</summary>
    public Task KillAsync() => service!.KillAsync();

    /// <summary>Starts the service again after it was killed, at the same address.</summary>
    /// <param name="connectionString">How it reaches the database; null: as its serving role.</param>
    public async Task RestartAsync(string? connectionString = null)
    {
        await service!.DisposeAsync();
        await StartAsync(connectionString);
    }

    public async ValueTask DisposeAsync()
    {
        if (service is not null) await service.DisposeAsync();
    }

    /// <summary>An account of an org that no other test has, with the package installed.</summary>
    public Task<RecordsCaller> NewAccountAsync() => CallerAsync(Interlocked.Increment(ref lastOrg), 1);

    /// <summary>Another account of the same org.</summary>
    public Task<RecordsCaller> SiblingAsync(RecordsCaller caller) => CallerAsync(caller.Org, caller.Account + 1);

    private async Task<RecordsCaller> CallerAsync(long org, int account)
    {
        await InstallAsync(org, account, 1, "1.0.0", ShopPackage.Document);
        return Caller(org, account, "tester", null);
    }

    /// <summary>Somebody else of an account, who has permission sets.</summary>
    public RecordsCaller Granted(RecordsCaller account, string user, Grants grants) =>
        Caller(account.Org, account.Account, user, grants);

    private RecordsCaller Caller(long org, int account, string actor, Grants? grants) =>
        new(service!.Address, org, account, () => signer.Sign(new OrgContext(
            new OrgId(org), $"org-{org}", new AccountId(account), "main", actor, [Scopes.Data], "local", "main",
            Grants: grants)));

    public Task PublishAsync(string version, string document) => ExecuteAsync(
        """
        insert into metadata.layers (digest, kind, name, namespace, version, content)
        values ($1, 'isv', 'shop', 'shop', $2, $3)
        """,
        Read(version, document).Digest, version, document);

    /// <summary>Puts a version of the package in force for an account, as Metadata would.</summary>
    public async Task InstallAsync(long org, int account, long stackVersion, string version, string document)
    {
        var layer = Read(version, document);
        var resolution = Resolver.Resolve([layer]);
        Assert.Empty(resolution.Findings);
        var places = Places.Allot(resolution, Places.None, Places.None, forStandard: false);
        var packages = JsonSerializer.Serialize(
            new[] { new StackPackage("shop", "shop", version, layer.Digest) }, JsonSerializerOptions.Web);
        await ExecuteAsync("""
            with written as (
                insert into metadata.stacks (org_id, account_id, version, packages, places)
                values ($1, $2, $3, $4::jsonb, $5::jsonb)
                on conflict (org_id, account_id) do update
                set version = excluded.version, packages = excluded.packages, places = excluded.places
                returning *)
            insert into metadata.stack_history (org_id, account_id, version, at, packages, places)
            select org_id, account_id, version, clock_timestamp(), packages, places from written
            """, org, account, stackVersion, packages, Encoding.UTF8.GetString(places.ToJson()));
    }

    /// <summary>An instance of the service with settings of its own before the same database; the test ends
    /// it.</summary>
    public Task<ServiceProcess> StartWithAsync(params (string Name, string Value)[] settings) =>
        ServiceProcess.StartAsync("Records", new Dictionary<string, string>(
            settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)))
        {
            ["ConnectionStrings__cell"] = Serving, ["Xingchen__ContextKey"] = key, ["Relay__Workers"] = "0",
        });

    /// <summary>Runs a statement as the owner.</summary>
    public async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Owner);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of every row that the owner sees (the test's owner is a superuser).</summary>
    public async Task<List<T>> AskAsync<T>(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Owner);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(await reader.GetFieldValueAsync<T>(0));
        return rows;
    }

    private static Layer Read(string version, string document)
    {
        var layer = Layer.Parse(LayerKind.Isv, "shop", "shop", version, Encoding.UTF8.GetBytes(document),
            out var findings);
        Assert.Empty(findings);
        return layer;
    }
}
