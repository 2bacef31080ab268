using System.Collections.Concurrent;
using Npgsql;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>The statistics of accounts that query, in memory. Never waited for: a query that finds none leaves the
/// choice to PostgreSQL and has them gathered for those to come.</summary>
/// <remarks>Bounded. One account at a time is gathered; thread-safe.</remarks>
public sealed class StatisticsCache(
    StatisticsCollector collector, TimeProvider time, ILogger<StatisticsCache> logger) : IDisposable
{
    private const int Accounts = 2_000;

    /// <summary>How old statistics may be before they are gathered anew.</summary>
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(10);

    /// <summary>The same where no object was large: one may have become so, and to look again is one round
    /// trip.</summary>
    private static readonly TimeSpan MostAgeOfFew = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<AccountKey, Known> known = new(Accounts);
    private readonly ConcurrentDictionary<AccountKey, bool> running = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource ending = new();

    /// <summary>What is known now.</summary>
    public ObjectStatistics? Find(AccountKey account, StackVersions versions, KeyPrefix prefix)
    {
        var found = known.TryGet(account, out var statistics);
        if (!found || time.GetElapsedTime(statistics!.At) > (statistics.Objects.Count == 0 ? MostAgeOfFew : MostAge))
            Refresh(account, versions);
        return statistics is null ? null : statistics.Objects.GetValueOrDefault(prefix.Value, statistics.Others!);
    }

    /// <summary>Reads what is kept; gathers it first where it is old or not there.</summary>
    public async Task RefreshAsync(AccountKey account, StackVersions versions, bool gather, CancellationToken ct)
    {
        var (objects, age, due) = await collector.LoadAsync(account, versions, ct);
        if (gather || due || age > MostAge.TotalSeconds)
        {
            await collector.CollectAsync(account, versions, ct);
            (objects, _, _) = await collector.LoadAsync(account, versions, ct);
        }
        known.Set(account, new Known(objects, ObjectStatistics.Few, time.GetTimestamp()));
    }

    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
        turn.Dispose();
    }

    private void Refresh(AccountKey account, StackVersions versions)
    {
        if (running.Count >= Accounts || !running.TryAdd(account, true)) return;
        var ct = ending.Token;
        _ = Task.Run(async () =>
        {
            try
            {
                await turn.WaitAsync(ct);
                try
                {
                    await RefreshAsync(account, versions, gather: false, ct);
                }
                finally
                {
                    turn.Release();
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException
                or OperationCanceledException or ObjectDisposedException)
            {
                // The next time: what is known for now is nothing, and nothing is asked for again at every query.
                logger.LogDebug("Statistics were not gathered: {Message}", exception.Message);
                known.Set(account, new Known(new Dictionary<int, ObjectStatistics>(), null, time.GetTimestamp()));
            }
            finally
            {
                running.TryRemove(account, out _);
            }
        }, CancellationToken.None);
    }

    /// <param name="Others">Of every other object; null where nothing was found out.</param>
    private sealed record Known(
        IReadOnlyDictionary<int, ObjectStatistics> Objects, ObjectStatistics? Others, long At);
}
