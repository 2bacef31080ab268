using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Upkeep;

/// <summary>Visits the accounts that wait, and does every task for each.</summary>
internal sealed class UpkeepWorker(
    UpkeepQueue queue, IEnumerable<IUpkeepTask> tasks, UpkeepStore store, SchemaCache schemas,
    IOptions<UpkeepOptions> options, TimeProvider time, ILogger<UpkeepWorker> logger) : BackgroundService
{
    private readonly IUpkeepTask[] tasks = [.. tasks];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => LoopAsync(stoppingToken)));

    private async Task LoopAsync(CancellationToken ct)
    {
        try
        {
            while (true) await VisitAsync(await queue.NextAsync(ct), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // the service ends
        }
    }

    /// <summary>Asks once which tasks are due, and does those.</summary>
    internal async Task VisitAsync(AccountKey account, CancellationToken ct)
    {
        var due = new bool[tasks.Length];
        await TryAsync("A visit", async () => due = await store.DueAsync(account, tasks, ct), ct);
        var more = false;
        foreach (var (i, task) in tasks.Index())
            if (due[i])
                await TryAsync(task.GetType().Name,
                    async () => more |= await task.RunAsync(new UpkeepVisit(account, schemas), ct), ct);
        if (more) queue.Want(account);
    }

    private async Task TryAsync(string what, Func<Task> act, CancellationToken ct)
    {
        try
        {
            await act();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or ProblemException)
        {
            // The next round comes by again; a database that is away is not asked faster for that.
            logger.LogWarning("{Task} was put off: {Message}", what, exception.Message);
            await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.LogError(exception, "{Task} stumbled", what); // the others go on
        }
    }
}
