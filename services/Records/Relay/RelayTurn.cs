using Dapr;
using Microsoft.Extensions.Options;
using Xingchen.Records.Changes;
using Xingchen.Records.Schemas;

namespace Xingchen.Records.Relay;

/// <summary>Publishes what one account's tickets stand for, in order.</summary>
/// <remarks>
/// <para>1. Read the last position that was drawn. Whoever wrote relying on one of these tickets had drawn its
/// positions before: the tickets were open then. 2. Hold the account's line. 3. Wait until the log is settled. 4.
/// Publish from the line's position on, moving it. 5. Where all that was drawn is settled and published, the tickets
/// go; else they stay for later. Whoever writes meanwhile finds no open ticket and leaves a new one.</para>
/// <para>Killed between any two lines: the tickets are due again when their lease is over, and somebody goes on
/// behind the last position that was written down. What was published since then is published again.</para>
/// </remarks>
internal sealed class RelayTurn(
    RelayStore store, RelayPublisher publisher, SchemaCache schemas, ChangeHorizon horizon, ChangeFeed feed,
    IOptions<RelayOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Elsewhere = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Unsettled = TimeSpan.FromMilliseconds(100);

    public async Task RunAsync(RelayClaim claim, CancellationToken ct)
    {
        var drawn = await horizon.LookAsync(ct);
        if (await store.HoldAsync(claim.Account, ct) is not { } hold)
        {
            await store.PutBackAsync(claim, Elsewhere, ct);
            return;
        }
        var progress = new Progress { Position = hold.Position, Since = time.GetTimestamp() };
        try
        {
            var settled = await horizon.SettleAsync(ct);
            if (!await PublishAsync(claim, hold, progress, settled, ct)) return;
            var isDone = progress.IsLast && settled >= drawn;
            if (isDone) await store.CloseAsync(claim, hold, progress.Position, ct);
            else
                await store.LeaveAsync(claim, hold, progress.Position,
                    progress.IsLast ? Unsettled : TimeSpan.Zero, tries: 0, ct);
        }
        catch (DaprException)
        {
            await store.LeaveAsync(claim, hold, progress.Position, PauseAfter(claim, progress),
                progress.Published > 0 ? 1 : claim.Tries + 1, ct);
        }
        catch (ProblemException)
        {
            // The schema does not load for the moment: the account waits as if publishing had failed.
            await store.LeaveAsync(
                claim, hold, progress.Position, PauseAfter(claim, progress), claim.Tries + 1, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Stopping: others go on at once.
            await store.LeaveAsync(
                claim, hold, progress.Position, TimeSpan.Zero, claim.Tries, CancellationToken.None);
            throw;
        }
    }

    /// <returns>False where another holds the line by now.</returns>
    private async Task<bool> PublishAsync(
        RelayClaim claim, RelayHold hold, Progress progress, long settled, CancellationToken ct)
    {
        do
        {
            var page = await schemas.RunAsync(claim.Account, current => feed.ReadAsync(
                claim.Account, hold.Account, current, progress.Position, settled, null, options.Value.PageChanges, ct),
                ct);
            foreach (var change in page.Changes)
            {
                // Well before the lease ends, or another would publish beside us.
                if (time.GetElapsedTime(progress.Since).TotalSeconds > options.Value.LeaseSeconds / 3.0
                    && !await AdvanceAsync(claim, hold, progress, ct)) return false;
                await publisher.PublishAsync(hold.Account, change, ct);
                progress.Position = change.Position;
                progress.Published++;
            }
            progress.Position = page.Next;
            progress.IsLast = page.IsLast;
            if (!page.IsLast && !await AdvanceAsync(claim, hold, progress, ct)) return false;
        }
        while (!progress.IsLast && progress.Published < options.Value.TurnChanges);
        return true;
    }

    private async Task<bool> AdvanceAsync(
        RelayClaim claim, RelayHold hold, Progress progress, CancellationToken ct)
    {
        progress.Since = time.GetTimestamp();
        return await store.AdvanceAsync(claim, hold, progress.Position, ct);
    }

    /// <summary>200 ms, 400 ms, 800 ms and so on, up to the most.</summary>
    private TimeSpan PauseAfter(RelayClaim claim, Progress progress) => TimeSpan.FromMilliseconds(Math.Min(
        options.Value.MostPauseSeconds * 1000.0,
        200 * Math.Pow(2, Math.Min(progress.Published > 0 ? 0 : claim.Tries, 20))));

    /// <summary>How far a turn is.</summary>
    private sealed class Progress
    {
        public long Position { get; set; }

        public int Published { get; set; }

        /// <summary>Whether all that is settled was published.</summary>
        public bool IsLast { get; set; }

        /// <summary>When the line was last held on.</summary>
        public long Since { get; set; }
    }
}
