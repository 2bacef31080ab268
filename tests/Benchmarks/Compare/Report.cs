namespace Xingchen.Benchmarks.Compare;

/// <summary>The tables, ratios first.</summary>
internal static class Report
{
    public static void Show(
        ComparisonOptions options, IReadOnlyList<Ratio> ratios, IReadOnlyList<Measured> measured)
    {
        Console.WriteLine($"{string.Join(" and ", options.Orgs)} orgs of {options.RowsPerOrg} records on average, "
            + $"{options.Connections} connections, {options.Rounds} rounds of {options.Seconds} s in turns, "
            + $"{Environment.ProcessorCount} processors, fsync {(options.Durable ? "on" : "off")}\n");
        Console.WriteLine("| | orgs | over | operation | × (median) | rounds | target | × by CPU | p99 × | target |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var ratio in ratios)
            Console.WriteLine($"| {ratio.Of} | {ratio.Orgs:N0} | {Against(ratio)} | {ratio.Operation} | "
                + $"**{ratio.Median:0.00}** | {ratio.Least:0.00}–{ratio.Most:0.00} | {AtLeast(ratio.Target)} | "
                + $"{ratio.Cpu:0.00} | {ratio.P99:0.00} | {AtMost(ratio.TargetP99)} |");
        Console.WriteLine("\n| operation | service | orgs | /s | p50 ms | p99 ms | µs CPU service "
            + "| µs CPU PostgreSQL | private MB | bytes |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var one in measured)
            Console.WriteLine($"| {one.Operation} | {one.Side} | {one.Orgs:N0} | {one.PerSecond:N0} | "
                + $"{one.P50Milliseconds:0.00} | {one.P99Milliseconds:0.00} | {one.ServiceMicroseconds:0} | "
                + $"{one.PostgresMicroseconds:0} | {one.PrivateMegabytes:0} | {one.AnswerBytes:N0} |");
    }

    private static string Against(Ratio ratio) =>
        ratio.AgainstOrgs == ratio.Orgs ? ratio.Against : $"{ratio.Against} at {ratio.AgainstOrgs:N0} orgs";

    private static string AtLeast(double? target) => target is null ? "" : $"≥ {target:0.0}";

    private static string AtMost(double? target) => target is null ? "" : $"≤ {target:0.0}";
}
