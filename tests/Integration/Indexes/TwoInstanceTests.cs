#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Net;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>Two instances fill the same indexes at once, both written through, one of them killed now and
/// then.</summary>
public sealed class TwoInstanceTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task What_two_instances_fill_while_one_dies_now_and_then_is_exact()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_SEED"), out var given)
            ? given : Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        await account.ImportAsync(Enumerable.Range(0, 900).Select(LiveAccount.One));
        var other = await StartAsync();
        try
        {
            using var stop = new CancellationTokenSource();
            List<Task> traffic = [.. Enumerable.Range(0, 2).Select(worker =>
                LiveAccount.TrafficAsync(account.Caller, worker, stop.Token))];
            await account.PublishAsync(LiveAccount.Indexed);
            for (var died = 0; died < 4; died++)
            {
                // A request that finds an index in the making wakes the worker of its instance.
                await account.IndexesAsync();
                var there = account.Caller.At(other.Address);
                (await there.GetAsync($"/v1/objects/{LiveAccount.Thing}/indexes")).Expect(HttpStatusCode.OK);
                var dying = WriteUntilDeathAsync(there, died);
                await Task.Delay(random.Next(50, 400), TestContext.Current.CancellationToken);
                await other.KillAsync();
                await dying;
                await other.DisposeAsync();
                other = await StartAsync();
            }
            await account.Caller.At(other.Address).GetAsync($"/v1/objects/{LiveAccount.Thing}/indexes");
            Assert.All(await account.SettledAsync(), index => Assert.EndsWith("ready", index));
            await stop.CancelAsync();
            await Task.WhenAll(traffic);
            await account.AssertFilledAsync();
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    private Task<ServiceProcess> StartAsync() =>
        cell.StartAnotherAsync(("Upkeep__BatchRecords", "20"), ("Upkeep__RetrySeconds", "1"));

    /// <summary>Creates and changes records until the instance is gone; what it had answered to stands.</summary>
    private static async Task WriteUntilDeathAsync(RecordsCaller caller, int round)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                var id = await caller.NewAsync(LiveAccount.Thing,
                    $$"""{"key":"d{{round}}-{{i}}","code":"d{{round}}-{{i}}","size":9,"words":"星9 dying"}""");
                (await caller.PatchAsync("/v1/records/" + id, $$"""{"code":"e{{round}}-{{i}}","words":"other 星1"}"""))
                    .Expect(HttpStatusCode.OK);
            }
        }
        catch (HttpRequestException)
        {
            // killed
        }
    }
}
