namespace Xingchen.Benchmarks.Compare;

/// <summary>The tables, ratios first.</summary>
internal static class Report
{
    public static void Show(
        ComparisonOptions options, IEnumerable<Ratio> ratios, IEnumerable<Measured> measured, IEnumerable<Side> sides)
    {
        Console.WriteLine($"{options.Orgs} orgs of {options.RowsPerOrg} records, {options.Connections} connections, "
            + $"{options.Rounds} rounds of {options.Seconds} s in turns, {Environment.ProcessorCount} processors, "
            + $"fsync {(options.Durable ? "on" : "off")}\n");
        Console.WriteLine("| Xingchen over | operation | × (median) | rounds | × by CPU | target |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var ratio in ratios)
            Console.WriteLine($"| {ratio.Against} | {ratio.Operation} | **{ratio.Median:0.00}** | "
                + $"{ratio.Least:0.00}–{ratio.Most:0.00} | {ratio.Cpu:0.00} | {ratio.Target:0.0} |");
        Console.WriteLine(
            "\n| operation | service | /s | p50 ms | p99 ms | µs CPU service | µs CPU PostgreSQL | bytes |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var one in measured)
            Console.WriteLine($"| {one.Operation} | {one.Side} | {one.PerSecond:N0} | {one.P50Milliseconds:0.00} | "
                + $"{one.P99Milliseconds:0.00} | {one.ServiceMicroseconds:0} | {one.PostgresMicroseconds:0} "
                + $"| {one.AnswerBytes:N0} |");
        Console.WriteLine("\n| process | resident MB | private MB |\n|---|---|---|");
        foreach (var side in sides)
            Console.WriteLine($"| {side.Name} | {ProcessCosts.ResidentMegabytes(side.ProcessId):0} | "
                + $"{ProcessCosts.PrivateMegabytes(side.ProcessId):0} |");
    }
}
