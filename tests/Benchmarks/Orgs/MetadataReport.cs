using System.Text.Json;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>The tables, ratios first.</summary>
internal static class MetadataReport
{
    /// <param name="options">Of the run.</param>
    /// <param name="steps">In the order of their numbers of orgs.</param>
    /// <param name="hundreds">Adding a field to the account that has most.</param>
    /// <param name="memory">With the last number of orgs.</param>
    /// <param name="file">Where the JSON goes, or null.</param>
    public static async Task ShowAsync(MetadataOptions options, IReadOnlyList<MetadataStep> steps, Timing hundreds,
        MemoryPerOrg memory, string? file)
    {
        var (first, last) = (steps[0], steps[^1]);
        var ratios = new Dictionary<string, double>
        {
            ["add a private field, p50"] = last.AddField.P50 / first.AddField.P50,
            ["first request of a new org, p50"] = last.ColdOrg.P50 / first.ColdOrg.P50,
            ["create an org, p50"] = last.CreateOrg.P50 / first.CreateOrg.P50,
            ["release a standard field"] = last.Release.Seconds / first.Release.Seconds,
        };
        Console.WriteLine($"Seed {options.Seed}, {options.Samples} samples, {options.Connections} connections, "
            + $"{Environment.ProcessorCount} processors, load {File.ReadAllText("/proc/loadavg").Split(' ')[1]}\n");
        Console.WriteLine($"| {last.Orgs:N0} orgs over {first.Orgs:N0} | × |\n|---|---|");
        foreach (var (what, ratio) in ratios) Console.WriteLine($"| {what} | **{ratio:0.00}** |");
        Console.WriteLine("\n| promised | target | measured |\n|---|---|---|");
        Console.WriteLine($"| private field, ms, worst p50 | ≤ 10 | **{steps.Max(s => s.AddField.P50):0.0}** |");
        Console.WriteLine($"| standard field for all, s, worst | ≤ 2 | **{steps.Max(s => s.Release.Seconds):0.00}** |");
        Console.WriteLine($"| rows of orgs written by it | 0 | **{steps.Sum(s => s.Release.OrgRows.Values.Sum())}** |");
        Console.WriteLine($"| orgs that did not see it at once | 0 | **{steps.Sum(s => s.Release.Stale)}** |");
        Console.WriteLine($"| kB per idle org, shared schema | ≤ 2 | **{memory.Shared:0.0}** |");
        Console.WriteLine($"| kB per idle org, whole spread | ≤ 50 | **{memory.All:0.0}** |");
        ShowSteps(steps, hundreds);
        ShowMemory(memory);
        if (file is null) return;
        await using var output = File.Create(file);
        await JsonSerializer.SerializeAsync(output,
            new { ratios, steps, hundreds, memory, options, processors = Environment.ProcessorCount },
            new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
    }

    private static void ShowSteps(IReadOnlyList<MetadataStep> steps, Timing hundreds)
    {
        Console.WriteLine($"\n| |{string.Concat(steps.Select(step => $" {step.Orgs:N0} orgs |"))}");
        Console.WriteLine($"|---|{string.Concat(steps.Select(_ => "---|"))}");
        Row("with a stack of their own", step => $"{step.OwnStacks:N0}");
        Row("orgs made a second, through the gateway", step => $"{step.FillPerSecond:0}");
        Row("create an org, ms p50 (p99)", step => Shown(step.CreateOrg));
        Row("its CPU in Organization, ms", step => $"{step.CreateCpu:0.0}");
        Row("its first request, ms", step => Shown(step.ColdOrg));
        Row("add a private field, ms", step => Shown(step.AddField));
        Row("its CPU in Metadata, ms", step => $"{step.AddFieldCpu:0.0}");
        Row("the request after it, ms", step => Shown(step.NextRequest));
        Row("release a standard field, s", step => $"{step.Release.Seconds:0.000}");
        Row("rows it wrote: of orgs, others", step =>
            $"{step.Release.OrgRows.Values.Sum()}, {step.Release.OtherRows.Values.Sum()}");
        Row("orgs asked then, and stale answers", step => $"{step.Release.Asked:N0}, {step.Release.Stale}");
        Row("seconds for that", step => $"{step.Release.AskedSeconds:0.0}");
        Row("each at Records, ms", step => Shown(step.Release.Records));
        Row("each at Metadata, ms", step => Shown(step.Release.Metadata));
        Console.WriteLine($"\nA private field more for the account that has most: {Shown(hundreds)} ms.");

        void Row(string what, Func<MetadataStep, string> cell) =>
            Console.WriteLine($"| {what} |{string.Concat(steps.Select(step => $" {cell(step)} |"))}");
    }

    private static void ShowMemory(MemoryPerOrg memory)
    {
        Console.WriteLine($"\n| private MB after a collection | at first | + {memory.SharedOrgs:N0} that share "
            + $"| + {memory.OwnOrgs:N0} others |\n|---|---|---|---|");
        foreach (var process in memory.Processes)
            Console.WriteLine($"| {process.Name} | "
                + string.Join(" | ", process.PrivateMegabytes.Select(megabytes => $"{megabytes:0.0}")) + " |");
        Console.WriteLine($"\nAn org with a stack of its own: {memory.Own:0.0} kB.");
    }

    private static string Shown(Timing timing) => $"{timing.P50:0.0} ({timing.P99:0.0})";
}
