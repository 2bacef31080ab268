using System.Diagnostics;
using System.Text.Json;
using Xingchen.Testing;

namespace Xingchen.Benchmarks.Compare;

/// <summary>How the comparison is run.</summary>
/// <param name="Orgs">Numbers of orgs that have records; ours at each further one is also compared with ours at the
/// first.</param>
/// <param name="RowsPerOrg">Records of each on average: <see cref="OrgSizes"/>.</param>
/// <param name="Rounds">How often each side is measured per operation.</param>
/// <param name="Seconds">How long each time.</param>
/// <param name="WarmUpSeconds">How long each side is asked before its first round, until its code is compiled for
/// good.</param>
/// <param name="Connections">How many ask at once.</param>
/// <param name="ImportRows">Rows of an imported file.</param>
/// <param name="Durable">Whether PostgreSQL waits for the disk.</param>
/// <param name="ThroughGateway">Whether the whole system is measured too.</param>
/// <param name="Operations">Those to run; empty for all.</param>
internal sealed record ComparisonOptions(int[] Orgs, int RowsPerOrg, int Rounds, double Seconds,
    double WarmUpSeconds, int Connections, int ImportRows, bool Durable, bool ThroughGateway, string[] Operations);

/// <summary>What one side did in one operation: medians over the rounds.</summary>
/// <param name="ServiceMicroseconds">CPU of the service's processes per request; of an import per row.</param>
/// <param name="PostgresMicroseconds">CPU of PostgreSQL, all processes.</param>
/// <param name="PrivateMegabytes">Memory of the service's processes, theirs alone, right after the load.</param>
/// <param name="AnswerBytes">Of the body, on average; 0 where none is read.</param>
internal sealed record Measured(string Operation, string Side, int Orgs, double PerSecond, double P50Milliseconds,
    double P99Milliseconds, double ServiceMicroseconds, double PostgresMicroseconds, double PrivateMegabytes,
    double AnswerBytes);

/// <summary>Two sides whose neighbouring rounds are divided.</summary>
/// <param name="Targets">The rate's ratio that is promised, by operation.</param>
/// <param name="TargetP99">The ratio of p99 that is promised at most.</param>
internal sealed record Pair(
    Side Of, Side Against, IReadOnlyDictionary<string, double> Targets, double? TargetP99 = null);

/// <summary>One side's rate over another's, round by round; p99 and CPU the other way round, so that more is worse for
/// p99 and better for CPU.</summary>
internal sealed record Ratio(string Operation, string Of, int Orgs, string Against, int AgainstOrgs, double Median,
    double Least, double Most, double Cpu, double P99, double? Target, double? TargetP99);

/// <summary>The sides in turns, so that noise hits all of them, and the medians of their ratios.</summary>
internal sealed class Comparison(ComparisonOptions options)
{
    private const string Import = "import";

    private static readonly string[] Operations = ["GET by id", "list 50", "aggregate", "insert", "update", Import];

    private readonly List<Side> sides = [];
    private readonly List<Pair> pairs = [];
    private readonly List<Measured> measured = [];
    private readonly List<Ratio> ratios = [];

