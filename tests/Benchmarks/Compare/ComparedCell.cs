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

/// <summary>One PostgreSQL with two databases, and before each its service as a process of its own.</summary>
internal sealed class ComparedCell : IAsyncDisposable
{
    private readonly string folder;
    private readonly ContextSigner signer;

    private ComparedCell(string directory, PostgresServer postgres, string key)
    {
        this.folder = directory;
        Postgres = postgres;
        signer = new ContextSigner(Options.Create(new ServiceOptions { ContextKey = key }), TimeProvider.System);
    }

    public PostgresServer Postgres { get; }

    public ServiceProcess HandWritten { get; private set; } = null!;

    public ServiceProcess Records { get; private set; } = null!;

    /// <param name="durable">False: without fsync, so that only work is measured and no disk.</param>
    public static async Task<ComparedCell> StartAsync(bool durable)
    {
        var directory = Directory.CreateTempSubdirectory("xingchen-bench-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var postgres = await PostgresServer.StartAsync(
            new PostgresOptions { Directory = directory, Port = Ports.Free(), Durable = durable }, _ => { },
            CancellationToken.None);
        var cell = new ComparedCell(directory, postgres, key);
        try
        {
            cell.HandWritten = await cell.StartHandWrittenAsync(key);
            cell.Records = await cell.StartRecordsAsync(key);
            return cell;
        }
        catch
        {
            await cell.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the gateway would stamp on a request of this org, for the next minute.</summary>
    public string Sign(int org) => signer.Sign(new OrgContext(new OrgId(1000 + org), $"org-{org}", new AccountId(1),
        "main", "bench", [Scopes.Data], "local", "main"));

    /// <summary>Runs something as the owner of both databases, such as <c>vacuum analyze</c>.</summary>
    public async Task AsOwnerAsync(string sql)
    {
        foreach (var name in new[] { "hand_written", "cell" }) await ExecuteAsync(Postgres.ConnectionString(name), sql);
    }

    public async ValueTask DisposeAsync()
    {
        if (Records is not null) await Records.DisposeAsync();
        if (HandWritten is not null) await HandWritten.DisposeAsync();
        await Postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<ServiceProcess> StartHandWrittenAsync(string key)
    {
        await ExecuteAsync(Postgres.ConnectionString("postgres"), "create database hand_written template template0");
        var owner = Postgres.ConnectionString("hand_written");
        await ExecuteAsync(owner, string.Format(null, HandWrittenSql.Schema, TestPostgres.RolePassword));
        return await ServiceProcess.StartAsync([typeof(ComparedCell).Assembly.Location, "hand-written"],
            new Dictionary<string, string>
            {
                ["ConnectionStrings__hand_written"] = As(owner, "hand_written"), ["Xingchen__ContextKey"] = key,
            });
    }

    private async Task<ServiceProcess> StartRecordsAsync(string key)
    {
        await ExecuteAsync(Postgres.ConnectionString("postgres"), "create database cell template template0");
        var owner = Postgres.ConnectionString("cell");
        foreach (var (journal, assembly) in new[]
                 { ("metadata", Assembly.Load("Xingchen.Metadata")), ("records", typeof(CellDatabase).Assembly) })
            await Migrator.RunAsync(owner, journal, assembly, "xingchen_" + journal, TestPostgres.RolePassword,
                CancellationToken.None);
        await PutStandardInForceAsync(owner);
        return await ServiceProcess.StartAsync("Records", new Dictionary<string, string>
        {
            ["ConnectionStrings__cell"] = As(owner, "xingchen_records"), ["Xingchen__ContextKey"] = key,
        });
    }

    /// <summary>The three standard layers of the repository, as Metadata would put them in force.</summary>
    private static async Task PutStandardInForceAsync(string owner)
    {
        var layers = new List<Layer>
        {
            Read(LayerKind.Global, "platform", "global"), Read(LayerKind.Idc, "bedrock", "idc/bedrock"),
            Read(LayerKind.Group, "trade", "group/trade"),
        };
        var places = Places.Allot(Resolver.Resolve(layers), Places.None, Places.None, forStandard: true);
        foreach (var layer in layers)
            await ExecuteAsync(owner, """
                insert into metadata.layers (digest, kind, name, version, content) values ($1, $2, $3, '1.0.0', $4)
                """, layer.Digest, layer.Kind.ToString().ToLowerInvariant(), layer.Name,
                Encoding.UTF8.GetString(layer.Content.Span));
        await ExecuteAsync(owner, """
            update metadata.standard set version = 1, global_digest = $1, idc_digest = $2, group_digest = $3,
                places = $4::jsonb
            """, layers[0].Digest, layers[1].Digest, layers[2].Digest, Encoding.UTF8.GetString(places.ToJson()));
    }

    private static Layer Read(LayerKind kind, string name, string path)
    {
        var here = AppContext.BaseDirectory;
        var root = Path.Combine(here[..here.LastIndexOf("/tests/", StringComparison.Ordinal)], "metadata", path);
        var files = Directory
            .EnumerateFiles(Path.Combine(root, "metadata"), "*.json", SearchOption.AllDirectories)
            .Select(file => new DefinitionFile(Path.GetFileName(Path.GetDirectoryName(file))!,
                Path.GetRelativePath(root, file), File.ReadAllBytes(file)));
        var layer = Layer.Parse(kind, name, null, "1.0.0", files, out var findings);
        return findings.Count == 0
            ? layer : throw new InvalidOperationException($"The layer {name} is wrong: {findings[0].Detail}");
    }

    private static async Task ExecuteAsync(string owner, string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(owner + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 600;
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private static string As(string owner, string role) => new NpgsqlConnectionStringBuilder(owner)
    {
        Username = role, Password = TestPostgres.RolePassword,
    }.ConnectionString;
}
