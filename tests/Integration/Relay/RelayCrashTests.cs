#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Collections.Concurrent;
using System.Net;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>Records and its sidecar die again and again while many write: nothing is lost, the order stays.</summary>
public sealed class RelayCrashTests(RelayWorld world, ITestOutputHelper output) : IClassFixture<RelayWorld>
{
    [Fact]
    public async Task Nothing_is_lost_whoever_dies_when()
    {
        const int Accounts = 4, Crashes = 8;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var second = await world.Cell.StartAnotherAsync(); // lives, so that writing goes on
        var callers = new List<RecordsCaller>();
        for (var i = 0; i < Accounts; i++) callers.Add(await world.Cell.NewAccountAsync());
        using var stop = new CancellationTokenSource();
        var written = new ConcurrentBag<(RecordsCaller Caller, string Id)>();
        var writing = Task.WhenAll(callers.SelectMany(caller => new[] { world.Cell.Address, second.Address }
            .Select(address => WriteAsync(caller, address, written, stop.Token))));
        for (var i = 0; i < Crashes; i++)
        {
            await Task.Delay(random.Next(50, 700));
            if (random.Next(3) == 0)
            {
                await world.StopSidecarAsync();
                await Task.Delay(random.Next(500));
                await world.StartSidecarAsync();
            }
            else
            {
                await world.Cell.KillAsync();
                await world.Cell.RestartAsync();
            }
        }
        await stop.CancelAsync();
        await writing;
        output.WriteLine($"{written.Count} answered writes, {world.Events.Count} events so far");
        foreach (var caller in callers)
        {
            var answered = written.Where(one => one.Caller == caller).Select(one => one.Id).ToList();
            var feed = await world.AssertAllCameAsync(caller, answered.Count);
            Assert.Empty(answered.Except(feed.Select(change => change.Id)));
            await world.AssertClosedAsync(caller);
        }
        output.WriteLine($"{world.Events.Count} events, {world.Events.DistinctBy(seen => seen.Id).Count()} changes");
    }

    /// <summary>Writes until it is told to stop; what got no answer may have been written or not.</summary>
    private static async Task WriteAsync(
        RecordsCaller caller, Uri address, ConcurrentBag<(RecordsCaller, string)> written, CancellationToken stop)
    {
        var through = new RecordsCaller(address, caller.Org, caller.Account, caller.Sign);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var reply = await through.PostAsync($"/v1/objects/{Note}/records", """{"text":"c"}""");
                if (reply.Status == HttpStatusCode.Created) written.Add((caller, reply.Text("id") + "-1"));
                await Task.Delay(10, CancellationToken.None); // leave the machine something
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, CancellationToken.None); // it is dead for the moment
            }
        }
    }
}
