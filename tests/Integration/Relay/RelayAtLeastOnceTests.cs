using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>Records, or the process of its sidecar, is killed (SIGKILL) exactly between a publication and the note of
/// how far it is: the broker has the change, and nobody has written down that it has.</summary>
public sealed class RelayAtLeastOnceTests(RelayWorld world) : IClassFixture<RelayWorld>
{
    private const int Kills = 3;
    private const int Writes = 60;

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(3); // only what would never end ends by it

    private readonly ConcurrentQueue<string> unanswered = [];

    [Fact]
    public async Task Records_dies_before_the_answer()
    {
        var caller = await NewAccountAsync();
        var written = new List<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var victim = new TaskCompletionSource<ServiceProcess>();
            var killed = new TaskCompletionSource();
            int passed = 0, chosen = 3 + 4 * kill;
            await using var between = await Between.StartAsync(
                async () =>
                {
                    await victim.Task; // so that nothing is published before there is somebody to kill
                    return world.Sidecar;
                },
                async publication =>
                {
                    var number = Interlocked.Increment(ref passed);
                    if (number < chosen)
                    {
                        await publication.PassAsync();
                        return;
                    }
                    // Whatever comes behind it, such as the same once more after a while, has no answer either: or
                    // the change might be written down.
                    if (number == chosen)
                    {
                        await publication.AskAsync();
                        if (publication.IsTaken) unanswered.Enqueue(publication.Id);
                        await (await victim.Task).KillAsync();
                        killed.SetResult();
                    }
                    publication.Abort();
                });
            await using var instance = await world.Cell.StartAnotherAsync(
                between.Endpoint, ("Relay__LeaseSeconds", "5"));
            victim.SetResult(instance);
            written.AddRange(await WriteAsync(caller.At(instance.Address), Writes));
            await killed.Task.WaitAsync(Most);
        }
        await world.Cell.RestartAsync();
        await AssertAsync(caller, written);
    }

    [Fact]
    public async Task Its_sidecar_dies_before_the_answer()
    {
        var caller = await NewAccountAsync();
        await using var sidecars = new SidecarProcesses(world);
        int passed = 0;
        int[] chosen = [3, 20, 45];
        await using var between = await Between.StartAsync(
            () => sidecars.ListeningAsync(),
            async publication =>
            {
                // The bus of a sidecar that runs alone dies with it. So its word is passed on only once the consumer
                // has the change, as that of a broker that keeps what it has taken.
                var process = sidecars.Current;
                await publication.AskAsync();
                while (publication.IsTaken && !process.HasExited && !Came(publication)) await Task.Delay(5);
                if (!publication.IsTaken || !Came(publication)) publication.Abort();
                else if (!chosen.Contains(Interlocked.Increment(ref passed))) publication.Answer();
                else
                {
                    unanswered.Enqueue(publication.Id);
                    await sidecars.KillAsync();
                    publication.Abort();
                }
            });
        await sidecars.StartAsync();
        await using var instance = await world.Cell.StartAnotherAsync(
            between.Endpoint, ("Relay__LeaseSeconds", "15"));
        var written = new List<string>();
        for (var kill = 1; kill <= Kills; kill++)
        {
            written.AddRange(await WriteAsync(caller.At(instance.Address), Writes));
            await sidecars.Current.WaitForExitAsync().WaitAsync(Most);
            written.AddRange(await WriteAsync(caller.At(instance.Address), 5)); // while there is none
            await sidecars.StartAsync();
        }
        Assert.Equal(Kills * (Writes + 5), written.Count); // writers do not notice
        await AssertAsync(caller.At(instance.Address), written);
        await world.Cell.RestartAsync();
    }

    /// <summary>An account of which something was relayed, and nobody who relays.</summary>
    private async Task<RecordsCaller> NewAccountAsync()
    {
        var caller = await world.Cell.NewAccountAsync();
        for (var i = 0; i < 30; i++) await caller.NewAsync(Note, $$"""{"text":"{{i}}"}""");
        await world.AssertAllCameAsync(caller, 30);
        await world.AssertClosedAsync(caller);
        await world.Cell.KillAsync();
        return caller;
    }

    private async Task AssertAsync(RecordsCaller caller, List<string> written)
    {
        var feed = await world.AssertAllCameAsync(caller, 30 + written.Count);
        Assert.Empty(written.Except(feed.Select(change => change.Id)));
        await world.AssertClosedAsync(caller);
        Assert.Equal(Kills, unanswered.Count);
        var came = world.EventsOf(caller).CountBy(seen => seen.Id).ToDictionary();
        Assert.All(unanswered, id => Assert.True(came[id] >= 2, $"{id} came once only"));
    }

    private bool Came(Publication publication) => world.Events.Any(seen =>
        (seen.Org, seen.Account, seen.Id) == (publication.Org, publication.Account, publication.Id));

    /// <summary>Writes until there are so many or the instance is gone.</summary>
    /// <returns>The changes that were answered.</returns>
    private static async Task<List<string>> WriteAsync(RecordsCaller caller, int count)
    {
        var written = new List<string>();
        try
        {
            while (written.Count < count)
            {
                var reply = await caller.PostAsync($"/v1/objects/{Note}/records", """{"text":"w"}""");
                if (reply.Status == HttpStatusCode.Created) written.Add(reply.Text("id") + "-1");
            }
        }
        catch (HttpRequestException)
        {
            // killed
        }
        return written;
    }

    /// <summary>Sidecars of Records, one after another, each a process of its own before the consumer.</summary>
    private sealed class SidecarProcesses(RelayWorld world) : IAsyncDisposable
    {
        private readonly HttpClient http = new();
        private readonly int port = Ports.Free();
        private readonly List<Process> started = [];
        private volatile bool listening;

        public Process Current => started[^1];

        /// <summary>Where it listens; null while there is none that delivers.</summary>
        public Task<Uri?> ListeningAsync() =>
            Task.FromResult(listening ? new Uri($"http://127.0.0.1:{port}") : null);

        /// <summary>Starts one and waits until it delivers: its bus keeps nothing for those who subscribe
        /// later.</summary>
        public async Task StartAsync()
        {
            started.Add(CommandLine.Start("sidecar", "--app-id", "records-main", "--app-port", $"{world.Consumer}",
                "--dapr-http-port", $"{port}", "--resources-path", world.Resources));
            while (!listening)
            {
                Assert.False(Current.HasExited, "the sidecar ended");
                try
                {
                    using var answer = await http.GetAsync($"http://127.0.0.1:{port}/v1.0/healthz");
                    listening = answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    // not listening yet
                }
                await Task.Delay(50);
            }
        }

        public async Task KillAsync()
        {
            listening = false;
            Current.Kill();
            await Current.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (started is [.., { HasExited: false }]) await KillAsync();
            foreach (var process in started) process.Dispose();
            http.Dispose();
        }
    }
}
