using Npgsql;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.EndToEnd;

/// <summary>One host with the sites dev and prod.</summary>
public sealed class TwoSites : IAsyncLifetime
{
    private readonly DataFolder folder = new();
    private readonly int portBase = Ports.FreeRange(HostProcess.PortCount);
    private HostProcess host = null!;

    public ApiCaller Operator { get; private set; } = null!;

    /// <summary>The operator's client, for the command line.</summary>
    public Task<(string Id, string Secret)> OperatorAsync() => host.OperatorAsync();

    public string FolderPath => folder.Path;

    public async ValueTask InitializeAsync()
    {
        host = HostProcess.Start(folder.Path, portBase, "--idcs", "dev,prod");
        await host.UntilReadyAsync();
        var (id, secret) = await host.OperatorAsync();
        Operator = await ApiCaller.SignInAsync(host.Url, id, secret);
    }

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        if (host is not null) await host.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Where a site keeps a package's file.</summary>
    public string CachedAt(string idc, string digest)
    {
        var hex = digest["sha256:".Length..];
        return Path.Combine(FolderPath, "cache", idc, "sha256", hex[..2], hex + ".xcpkg");
    }

    /// <summary>Records of a cell with this text, as the database's owner sees them.</summary>
    public async Task<long> RecordsWithAsync(string group, string text)
    {
        var password = (await File.ReadAllTextAsync(Path.Combine(FolderPath, "postgres.password"))).Trim();
        await using var source = NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={portBase + 1};Username=xingchen;Password={password};Database=cell_{group}");
        await using var command = source.CreateCommand(
            "select count(*) from records.records where strpos(body::text, @text) > 0");
        command.Parameters.AddWithValue("text", text);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What a caller sees of an answer, without what tells requests apart.</summary>
    public static string Bare(Answer answer, string path) => answer.Body
        .Replace(answer.Json.GetProperty("traceId").GetString()!, "", StringComparison.Ordinal)
        .Replace(path, "", StringComparison.Ordinal);

    public static async Task<string> NewCustomerAsync(ApiCaller org, string name) =>
        (await org.PostAsync("/v1/objects/Customer/records", new { name }))
            .Expect(System.Net.HttpStatusCode.Created).Json.GetProperty("id").GetString()!;

}
