using Microsoft.Extensions.Options;
using Xingchen.Storage;

namespace Xingchen.Delivery.Installations;

/// <summary>Makes what is installed what shall be installed.</summary>
/// <remarks>
/// Steps of an act, each of which can be repeated: (1) claim it; (2) work out the set and write it down; (3) have the
/// cell's agent pull and verify the files; (4) have Metadata put the set in force, in one transaction of its own; (5)
/// record that it is; (6) where data goes with a package, have Records remove what it left, and look again until that
/// is done. Killed anywhere, another instance, or this one restarted, takes the act over when its lease ends, and goes
/// on with the set that was written down. Either the old set serves or the new one.
/// </remarks>
public sealed class InstallationWorker(
    InstallationJournalStore journal, InstallationStore installations, TargetPlanner planner,
        PackagePreparation preparation, StackActivation activation, DataRemoval removal,
    InstallationSignal signal, IOptions<DeliveryOptions> options, TimeProvider time, ILogger<InstallationWorker> logger)
    : BackgroundService
{
    private const double FirstRetrySeconds = 0.1;
    private const double MostRetrySeconds = 30;

    /// <summary>Between two looks at a removal.</summary>
    private const double RemovalSeconds = 0.5;

    private readonly DeliveryOptions options = options.Value;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Workers).Select(_ => LoopAsync(stoppingToken)));

    private async Task LoopAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                while (await WorkAsync(ct))
                {
                    // There was an act; there may be more.
                }
                await signal.WaitAsync(TimeSpan.FromMilliseconds(options.PollMilliseconds), ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The database is away, or we have a bug: neither may end the loop. The lease ends by itself.
                logger.LogError(exception, "An installation could not be carried on");
                await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
            }
        }
    }

    /// <returns>Whether there was an act.</returns>
    private async Task<bool> WorkAsync(CancellationToken ct)
    {
        var lease = Guid.NewGuid();
        if (await journal.ClaimAsync(lease, options.LeaseSeconds, ct) is not { } act) return false;
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var keeping = KeepAsync(act, lease, held);
        try
        {
            await CarryOutAsync(act, lease, held.Token);
        }
        catch (ProblemException problem) when (
            act.Status != Statuses.Removing && problem.Problem.Status is < 500 and not (401 or 408 or 429))
        {
            logger.LogInformation("{Act} of {Package} for {Account} failed: {Detail}",
                act.Act, act.Package, act.Key, problem.Detail);
            await journal.FailAsync(act, lease, InstallationProblem.Of(problem), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await journal.ReleaseAsync(act, lease, 0, CancellationToken.None);
            throw;
        }
        catch (Exception exception) when (IsPassing(exception))
        {
            var seconds = Math.Min(MostRetrySeconds, FirstRetrySeconds * Math.Pow(2, Math.Min(act.Attempts, 10)));
            logger.LogWarning("{Act} of {Package} for {Account}: {Detail} Again in {Seconds} s",
                act.Act, act.Package, act.Key, exception.Message, seconds);
            await journal.ReleaseAsync(act, lease, seconds, ct);
        }
        finally
        {
            await held.CancelAsync();
            await keeping;
        }
        return true;
    }

    private async Task CarryOutAsync(Installation act, Guid lease, CancellationToken ct)
    {
        if (act.Status == Statuses.Removing)
        {
            await journal.WriteRemovalAsync(act, lease, await removal.PutAsync(act, ct), RemovalSeconds, ct);
            return;
        }
        var (target, installed) = (act.ReadTarget(), await installations.InstalledAsync(act.Key, ct));
        if (target is null)
        {
            if (act.Expected is { } expected && installed.All(i => i.Package != act.Package || i.Version != expected))
                throw new ProblemException(Problems.Conflict,
                    $"{act.Package} {expected} is not installed any more: nothing was changed.");
            target = act.Act == Acts.Uninstall
                ? await planner.WithoutAsync(installed, act.Package, ct)
                : await planner.WithAsync(installed, act.Package, TargetPlanner.Exactly(act.Version), ct);
            if (!await journal.WriteTargetAsync(act, lease, target, ct)) return;
        }
        await preparation.PrepareAsync(act.ReadContext(), target, installed, ct);
        await activation.PutAsync(act.ReadContext(), target, dryRun: false, ct);
        await journal.CompleteAsync(act, lease, target, () => InstallationDesk.NewId(time), ct);
    }

    /// <summary>Renews the lease while the act is worked on; where it was lost, stops the work.</summary>
    private async Task KeepAsync(Installation act, Guid lease, CancellationTokenSource held)
    {
        try
        {
            while (!held.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(options.LeaseSeconds / 3.0), time, held.Token);
                if (!await journal.RenewAsync(act, lease, options.LeaseSeconds, held.Token)) await held.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The work has ended.
        }
        catch (Exception exception)
        {
            logger.LogWarning(exception, "The lease of {Id} could not be renewed", act.Id);
            await held.CancelAsync();
        }
    }

    /// <summary>Whether it may go better the next time: the network, the database, a lost lease.</summary>
    private static bool IsPassing(Exception exception) =>
        exception is ProblemException or HttpRequestException or IOException or OperationCanceledException
        || SqlStates.ToProblem(exception) is not null;
}
