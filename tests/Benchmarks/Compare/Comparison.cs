using System.Diagnostics;
using System.Text.Json;

namespace Xingchen.Benchmarks.Compare;

/// <summary>How the comparison is run.</summary>
/// <param name="Orgs">Orgs that have records.</param>
/// <param name="RowsPerOrg">Records of each.</param>
/// <param name="Rounds">How often each side is measured per operation.</param>
/// <param name="Seconds">How long each time.</param>
/// <param name="Connections">How many ask at once.</param>
/// <param name="ImportRows">Rows of an imported file.</param>
/// <param name="Durable">Whether PostgreSQL waits for the disk.</param>
/// <param name="Operations">Those to run; empty for all.</param>
internal sealed record ComparisonOptions(int Orgs, int RowsPerOrg, int Rounds, double Seconds, int Connections,
    int ImportRows, bool Durable, string[] Operations);

/// <summary>What one side did in one operation: medians over the rounds.</summary>
/// <param name="ServiceMicroseconds">CPU of the service's process per request; of an import per row.</param>
/// <param name="PostgresMicroseconds">CPU of PostgreSQL, all processes.</param>
/// <param name="AnswerBytes">Of the body, on average; 0 where none is read.</param>
internal sealed record Measured(string Operation, string Side, double PerSecond, double P50Milliseconds,
    double P99Milliseconds, double ServiceMicroseconds, double PostgresMicroseconds, double AnswerBytes);

/// <summary>Xingchen's rate over another's, round by round.</summary>
internal sealed record Ratio(
    string Operation, string Against, double Median, double Least, double Most, double Cpu, double? Target);

/// <summary>The sides in turns, so that noise hits all of them, and the medians of their ratios.</summary>
internal sealed class Comparison(ComparedCell cell, ComparisonOptions options)
{
    private const string Import = "import";

    private static readonly Dictionary<string, double> Targets = new()
    {
        ["GET by id"] = 0.8, ["list 50"] = 0.8, ["insert"] = 0.6, ["update"] = 0.6, [Import] = 0.5,
    };

    private readonly HandWrittenSide plain = new(
        cell.HandWritten.Address, cell.HandWritten.ProcessId, cell.Sign, audited: false);

    private readonly HandWrittenSide audited = new(
        cell.HandWritten.Address, cell.HandWritten.ProcessId, cell.Sign, audited: true);

    private readonly RecordsSide ours = new(cell.Records.Address, cell.Records.ProcessId, cell.Sign);

    private readonly List<Measured> measured = [];
    private readonly List<Ratio> ratios = [];

    /// <param name="file">Also writes the result there as JSON; null does not.</param>
    public async Task RunAsync(string? file)
    {
        await SeedAsync();
        foreach (var operation in new[] { "GET by id", "list 50", "aggregate", "insert", "update" })
        {
            if (options.Operations.Length > 0 && !options.Operations.Contains(operation.Split(' ')[0])) continue;
            Side[] sides = operation is "insert" or "update" ? [plain, audited, ours] : [plain, ours];
            foreach (var side in sides) await LoadAsync(side, operation, Math.Max(2, options.Seconds));
            await InTurnsAsync(operation, sides, side => LoadAsync(side, operation, options.Seconds));
        }
        if (options.Operations.Length == 0 || options.Operations.Contains(Import))
            await InTurnsAsync(Import, [plain, ours], ImportAsync);
        Report.Show(options, ratios, measured, [plain, ours]);
        if (file is null) return;
        await using var output = File.Create(file);
        await JsonSerializer.SerializeAsync(output, new { options, ratios, measured },
            new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
    }

    private async Task SeedAsync()
    {
        foreach (var side in new Side[] { plain, ours })
            for (var org = 0; org < options.Orgs; org++)
            {
                if (org % 20 == 0) side.SignAnew(options.Orgs);
                await side.ImportAsync(org, Rows.Csv(0, options.RowsPerOrg));
            }
        await cell.AsOwnerAsync("vacuum analyze");
        foreach (var side in new Side[] { plain, audited, ours }) await side.LearnAsync(options.Orgs);
    }

    private async Task InTurnsAsync(string operation, Side[] sides, Func<Side, Task<Measured>> run)
    {
        var rounds = sides.ToDictionary(side => side, _ => new List<Measured>());
        for (var round = 0; round < options.Rounds; round++)
            foreach (var side in round % 2 == 0 ? sides : sides.Reverse()) rounds[side].Add(await run(side));
        foreach (var side in sides) measured.Add(Middle(rounds[side]));
        foreach (var side in sides.Where(side => side != ours))
        {
            var each = rounds[ours].Zip(rounds[side], (a, b) => a.PerSecond / b.PerSecond).Order().ToList();
            var cpu = rounds[ours].Zip(rounds[side], (a, b) =>
                (b.ServiceMicroseconds + b.PostgresMicroseconds) / (a.ServiceMicroseconds + a.PostgresMicroseconds));
            double? target = side == audited ? 0.8 : Targets.TryGetValue(operation, out var known) ? known : null;
            ratios.Add(new Ratio(operation, side.Name, Median(each), each[0], each[^1], Median(cpu), target));
        }
        Console.Error.WriteLine($"{operation}: done");
    }

    private async Task<Measured> LoadAsync(Side side, string operation, double seconds)
    {
        side.SignAnew(options.Orgs);
        var before = Cpu(side);
        var clock = Stopwatch.StartNew();
        var end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var each = await Task.WhenAll(Enumerable.Range(0, options.Connections).Select(seed => Task.Run(async () =>
        {
            var picks = new Picks(seed + 1);
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
        var after = Cpu(side);
        var times = each.SelectMany(one => one.Taken).Order().ToArray();
        return new Measured(operation, side.Name, times.Length / elapsed, times[times.Length / 2],
            times[(int)(times.Length * 0.99)], (after.Service - before.Service) / times.Length * 1e6,
            (after.Postgres - before.Postgres) / times.Length * 1e6, each.Sum(one => one.Bytes) / (double)times.Length);
    }

    private int lastImported = 100_000_000;

    private async Task<Measured> ImportAsync(Side side)
    {
        side.SignAnew(options.Orgs);
        var csv = Rows.Csv(lastImported += options.ImportRows, options.ImportRows);
        var before = Cpu(side);
        var clock = Stopwatch.StartNew();
        await side.ImportAsync(lastImported / options.ImportRows % options.Orgs, csv);
        var elapsed = clock.Elapsed;
        var after = Cpu(side);
        return new Measured(Import, side.Name, options.ImportRows / elapsed.TotalSeconds, elapsed.TotalMilliseconds,
            elapsed.TotalMilliseconds, (after.Service - before.Service) / options.ImportRows * 1e6,
            (after.Postgres - before.Postgres) / options.ImportRows * 1e6, 0);
    }

    private (double Service, double Postgres) Cpu(Side side) =>
        (ProcessCosts.Cpu(side.ProcessId), ProcessCosts.CpuWithChildren(cell.Postgres.ProcessId));

    private static Measured Middle(List<Measured> rounds) => rounds[0] with
    {
        PerSecond = Median(rounds.Select(round => round.PerSecond)),
        P50Milliseconds = Median(rounds.Select(round => round.P50Milliseconds)),
        P99Milliseconds = Median(rounds.Select(round => round.P99Milliseconds)),
        ServiceMicroseconds = Median(rounds.Select(round => round.ServiceMicroseconds)),
        PostgresMicroseconds = Median(rounds.Select(round => round.PostgresMicroseconds)),
    };

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
