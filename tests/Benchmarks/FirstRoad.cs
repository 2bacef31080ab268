using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks;

/// <summary>Time to ready, memory of each process, and GET by id through the gateway against straight at
/// Records.</summary>
internal static class FirstRoad
{
    public static async Task RunAsync(TimeSpan duration, int connections)
    {
        var folder = Directory.CreateTempSubdirectory("xingchen-bench-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        try
        {
            Console.WriteLine("| start | seconds to ready |\n|---|---|");
            await StartAsync(folder, "first, with an empty data directory");
            var host = await StartAsync(folder, "second", keep: true);
            await using (host)
            {
                var (id, secret) = await host!.OperatorAsync();
                using var @operator = await ApiCaller.SignInAsync(host.Url, id, secret);
                using var api = await @operator.CreateOrgAsync("bench");
                await LoadAsync(host, api, folder, duration, connections);
                ShowMemory(host);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<HostProcess?> StartAsync(string folder, string name, bool keep = false)
    {
        var watch = Stopwatch.StartNew();
        var host = HostProcess.Start(folder, Ports.FreeRange(HostProcess.PortCount));
        await host.UntilReadyAsync();
        Console.WriteLine($"| {name} | {watch.Elapsed.TotalSeconds:0.0} |");
        if (keep) return host;
        await host.DisposeAsync();
        return null;
    }

    private static async Task LoadAsync(
        HostProcess host, ApiCaller api, string folder, TimeSpan duration, int connections)
    {
        const string Records = "/v1/objects/Customer/records";
        var created = (await api.PostAsync(Records, new { name = "Lindqvist & Söner", country = "SE" })).Json;
        var path = Records + "/" + created.GetProperty("id").GetString();
        var records = host.Children()
            .Single(child => child.Command.Contains("Xingchen.Records.dll", StringComparison.Ordinal));
        var environment = Environment(records.Id);
        var straight = new Uri(environment["ASPNETCORE_URLS"]);
        var signer = new ContextSigner(
            Options.Create(new ServiceOptions { ContextKey = Secret(folder, "context-key") }), TimeProvider.System);
        var context = Claims(api.Token);
        IReadOnlyDictionary<string, string> Signed() => new Dictionary<string, string>
        {
            [ContextSigner.Header] = signer.Sign(context),
            ["dapr-api-token"] = environment.GetValueOrDefault("APP_API_TOKEN", ""),
        };
        IReadOnlyDictionary<string, string> Bearer() =>
            new Dictionary<string, string> { ["Authorization"] = "Bearer " + api.Token };

        Console.WriteLine(
            $"\n| GET by id, {connections} connections | requests/s | p50 ms | p99 ms | of straight |\n"
            + "|---|---|---|---|---|");
        var direct = await Load.GetAsync(new Uri(straight, path), Signed, duration, connections);
        var edge = await Load.GetAsync(new Uri(host.Url, path), Bearer, duration, connections);
        foreach (var (name, result) in new[]
            { ("straight at Records", direct), ("through the gateway and two hops of sidecar", edge) })
            Console.WriteLine(
                $"| {name} | {result.PerSecond:N0} | {result.P50Milliseconds:0.00} "
                + $"| {result.P99Milliseconds:0.00} | {result.PerSecond / direct.PerSecond:0.00} |");
    }

    private static void ShowMemory(HostProcess host)
    {
        Console.WriteLine("\n| process | resident MB | private MB |\n|---|---|---|");
        Console.WriteLine(Row("AppHost with the sidecars", host.ProcessId));
        var postgres = 0L;
        foreach (var child in host.Children())
        {
            var assembly = child.Command.Split(' ')
                .FirstOrDefault(word => word.EndsWith(".dll", StringComparison.Ordinal));
            if (assembly is not null) Console.WriteLine(Row(Path.GetFileNameWithoutExtension(assembly), child.Id));
            else postgres += Kilobytes(child.Id, "Private_Clean:", "Private_Dirty:");
        }
        Console.WriteLine($"| PostgreSQL, all processes | | {postgres / 1024.0:0} |");

        static string Row(string name, int id) =>
            $"| {name} | {Kilobytes(id, "Rss:") / 1024.0:0} "
            + $"| {Kilobytes(id, "Private_Clean:", "Private_Dirty:") / 1024.0:0} |";
    }

    /// <summary>Of <c>/proc/PID/smaps_rollup</c> (proc(5)).</summary>
    private static long Kilobytes(int id, params string[] names) => File.ReadAllLines($"/proc/{id}/smaps_rollup")
        .Where(line => Array.Exists(names, name => line.StartsWith(name, StringComparison.Ordinal)))
        .Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));

    private static Dictionary<string, string> Environment(int id) => File.ReadAllText($"/proc/{id}/environ").Split('\0')
        .Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);

    private static string Secret(string folder, string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "secrets.json"))).RootElement.GetProperty(name)
            .GetString()!;

    private static OrgContext Claims(string token)
    {
        var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;
        return new OrgContext(
            new OrgId(claims.GetProperty("org").GetInt64()), claims.GetProperty("orgCode").GetString()!,
            new AccountId(claims.GetProperty("account").GetInt32()), claims.GetProperty("accountCode").GetString()!,
            claims.GetProperty("sub").GetString()!, [Scopes.Data], "local", "main");
    }
}
