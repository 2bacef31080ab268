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

    /// <summary>Accounts without large objects are remembered in 100 bytes or so each.</summary>
    private const int AccountsOfFew = 50_000;

    /// <summary>Accounts that wait to be looked at; those beyond ask again with their next query.</summary>
    private const int MostWaiting = 200;

    /// <summary>How old statistics may be before they are gathered anew.</summary>
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(10);

    /// <summary>The same where no object was large: one may have become so, and to look again is one round
    /// trip.</summary>
    private static readonly TimeSpan MostAgeOfFew = TimeSpan.FromMinutes(3);

    private readonly BoundedCache<AccountKey, Known> known = new(Accounts);
    private readonly BoundedCache<AccountKey, Look> few = new(AccountsOfFew);
    private readonly ConcurrentDictionary<AccountKey, bool> running = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource ending = new();

    /// <summary>What is known now.</summary>
    public ObjectStatistics? Find(AccountKey account, StackVersions versions, KeyPrefix prefix)
    {
        if (few.TryGet(account, out var look) && !look.IsLarge)
        {
            if (time.GetElapsedTime(look.At) > MostAgeOfFew) Refresh(account, versions);
            return look.Found;
        }
        var found = known.TryGet(account, out var statistics);
        if (!found || time.GetElapsedTime(statistics!.At) > MostAge) Refresh(account, versions);
        return statistics?.Objects.GetValueOrDefault(prefix.Value, ObjectStatistics.Few);
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
        var now = time.GetTimestamp();
        if (objects.Count > 0) known.Set(account, new Known(objects, now));
        few.Set(account, new Look(now, ObjectStatistics.Few, IsLarge: objects.Count > 0));
    }

    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
        turn.Dispose();
    }

    private void Refresh(AccountKey account, StackVersions versions)
    {
        if (running.Count >= MostWaiting || !running.TryAdd(account, true)) return;
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
                few.Set(account, new Look(time.GetTimestamp(), null, IsLarge: false));
            }
            finally
            {
                running.TryRemove(account, out _);
            }
        }, CancellationToken.None);
    }

    private sealed record Known(IReadOnlyDictionary<int, ObjectStatistics> Objects, long At);

    /// <summary>At an account, whether it has large objects.</summary>
    /// <param name="Found">Null where nothing could be found out.</param>
    /// <param name="IsLarge">Then <see cref="known"/> has it.</param>
    private sealed record Look(long At, ObjectStatistics? Found, bool IsLarge);
}
