using System.Diagnostics;
using Xingchen.Benchmarks.Compare;

namespace Xingchen.Benchmarks;

/// <summary>Time to ready and memory of each process of the whole system.</summary>
internal static class FirstRoad
{
    public static async Task RunAsync()
    {
        Console.WriteLine("| start | seconds to ready |\n|---|---|");
        var watch = Stopwatch.StartNew();
        await using var system = await WholeSystem.StartAsync();
        Console.WriteLine($"| first, with an empty data directory | {watch.Elapsed.TotalSeconds:0.0} |");
        watch.Restart();
        await system.RestartAsync();
        Console.WriteLine($"| again, with the stop before | {watch.Elapsed.TotalSeconds:0.0} |");
        using var caller = await system.CreateOrgAsync("bench");
        await caller.PostAsync("/v1/objects/Customer/records", new { name = "Lindqvist & Söner", country = "SE" });
        ShowMemory(system);
    }

    private static void ShowMemory(WholeSystem system)
    {
        Console.WriteLine("\n| process | resident MB | private MB |\n|---|---|---|");
        Console.WriteLine(Row("AppHost with the sidecars", system.Host.ProcessId));
        var postgres = 0.0;
        foreach (var child in system.Host.Children())
        {
            var assembly = child.Command.Split(' ')
                .FirstOrDefault(word => word.EndsWith(".dll", StringComparison.Ordinal));
            if (assembly is not null) Console.WriteLine(Row(Path.GetFileNameWithoutExtension(assembly), child.Id));
            else postgres += ProcessCosts.PrivateMegabytes(child.Id);
        }
        Console.WriteLine($"| PostgreSQL, all processes | | {postgres:0} |");
    }

    private static string Row(string name, int id) =>
        $"| {name} | {ProcessCosts.ResidentMegabytes(id):0} | {ProcessCosts.PrivateMegabytes(id):0} |";
}
