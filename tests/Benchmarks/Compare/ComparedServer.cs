using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.AppModel.Postgres;
using Xingchen.Benchmarks.HandWritten;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Schema;
using Xingchen.Storage;
using Xingchen.Testing;

namespace Xingchen.Benchmarks.Compare;

/// <summary>One PostgreSQL with a database for each side, and before each its service as a process of its
/// own.</summary>
internal sealed class ComparedServer : IAsyncDisposable
{
    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly List<ServiceProcess> services = [];
    private readonly string folder;
    private readonly ContextSigner signer;

    private ComparedServer(string directory, PostgresServer postgres)
    {
        folder = directory;
        Postgres = postgres;
        signer = new ContextSigner(Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System);
    }

    public PostgresServer Postgres { get; }

    /// <param name="durable">False: without fsync, so that only work is measured and no disk.</param>
    public static async Task<ComparedServer> StartAsync(bool durable)
    {
        var directory = Directory.CreateTempSubdirectory("xingchen-bench-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var postgres = await PostgresServer.StartAsync(
            new PostgresOptions { Directory = directory, Port = Ports.Free(), Durable = durable, MaxConnections = 400 },
            _ => { }, CancellationToken.None);
        var server = new ComparedServer(directory, postgres);
        await server.ExecuteAsync("postgres", string.Format(null, HandWrittenSql.Role, TestPostgres.RolePassword));
        return server;
    }

    /// <summary>The id of the org with this number.</summary>
    public static long OrgOf(int org) => 1000 + org;

    /// <summary>What the gateway would stamp on a request of this org, for the next minute.</summary>
    public string Sign(int org) => signer.Sign(new OrgContext(new OrgId(OrgOf(org)), $"org-{org}", new AccountId(1),
        "main", "bench", [Scopes.Data], "local", "main"));

    /// <summary>A database with the typed table, and a service before it.</summary>
    /// <param name="database">Its name, nobody else's.</param>
    /// <param name="command">The service: <c>hand-written</c> or <c>ef-core</c>.</param>
    public async Task<ServiceProcess> StartTypedAsync(string database, string command)
    {
        var owner = await CreateAsync(database);
        await ExecuteAsync(database, HandWrittenSql.Schema);
        return Keep(await ServiceProcess.StartAsync([typeof(ComparedServer).Assembly.Location, command],
            new Dictionary<string, string>
            {
                ["ConnectionStrings__compared"] = As(owner, "hand_written"), ["Xingchen__ContextKey"] = key,
            }));
    }

    /// <summary>A cell's database, and Records before it.</summary>
    /// <param name="database">Its name, nobody else's.</param>
    /// <param name="standard">Whether the standard product is in force; else nothing is.</param>
    public async Task<ServiceProcess> StartRecordsAsync(string database, bool standard = true)
    {
        var owner = await CreateAsync(database);
        foreach (var (journal, assembly) in new[]
                 { ("metadata", Assembly.Load("Xingchen.Metadata")), ("records", typeof(CellDatabase).Assembly) })
            await Migrator.RunAsync(owner, journal, assembly, "xingchen_" + journal, TestPostgres.RolePassword,
                CancellationToken.None);
        if (standard) await PutStandardInForceAsync(database);
        return Keep(await ServiceProcess.StartAsync("Records", new Dictionary<string, string>
        {
            ["ConnectionStrings__cell"] = As(owner, "xingchen_records"), ["Xingchen__ContextKey"] = key,
            // There is no sidecar to publish to. What a write pays for the relay, its ticket, it pays all the same.
            ["Relay__Workers"] = "0",
        }));
    }

    /// <summary>Runs something as the owner of a database, such as <c>vacuum analyze</c>.</summary>
    public async Task ExecuteAsync(string database, string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Postgres.ConnectionString(database) + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 3600;
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in services) await service.DisposeAsync();
        await Postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private ServiceProcess Keep(ServiceProcess service)
    {
        services.Add(service);
        return service;
    }

    private async Task<string> CreateAsync(string database)
    {
        await ExecuteAsync("postgres", $"create database {database} template template0");
        return Postgres.ConnectionString(database);
    }

    /// <summary>The three standard layers of the repository, as Metadata would put them in force.</summary>
    private async Task PutStandardInForceAsync(string database)
    {
        var layers = new List<Layer>
        {
            Read(LayerKind.Global, "platform", "global"), Read(LayerKind.Idc, "bedrock", "idc/bedrock"),
            Read(LayerKind.Group, "trade", "group/trade"),
        };
        var places = Places.Allot(Resolver.Resolve(layers), Places.None, Places.None, forStandard: true);
        foreach (var layer in layers)
            await ExecuteAsync(database, """
                insert into metadata.layers (digest, kind, name, version, content) values ($1, $2, $3, '1.0.0', $4)
                """, layer.Digest, layer.Kind.ToString().ToLowerInvariant(), layer.Name,
                Encoding.UTF8.GetString(layer.Content.Span));
        await ExecuteAsync(database, """
            update metadata.standard set version = 1, global_digest = $1, idc_digest = $2, group_digest = $3,
                places = $4::jsonb
            """, layers[0].Digest, layers[1].Digest, layers[2].Digest, Encoding.UTF8.GetString(places.ToJson()));
    }

    private static Layer Read(LayerKind kind, string name, string path)
    {
        var root = Path.Combine(HostProcess.Repository, "metadata", path);
        var files = Directory
            .EnumerateFiles(Path.Combine(root, "metadata"), "*.json", SearchOption.AllDirectories)
            .Select(file => new DefinitionFile(Path.GetFileName(Path.GetDirectoryName(file))!,
                Path.GetRelativePath(root, file), File.ReadAllBytes(file)));
        var layer = Layer.Parse(kind, name, null, "1.0.0", files, out var findings);
        return findings.Count == 0
            ? layer : throw new InvalidOperationException($"The layer {name} is wrong: {findings[0].Detail}");
    }

    private static string As(string owner, string role) => new NpgsqlConnectionStringBuilder(owner)
    {
        Username = role, Password = TestPostgres.RolePassword,
    }.ConnectionString;
}
