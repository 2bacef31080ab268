using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Imports;

/// <summary>Works on queued imports, chunk by chunk; any instance goes on where another stopped or died.</summary>
internal sealed class ImportWorker(
    ImportStore store, SchemaCache schemas, RecordEngine engine, ImportSignal signal,
    IOptions<CellOptions> options, TimeProvider time, ILogger<ImportWorker> logger) : BackgroundService
{
    private const string Cut =
        "The upload ended before the whole file was here. Nothing of it was written: send it again.";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.ImportWorkers).Select(_ => LoopAsync(stoppingToken)));

    private async Task LoopAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (await store.ClaimAsync(ct) is { } claimed) await WorkAsync(claimed.Account, claimed.Job, ct);
                else await signal.WaitAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.LogWarning("The database does not answer: {Message}", exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
            }
        }
    }

    private async Task WorkAsync(AccountKey account, long id, CancellationToken ct)
    {
        try
        {
            if (await store.FindAsync(account, id, ct) is not { } job) return;
            if (job.Status == "receiving")
            {
                await store.EndAsync(account, id, Cut, ct); // its receiver died
                return;
            }
            while (await store.NextChunkAsync(account, id, ct) is { } next)
            {
                await WriteChunkAsync(account, job, next.Pass, next.Seq, ct);
                await store.HoldAsync(id, ImportStore.LeaseSeconds, ct);
            }
            await store.EndAsync(account, id, null, ct);
        }
        catch (ProblemException problem)
        {
            await store.EndAsync(account, id, problem.Detail, ct);
        }
        catch (Exception exception) when (
            exception is not (OperationCanceledException or NpgsqlException or TimeoutException))
        {
            logger.LogError(exception, "Import {Job} failed", id);
            await store.EndAsync(account, id, "Something broke on our side. What was written stays.", ct);
        }
        catch (NpgsqlException)
        {
            await store.HoldAsync(id, 1, ct);
            throw;
        }
    }

    /// <summary>Again where another transaction was in the way: the chunk has written nothing then.</summary>
    private async Task WriteChunkAsync(AccountKey account, ImportJob job, int pass, int seq, CancellationToken ct)
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                await schemas.RunAsync(account, current =>
                    new ImportChunk(engine, current, account, job.Account, job, pass, seq).RunAsync(
                        new WriteMark(account, job.Actor, job.Trace, Now()), ct), ct);
                return;
            }
            catch (PostgresException exception) when (tried < RecordEngine.Tries
                && (SqlStates.IsRetriable(exception) || exception.SqlState == WriteConflicts.ReferenceNotFound))
            {
                // A deadlock's victim, or a record that was deleted between its check and the write.
            }
        }
    }

    private DateTime Now()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
    }
}

/// <summary>Wakes a worker of this instance; those of others look once a second.</summary>
internal sealed class ImportSignal(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim queued = new(0);

    public void Set() => queued.Release();

    public async Task WaitAsync(CancellationToken ct)
    {
        using var second = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(second.Token, ct);
        try
        {
            await queued.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // a second has gone by: look
        }
    }

    public void Dispose() => queued.Dispose();
}
