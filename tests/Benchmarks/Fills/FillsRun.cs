using System.Diagnostics;
using Xingchen.Benchmarks.Compare;

namespace Xingchen.Benchmarks.Fills;

/// <summary>How fast each kind of index is filled in, alone and while others write, and what searching gains.</summary>
/// <param name="rows">Records of the account.</param>
/// <param name="writers">How many write meanwhile, in the second half.</param>
internal sealed class FillsRun(int rows, int writers)
{
    private const int ImportRows = 20_000;
    private const int Rounds = 5;

    /// <summary>Conditions whose answers are timed, with grams and without.</summary>
    private static readonly (string Text, string Where)[] Searches =
    [
        ("Latin, rare", "latin CONTAINS 'zyxquux'"), ("Latin, 1 of 100", "latin CONTAINS 'wuzzle'"),
        ("Latin, none", "latin CONTAINS 'qqwwxx'"), ("Chinese, rare", "chinese CONTAINS '麒麟阁'"),
        ("Chinese, two characters, 1 of 100", "chinese CONTAINS '星辰'"), ("Chinese, none", "chinese CONTAINS '凤凰'"),
    ];

    private int added;
    private long written;

    public async Task RunAsync()
    {
        await using var server = await ComparedServer.StartAsync(durable: true);
        var service = await server.StartRecordsAsync("fills", standard: false);
        using var account = new FillAccount(server, "fills", service.Address);
        await account.PublishAsync();
        Console.WriteLine($"{rows:N0} records, {writers} writers, {Environment.ProcessorCount} processors, fsync on\n");
        var import = await ImportAsync(account);
        await server.ExecuteAsync("fills", "vacuum analyze");
        var before = await SearchAsync(account);
        Console.WriteLine("| filled | meanwhile | seconds | records/s | × import | writes/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Console.WriteLine($"| (import, no index) | | {rows / import:0.0} | {import:N0} | 1 | |");
        foreach (var (kind, field) in new[]
                 {
                     ("index of a number", "size"), ("unique text, with its slot", "code"),
                     ("searchable, Latin, 120 characters", "latin"),
                     ("searchable, Chinese, 40 characters", "chinese"),
                 })
            Show(kind, "", await account.PublishAsync(field), import, null);
        var alone = await WhileWritingAsync(account, async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(5));
            return 5;
        });
        foreach (var (kind, field) in new[]
                 {
                     ("index of a number", "size2"), ("unique text, with its slot", "code2"),
                     ("searchable, Latin, 120 characters", "latin2"),
                 })
        {
            var (seconds, writes) = await WhileWritingAsync(account, () => account.PublishAsync(field));
            Show(kind, $"{writers} writers", seconds, import, writes);
        }
        Console.WriteLine($"| nothing | {writers} writers | | | | {alone.PerSecond:N0} |");
        await server.ExecuteAsync("fills", "vacuum analyze");
        ShowSearches(before, await SearchAsync(account));
    }

    private async Task<double> ImportAsync(FillAccount account)
    {
        var watch = Stopwatch.StartNew();
        for (var first = 0; first < rows; first += ImportRows)
            await account.ImportAsync(FillTexts.Lines(first, Math.Min(ImportRows, rows - first)));
        return rows / watch.Elapsed.TotalSeconds;
    }

    private async Task<(double Seconds, double PerSecond)> WhileWritingAsync(
        FillAccount account, Func<Task<double>> work)
    {
        using var stop = new CancellationTokenSource();
        var before = Interlocked.Read(ref written);
        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await account.WriteAsync(FillTexts.Line(rows + Interlocked.Increment(ref added)));
                Interlocked.Increment(ref written);
            }
        })));
        var watch = Stopwatch.StartNew();
        var seconds = await work();
        var perSecond = (Interlocked.Read(ref written) - before) / watch.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        await writing;
        return (seconds, perSecond);
    }

    /// <summary>Milliseconds (median) and records found, by condition.</summary>
    private static async Task<List<(double Milliseconds, int Found)>> SearchAsync(FillAccount account)
    {
        var answers = new List<(double, int)>();
        foreach (var (_, where) in Searches)
        {
            var found = await account.CountAsync(where);
            var times = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                var watch = Stopwatch.StartNew();
                await account.CountAsync(where);
                times.Add(watch.Elapsed.TotalMilliseconds);
            }
            answers.Add((times.Order().ElementAt(Rounds / 2), found));
        }
        return answers;
    }

    private void Show(string kind, string meanwhile, double seconds, double import, double? writes) =>
        Console.WriteLine($"| {kind} | {meanwhile} | {seconds:0.0} | {rows / seconds:N0} | "
            + $"{rows / seconds / import:0.00} | {writes:N0} |");

    private static void ShowSearches(
        List<(double Milliseconds, int Found)> before, List<(double Milliseconds, int Found)> after)
    {
        Console.WriteLine("\n| CONTAINS | found | ms without grams | ms with | × | found with |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (search, (slow, fast)) in Searches.Zip(before.Zip(after)))
            Console.WriteLine($"| {search.Text} | {slow.Found:N0} | {slow.Milliseconds:0.0} | "
                + $"{fast.Milliseconds:0.0} | {slow.Milliseconds / fast.Milliseconds:0.0} | {fast.Found:N0} |");
    }
}
