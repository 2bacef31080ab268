using System.Text.Json;
using Microsoft.Extensions.Options;
using Xingchen.Delivery.Installations;

namespace Xingchen.Delivery.Rollouts;

/// <summary>Brings rollouts on: upgrades wave by wave, watches, takes back what fares worse.</summary>
/// <remarks>
/// A look at a rollout: (1) take over how acts have ended; (2) judge the accounts that are watched; (3) start upgrades
/// of the wave, or the way back; (4) go on to the next wave where this one is done. Each step can be repeated and done
/// by two at once. A rollout knows nothing that is not in the database: killed anywhere, any instance goes on.
/// </remarks>
public sealed class RolloutWorker(
    RolloutJournalStore journal, HealthStore health, RolloutProbe probe, InstallationSignal signal,
    IOptions<DeliveryOptions> options, TimeProvider time, ILogger<RolloutWorker> logger) : BackgroundService
{
    /// <summary>A gateway tells of a request within this: so long the end of the bake time waits for it.</summary>
    private const double ReportSeconds = 3;

    private const int TrimMinutes = 5;

    private readonly DeliveryOptions options = options.Value;

    /// <summary>Since when this instance has looked without a failure: nobody is blamed for a silence in which we did
    /// not listen.</summary>
    private long listening = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(options.RolloutMilliseconds);
        var trimmed = time.GetUtcNow();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await journal.ClaimAsync(pause.TotalSeconds, stoppingToken) is { } rollout)
                    await LookAsync(rollout, stoppingToken);
                if (time.GetUtcNow() - trimmed > TimeSpan.FromMinutes(TrimMinutes))
                {
                    await health.TrimAsync(stoppingToken);
                    trimmed = time.GetUtcNow();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The database is away, or we have a bug: neither may end the loop.
                logger.LogError(exception, "A rollout could not be brought on");
                listening = time.GetTimestamp();
            }
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    private async Task LookAsync(Rollout rollout, CancellationToken ct)
    {
        await journal.CollectAsync(rollout, ct);
        await JudgeAsync(rollout, ct);
        var started = rollout.Status == RolloutStatuses.Aborted
            ? await journal.RollBackAsync(rollout, options.RolloutAccounts, ct)
            : await journal.UpgradeAsync(rollout, options.RolloutAccounts, ct);
        if (started > 0) signal.Ring();
        await journal.AdvanceAsync(rollout, ct);
    }

    private async Task JudgeAsync(Rollout rollout, CancellationToken ct)
    {
        var limits = rollout.ReadLimits();
        var healthy = new List<AccountKey>();
        foreach (var account in await journal.WatchedAsync(rollout, ct))
        {
            var key = new AccountKey(new OrgId(account.OrgId), new AccountId(account.AccountId));
            var isOver = account.OverSeconds >= (rollout.BakeSeconds == 0 ? 0 : ReportSeconds);
            var wrong = limits.Judge(account.Before, account.Now, isOver) is { } worse ? new Wrong(worse) : null;
            if (wrong is null && isOver)
            {
                var (known, reason) = await ConcludeAsync(rollout, account, ct);
                wrong = reason;
                if (known && wrong is null) healthy.Add(key);
            }
            if (wrong is null) continue;
            logger.LogWarning("Rollout {Id} of {Package} {Version}: {Account} goes back. {Reason} {Detail}",
                rollout.Id, rollout.Package, rollout.Version, key, wrong.Reason, wrong.Detail);
            await journal.BreachAsync(rollout, key, wrong, ct);
            signal.Ring();
        }
        if (healthy.Count > 0) await journal.PassAsync(rollout, healthy, ct);
    }

    /// <summary>What is known of an account at the end of its bake time; where nobody called, a call of our own
    /// tells. What stays unknown for too long is bad.</summary>
    private async Task<(bool IsKnown, Wrong? Wrong)> ConcludeAsync(
        Rollout rollout, WatchedAccount account, CancellationToken ct)
    {
        var isLate = account.OverSeconds > options.SilenceSeconds
            && time.GetElapsedTime(listening).TotalSeconds > options.SilenceSeconds;
        if (account.SilentSeconds is not { } silent || silent > options.SilenceSeconds)
            return (false, 
                isLate ? new Wrong("No gateway tells how its requests end: that counts as bad.") : null);
        if (account.Requests > 0) return (true, null);
        try
        {
            var context = JsonSerializer.Deserialize<OrgContext>(account.Context, JsonSerializerOptions.Web)!;
            await probe.UseAsync(context, rollout.Package, rollout.Version, ct);
            return (true, null);
        }
        catch (ProblemException problem) when (problem.Problem.Status < 500)
        {
            return (true, new Wrong("Nobody called, and a call of our own was refused.", problem.Detail));
        }
        catch (Exception exception) when (exception is ProblemException
            || (exception is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return (false, isLate ? new Wrong("Nobody called, and a call of our own was not answered.") : null);
        }
    }
}
