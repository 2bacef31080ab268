using System.Buffers.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.AppModel.Postgres;
using Xingchen.Benchmarks.Compare;
using Xingchen.Benchmarks.Orgs;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks;

/// <summary>The whole system by its AppHost, to be asked through its gateway and straight at its Records.</summary>
internal sealed class WholeSystem : IAsyncDisposable
{
    private readonly string folder;
    private readonly List<ApiCaller> callers = [];

    private WholeSystem(string directory) => folder = directory;

    public HostProcess Host { get; private set; } = null!;

    /// <summary>Starts a host and waits until it is ready.</summary>
    public static async Task<WholeSystem> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("xingchen-bench-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var system = new WholeSystem(directory);
        await system.RestartAsync();
        return system;
    }

    /// <summary>Ends the host, if there is one, and starts it over the same data.</summary>
    public async Task RestartAsync()
    {
        if (Host is not null) await Host.DisposeAsync();
        Host = HostProcess.Start(folder, Ports.FreeRange(HostProcess.PortCount));
        await Host.UntilReadyAsync();
    }

    /// <summary>Creates orgs and brings their records in through the gateway.</summary>
    /// <returns>Through the gateway, compared with straight at its Records.</returns>
    public async Task<ComparedCell> FillAsync(int orgs, int mean)
    {
        for (var org = 0; org < orgs; org++) callers.Add(await CreateOrgAsync($"bench-{org}"));
        var records = Child("Xingchen.Records.dll");
        var gateway = new GatewaySide("Xingchen through the gateway", orgs, new SideProcesses(Host.Url,
            [Host.ProcessId, Child("Xingchen.Gateway.dll").Id, records.Id], Postgres()), org => callers[org].Token);
        var straight = new RecordsSide("the same, straight at Records", orgs,
            new SideProcesses(RecordsAddress, [records.Id], Postgres()), org => Sign(callers[org]),
            new() { ["dapr-api-token"] = Environment(records.Id).GetValueOrDefault("APP_API_TOKEN", "") });
        gateway.SignAnew();
        for (var org = 0; org < orgs; org++) await gateway.ImportAsync(org, Rows.Csv(0, OrgSizes.Of(org, mean)));
        foreach (var side in new Side[] { gateway, straight }) await side.LearnAsync();
        return new ComparedCell(orgs, [straight], gateway);
    }

    public async Task<ApiCaller> CreateOrgAsync(string code)
    {
        var (id, secret) = await Host.OperatorAsync();
        using var @operator = await ApiCaller.SignInAsync(Host.Url, id, secret);
        return await @operator.CreateOrgAsync(code);
    }

    /// <summary>A service of it, asked as its sidecar asks it.</summary>
    /// <param name="name">Of the service, such as <c>Records</c>.</param>
    public StraightService Straight(string name)
    {
        var id = Child($"Xingchen.{name}.dll").Id;
        var environment = Environment(id);
        return new StraightService(new Uri(environment["ASPNETCORE_URLS"]),
            environment.GetValueOrDefault("APP_API_TOKEN", ""), id, Signer());
    }

    /// <summary>A connection to a service's database as the owner, whom no policy binds.</summary>
    /// <param name="name">Of the service.</param>
    /// <param name="connection">As the service calls it.</param>
    public string OwnerConnection(string name, string connection) => new NpgsqlConnectionStringBuilder(
        Environment(Child($"Xingchen.{name}.dll").Id)["ConnectionStrings__" + connection])
    {
        Username = PostgresServer.Owner, Password = File.ReadAllText(Path.Combine(folder, "postgres.password")).Trim(),
    }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in callers) caller.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private Uri RecordsAddress => new(Environment(Child("Xingchen.Records.dll").Id)["ASPNETCORE_URLS"]);

    private ChildOfHost Child(string assembly) =>
        Host.Children().Single(child => child.Command.Contains(assembly, StringComparison.Ordinal));

    private int Postgres() => int.Parse(File.ReadLines(Directory
        .EnumerateFiles(folder, "postmaster.pid", SearchOption.AllDirectories).Single()).First());

    /// <summary>What the gateway stamps on a request with the caller's token.</summary>
    private string Sign(ApiCaller caller)
    {
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(caller.Token.Split('.')[1])).RootElement;
        return Signer().Sign(new OrgContext(
            new OrgId(claims.GetProperty("org").GetInt64()), claims.GetProperty("orgCode").GetString()!,
            new AccountId(claims.GetProperty("account").GetInt32()), claims.GetProperty("accountCode").GetString()!,
            claims.GetProperty("sub").GetString()!, [Scopes.Data], "local", "main"));
    }

    private ContextSigner Signer()
    {
        var secrets = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "secrets.json"))).RootElement;
        return new ContextSigner(Options.Create(
            new ServiceOptions { ContextKey = secrets.GetProperty("context-key").GetString()! }), TimeProvider.System);
    }

    private static Dictionary<string, string> Environment(int id) => File.ReadAllText($"/proc/{id}/environ").Split('\0')
        .Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
        .ToDictionary(pair => pair[0], pair => pair[1]);
}
