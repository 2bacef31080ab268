using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Life;

/// <summary>Promise 9: an account has the old version or the new one and never a mixture, whichever service is killed
/// at whichever step of whichever act; a restart ends what was asked for, once; again is no change.</summary>
public sealed class InstallationStepTests(LifeCell cell, ITestOutputHelper output) : IClassFixture<LifeCell>
{
    /// <summary>Where a step is held: in a transaction, before it commits; or on the way between services.</summary>
    private enum At { Transaction, BeforeMetadata, AfterMetadata, Done }

    private static readonly (string Name, At At, int Number, string[] Killed)[] Steps =
    [
        ("before the claim commits", At.Transaction, 1, ["Delivery"]),
        ("claimed, before the target commits", At.Transaction, 2, ["Delivery"]),
        ("target written, before Metadata is asked", At.BeforeMetadata, 0, ["Delivery"]),
        ("target written, Metadata gone before it is asked", At.BeforeMetadata, 0, ["Metadata"]),
        ("before Metadata commits", At.Transaction, 3, ["Delivery"]),
        ("before Metadata commits, which is killed", At.Transaction, 3, ["Metadata"]),
        ("before Metadata commits, both killed", At.Transaction, 3, ["Metadata", "Delivery"]),
        ("in force, before Metadata answers", At.AfterMetadata, 0, ["Delivery"]),
        ("in force, Metadata killed before it answers", At.AfterMetadata, 0, ["Metadata"]),
        ("answered, before the end commits", At.Transaction, 4, ["Delivery"]),
        ("after the end has committed", At.Done, 0, ["Delivery"]),
    ];

    [Fact]
    public async Task Killed_at_any_step_of_any_act_an_account_has_one_version_and_ends_where_it_should()
    {
        await PrepareAsync();
        var (kills, acts) = (0, 0);
        foreach (var (name, at, number, killed) in Steps)
        {
            var orgs = await Task.WhenAll(LifeAct.All.Select(async act => (Act: act, Org: await act.BeginAsync(cell))));
            var versions = await Task.WhenAll(orgs.Select(one => StackVersionAsync(one.Org)));
            await HeldAsync(at, number, orgs, async () =>
            {
                foreach (var service in killed) await cell.KillAsync(service);
                kills += killed.Length;
            });
            if (killed.Contains("Metadata")) await cell.RestartAsync("Metadata");
            foreach (var (act, org) in orgs) // while Delivery is still down, where it was killed
            {
                var shown = await act.ShownAsync(org);
                Assert.True(shown == act.From || shown == act.To, $"{name}, {act.Name}: {shown}");
            }
            if (killed.Contains("Delivery")) await cell.RestartAsync("Delivery");
            foreach (var (index, (act, org)) in orgs.Index())
            {
                await LifeOrg.UntilAsync($"{act.Name} ends, killed {name}", () => act.IsDoneAsync(org));
                Assert.Equal(act.To, await act.ShownAsync(org));
                await act.AgainAsync(org);
                Assert.Equal(versions[index] + 1, await StackVersionAsync(org)); // it came into force once
                acts++;
            }
        }
        output.WriteLine($"{Steps.Length} steps × {LifeAct.All.Length} acts = {acts}, {kills} kills, mixtures 0");
    }

    private async Task PrepareAsync()
    {
        foreach (var version in (string[])["1.0.0", "1.1.0"])
            await cell.PublishAsync("life", LifePackage.File(version));
        await StepHold.SetAsync(cell.DeliveryOwner, "delivery.installations", "update", """
            case when old.status = 'pending' and new.status = 'activating' then 1
                when old.target is null and new.target is not null then 2
                when old.status = 'activating' and new.status in ('active', 'removed') then 4 end
            """);
        await StepHold.SetAsync(cell.CellOwner, "metadata.stacks", "insert or update", "3");
    }

    /// <summary>Asks for the acts, waits until all are at the step, does something, and lets go.</summary>
    private async Task HeldAsync(At at, int number, (LifeAct Act, LifeOrg Org)[] orgs, Func<Task> act)
    {
        var own = orgs.Select(one => one.Org.Org).ToHashSet();
        var (come, go) = (0, new TaskCompletionSource());
        async Task WaitAsync(ProxiedCall call)
        {
            if (call.Activation is not { } asked || !own.Contains(asked.Org) || go.Task.IsCompleted) return;
            Interlocked.Increment(ref come);
            await go.Task;
        }
        if (at == At.BeforeMetadata) cell.Sidecar.Before = WaitAsync;
        if (at == At.AfterMetadata) cell.Sidecar.After = WaitAsync;
        await using var hold = at == At.Transaction
            ? await StepHold.AtAsync(number == 3 ? cell.CellOwner : cell.DeliveryOwner, number) : null;
        var asking = orgs.Select(one => AskAsync(one.Act, one.Org)).ToList();
        await LifeOrg.UntilAsync("all acts are at the step", async () => at switch
        {
            At.Transaction => await hold!.WaitingAsync() == orgs.Length,
            At.Done => (await Task.WhenAll(orgs.Select(one => one.Act.IsDoneAsync(one.Org)))).All(done => done),
            _ => come == orgs.Length,
        });
        await act();
        go.SetResult();
        if (hold is not null) await hold.DisposeAsync();
        await Task.WhenAll(asking);
        cell.Sidecar.Before = cell.Sidecar.After = _ => Task.CompletedTask;
    }

    /// <summary>Asks; whoever waits for the end is cut off by the kill.</summary>
    private static async Task AskAsync(LifeAct act, LifeOrg org)
    {
        try
        {
            await act.Ask(org);
        }
        catch (HttpRequestException)
        {
            // Delivery was killed.
        }
    }

    private static async Task<long> StackVersionAsync(LifeOrg org) =>
        (await org.GetAsync($"/internal/stacks/{org.Org}/1")).Json.GetProperty("version").GetInt64();
}
