using System.Collections.Concurrent;

namespace Xingchen.Records.Upkeep;

/// <summary>The accounts that wait for a worker of this instance. Bounded; thread-safe.</summary>
/// <remarks>What is wanted goes before what a round offers. A wish that finds no room is dropped: the next round comes
/// by anyway.</remarks>
public sealed class UpkeepQueue : IDisposable
{
    private const int MostWanted = 10_000;
    private const int MostOffered = 64;

    private readonly ConcurrentQueue<AccountKey> urgent = new();
    private readonly ConcurrentQueue<AccountKey> offered = new();
    private readonly ConcurrentDictionary<AccountKey, bool> wanted = new();
    private readonly SemaphoreSlim waiting = new(0);
    private readonly SemaphoreSlim room = new(MostOffered);

    /// <summary>Whether a visit was asked for that nobody has begun.</summary>
    public bool HasWishes => !wanted.IsEmpty;

    /// <summary>Asks for a visit soon. Never waits.</summary>
    public void Want(AccountKey account)
    {
        if (wanted.Count >= MostWanted || !wanted.TryAdd(account, true)) return;
        urgent.Enqueue(account);
        waiting.Release();
    }

    /// <summary>Offers an account of a round, and waits while many are waiting.</summary>
    public async Task OfferAsync(AccountKey account, CancellationToken ct)
    {
        await room.WaitAsync(ct);
        offered.Enqueue(account);
        waiting.Release();
    }

    public async Task<AccountKey> NextAsync(CancellationToken ct)
    {
        await waiting.WaitAsync(ct);
        if (urgent.TryDequeue(out var account))
        {
            wanted.TryRemove(account, out _); // before the visit, so that a wish during it is another visit
            return account;
        }
        offered.TryDequeue(out account);
        room.Release();
        return account;
    }

    public void Dispose()
    {
        waiting.Dispose();
        room.Dispose();
    }
}
