using Npgsql;

namespace Xingchen.Records.Imports;

/// <summary>Keeps a ticket held while its holder is at work, however long a chunk or a slow caller takes.</summary>
/// <remarks>Correctness does not hang on it: a chunk is locked by the transaction that writes it. A holder that is
/// stopped for longer than the lease loses the ticket, and both may work on.</remarks>
internal sealed class ImportLease : IAsyncDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly Task renewing;

    public ImportLease(ImportStore store, long job, TimeProvider time) => renewing = RenewAsync(store, job, time);

    private async Task RenewAsync(ImportStore store, long job, TimeProvider time)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(ImportStore.LeaseSeconds / 3.0), time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                try
                {
                    await store.HoldAsync(job, ImportStore.LeaseSeconds, ended.Token);
                }
                catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
                {
                    // The next tick may be luckier; else the ticket runs out, and another takes it.
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // given back
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await renewing;
        ended.Dispose();
    }
}
