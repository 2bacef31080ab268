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
    private const string Broken = "Something broke on our side. What was written stays.";

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
                await PauseAsync(1000, ct);
            }
            catch (Exception exception)
            {
                logger.LogError(exception, "A worker of imports stumbled"); // it never ends before its service
                await PauseAsync(1000, ct);
            }
        }
    }

    private async Task WorkAsync(AccountKey account, long id, CancellationToken ct)
    {
        var again = 0;
        await using (store.Lend(id))
        {
            try
            {
                await WriteAsync(account, id, ct);
                return;
            }
            catch (ProblemException problem) when (problem.Problem != Problems.Unavailable)
            {
                await store.EndAsync(account, id, DetailOf(problem), ct);
                return;
            }
            catch (Exception exception) when (IsPassing(exception))
            {
                if (!ct.IsCancellationRequested)
                {
                    logger.LogWarning("Import {Job} waits for the database: {Message}", id, exception.Message);
                    again = 1;
                }
            }
            catch (Exception exception)
            {
                logger.LogError(exception, "Import {Job} failed", id);
                await store.EndAsync(account, id, Broken, ct);
                return;
            }
        }
        await store.HoldAsync(id, again, CancellationToken.None); // given back: at a stop for others at once
    }

    private async Task WriteAsync(AccountKey account, long id, CancellationToken ct)
    {
        if (await store.FindAsync(account, id, ct) is not { } job) return;
        if (job.Status == "receiving")
        {
            await store.CutAsync(account, id, ct);
            return;
        }
        var ahead = new ImportAhead(engine, schemas, account, job);
        while (await store.NextChunkAsync(account, id, ct) is { } next)
        {
            var rows = await ahead.TakeAsync(next.Pass, next.Seq);
            ahead.Begin(next.Pass, next.Seq + 1, ct);
            if (!await WriteChunkAsync(account, job, next.Pass, next.Seq, rows, ct))
                await PauseAsync(200, ct); // somebody else has it: chunks are written in their order
        }
        await store.EndAsync(account, id, null, ct);
    }

    /// <summary>Whether the same may succeed in a while: the database is away or busy, or we are stopping.</summary>
    private static bool IsPassing(Exception exception) => exception is OperationCanceledException
        || (exception as ProblemException ?? SqlStates.ToProblem(exception))?.Problem == Problems.Unavailable;

    private static string DetailOf(ProblemException problem) => string.Join(' ',
        problem.Errors.Take(20).Select(finding => $"{finding.Pointer?.TrimStart('/')}: {finding.Detail}")
            .Prepend(problem.Detail));

    private Task PauseAsync(int milliseconds, CancellationToken ct) =>
        Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, ct)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Again where another transaction was in the way: the chunk has written nothing then.</summary>
    private async Task<bool> WriteChunkAsync(
        AccountKey account, ImportJob job, int pass, int seq, ImportAhead.Rows? ahead, CancellationToken ct)
    {
        var refused = new Dictionary<long, IReadOnlyList<Finding>>();
        for (var tried = 1; ; tried++)
        {
            try
            {
                var outcome = await schemas.RunAsync(account, current =>
                {
                    var seen = schemas.For(current, job.Grants, job.Actor, job.Zone);
                    // Once only: what was tried has left its traces in the rows.
                    var rows = ahead is not null && ahead.Schema.Whole == seen.Schema.Whole
                        && ahead.Schema.Caller?.View == seen.Schema.Caller?.View ? ahead.List : null;
                    ahead = null;
                    return new ImportChunk(engine, seen, account, job.Account, job, pass, seq).RunAsync(
                        new WriteMark(account, job.Actor, job.Trace, Now())
                        {
                            Zone = job.Zone, Language = job.Language,
                        }, rows, refused, ct);
                }, ct);
                if (outcome == ImportOutcome.Refused)
                {
                    tried--; // each time there are more of them, and no more than rows
                    continue;
                }
                if (outcome != ImportOutcome.Contended || tried == RecordEngine.Tries)
                    return outcome == ImportOutcome.Done;
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