    /// <param name="file">Also writes the result there as JSON; null does not.</param>
    public async Task RunAsync(string? file)
    {
        await using var server = await ComparedServer.StartAsync(options.Durable);
        foreach (var orgs in options.Orgs)
        {
            Add(await ComparedCell.StartAsync(server, orgs, options.RowsPerOrg));
            await Console.Error.WriteLineAsync($"{orgs} orgs: there");
        }
        await using var whole = options.ThroughGateway ? await WholeSystem.StartAsync() : null;
        if (whole is not null) Add(await whole.FillAsync(Math.Min(10, options.Orgs[0]), options.RowsPerOrg));
        foreach (var operation in Operations)
        {
            if (options.Operations.Length > 0 && !options.Operations.Contains(operation.Split(' ')[0])) continue;
            await MeasureAsync(operation);
            await Console.Error.WriteLineAsync($"{operation}: done");
        }
        Report.Show(options, ratios, measured);
        if (file is null) return;
        await using var output = File.Create(file);
        await JsonSerializer.SerializeAsync(output,
            new { ratios, measured, options, processors = Environment.ProcessorCount },
            new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
    }

    private void Add(ComparedCell cell)
    {
        if (sides.Find(side => side is RecordsSide) is { } first && cell.Others[0] is TypedSide)
            pairs.Add(new Pair(cell.Ours, first, Targets.None, TargetP99: 1.2));
        pairs.AddRange(cell.Others.Select(other => new Pair(cell.Ours, other, Targets.Over(other))));
        sides.AddRange([.. cell.Others, cell.Ours]);
    }

    private async Task MeasureAsync(string operation)
    {
        var asked = sides.Where(side => side.Does(operation)).ToList();
        foreach (var side in asked)
            _ = operation == Import
                ? await ImportAsync(side) : await LoadAsync(side, operation, options.WarmUpSeconds);
        var rounds = asked.ToDictionary(side => side, _ => new List<Measured>());
        for (var round = 0; round < options.Rounds; round++)
            foreach (var side in round % 2 == 0 ? asked : asked.AsEnumerable().Reverse())
                rounds[side].Add(operation == Import
                    ? await ImportAsync(side) : await LoadAsync(side, operation, options.Seconds));
        measured.AddRange(asked.Select(side => Middle(rounds[side])));
        ratios.AddRange(pairs.Where(pair => rounds.ContainsKey(pair.Of) && rounds.ContainsKey(pair.Against))
            .Select(pair => Divide(operation, pair, rounds[pair.Of], rounds[pair.Against])));
    }

    private static Ratio Divide(string operation, Pair pair, List<Measured> of, List<Measured> against)
    {
        var each = of.Zip(against, (a, b) => a.PerSecond / b.PerSecond).Order().ToList();
        var cpu = of.Zip(against, (a, b) =>
            (b.ServiceMicroseconds + b.PostgresMicroseconds) / (a.ServiceMicroseconds + a.PostgresMicroseconds));
        var p99 = of.Zip(against, (a, b) => a.P99Milliseconds / b.P99Milliseconds);
        return new Ratio(operation, pair.Of.Name, pair.Of.Orgs, pair.Against.Name, pair.Against.Orgs, Median(each),
            each[0], each[^1], Median(cpu), Median(p99),
            pair.Targets.TryGetValue(operation, out var target) ? target : null,
            operation == Import ? null : pair.TargetP99);
    }

    private long lastSeed;

    private async Task<Measured> LoadAsync(Side side, string operation, double seconds)
    {
        side.SignAnew();
        var before = Cpu(side);
        var clock = Stopwatch.StartNew();
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var each = await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Task.Run(async () =>
        {
            // Never twice the same: who has got the values of the round before has nothing to write.
            var picks = new Picks((ulong)Interlocked.Increment(ref lastSeed));
            var (taken, bytes) = (new List<double>(), 0L);
            while (Stopwatch.GetTimestamp() < end)
            {
                var request = side.Next(operation, picks);
                var start = Stopwatch.GetTimestamp();
                bytes += await side.SendAsync(request);
                taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            return (Taken: taken, Bytes: bytes);
        })));
        var elapsed = clock.Elapsed.TotalSeconds;
        var times = each.SelectMany(one => one.Taken).Order().ToArray();
        return Taken(side, operation, before, times.Length, elapsed) with
        {
            P50Milliseconds = times[times.Length / 2], P99Milliseconds = times[(int)(times.Length * 0.99)],
            AnswerBytes = each.Sum(one => one.Bytes) / (double)times.Length,
        };
    }

    private int lastImported = 100_000_000;

    private async Task<Measured> ImportAsync(Side side)
    {
        side.SignAnew();
        var csv = Rows.Csv(lastImported += options.ImportRows, options.ImportRows);
        var before = Cpu(side);
        var clock = Stopwatch.StartNew();
        await side.ImportAsync(lastImported / options.ImportRows % side.Orgs, csv);
        var elapsed = clock.Elapsed;
        return Taken(side, Import, before, options.ImportRows, elapsed.TotalSeconds) with
        {
            P50Milliseconds = elapsed.TotalMilliseconds, P99Milliseconds = elapsed.TotalMilliseconds,
        };
    }

    private static Measured Taken(
        Side side, string operation, (double Service, double Postgres) before, int count, double seconds)
    {
        var after = Cpu(side);
        return new Measured(operation, side.Name, side.Orgs, count / seconds, 0, 0,
            (after.Service - before.Service) / count * 1e6, (after.Postgres - before.Postgres) / count * 1e6,
            side.Processes.Services.Sum(ProcessCosts.PrivateMegabytes), 0);
    }

    private static (double Service, double Postgres) Cpu(Side side) =>
        (side.Processes.Services.Sum(ProcessCosts.Cpu), ProcessCosts.CpuWithChildren(side.Processes.Postgres));

    private static Measured Middle(List<Measured> rounds) => rounds[0] with
    {
        PerSecond = Median(rounds.Select(round => round.PerSecond)),
        P50Milliseconds = Median(rounds.Select(round => round.P50Milliseconds)),
        P99Milliseconds = Median(rounds.Select(round => round.P99Milliseconds)),
        ServiceMicroseconds = Median(rounds.Select(round => round.ServiceMicroseconds)),
        PostgresMicroseconds = Median(rounds.Select(round => round.PostgresMicroseconds)),
        PrivateMegabytes = rounds.Max(round => round.PrivateMegabytes),
    };

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
