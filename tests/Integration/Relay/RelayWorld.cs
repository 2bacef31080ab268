using System.Collections.Concurrent;
using System.Text.Json;
using Xingchen.Sidecar;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Changes;
using Xingchen.Tests.Integration.Records;
using Xingchen.Tests.Integration.Sidecar;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>An event as the consumer got it.</summary>
/// <param name="Id">The change's.</param>
/// <param name="Body">The whole event.</param>
public sealed record SeenEvent(long Org, int Account, string Id, JsonElement Body)
{
    public JsonElement Change => Body.GetProperty("data").GetProperty("change");
}

/// <summary>Records behind a sidecar, and a consumer behind another: two apps on one broker.</summary>
/// <remarks>The broker is the sidecars' host; it stays while the sidecar of Records comes and goes.</remarks>
public sealed class RelayWorld : IAsyncLifetime
{
    private readonly ConcurrentQueue<SeenEvent> events = new();
    private readonly int port = Ports.Free();
    private readonly string folder = Directory.CreateTempSubdirectory("relay-test-").FullName;
    private TestApp? consumer;
    private SidecarHost? host;
    private AppSidecar? sidecar;

    public RelayWorld() => Cell = new RecordsCell
    {
        More = new Dictionary<string, string>
        {
            ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{port}", ["Relay__LeaseSeconds"] = "2",
            ["Relay__MostPauseSeconds"] = "1", ["Relay__PageChanges"] = "20", ["Relay__TurnChanges"] = "50",
            ["Relay__MostEventBytes"] = "20000",
        },
    };

    public RecordsCell Cell { get; }

    /// <summary>Where the sidecar of Records listens.</summary>
    public Uri Sidecar => new($"http://127.0.0.1:{port}");

    /// <summary>Where the consumer listens, for a sidecar of the test's own.</summary>
    public int Consumer => consumer!.Port;

    /// <summary>The components.</summary>
    public string Resources => folder;

    /// <summary>All that came, in the order in which it came.</summary>
    public IReadOnlyList<SeenEvent> Events => [.. events];

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "changes.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: changes}
            spec: {type: pubsub.in-memory, version: v1, metadata: []}
            """);
        consumer = await TestApp.StartAsync(subscriptions:
            """[{"pubsubname":"changes","topic":"record-changes","route":"/changes"}]""");
        consumer.OnEvent = received =>
        {
            events.Enqueue(Seen(received.Body));
            return (200, "");
        };
        host = await SidecarHost.StartAsync(new SidecarHostOptions { ResourcesPaths = [folder] });
        await (await host.AddAsync(new SidecarOptions { AppId = "consumer", AppPort = consumer.Port })).Ready;
        await StartSidecarAsync();
        await Cell.InitializeAsync();
    }

    public async Task StartSidecarAsync() =>
        sidecar = await host!.AddAsync(new SidecarOptions { AppId = "records-main", DaprHttpPort = port });

    /// <summary>Takes the sidecar of Records away, with what is under way in it.</summary>
    public async Task StopSidecarAsync() => await sidecar!.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await Cell.DisposeAsync();
        if (host is not null) await host.DisposeAsync();
        if (consumer is not null) await consumer.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public IReadOnlyList<SeenEvent> EventsOf(RecordsCaller caller) =>
        [.. events.Where(seen => seen.Org == caller.Org && seen.Account == caller.Account)];

    /// <summary>Waits until what has come is what the account's feed has: each change, and the first time that it came,
    /// in the order of the feed.</summary>
    /// <remarks>The feed is read again each time: it may not be settled to its end yet, and a write whose instance was
    /// killed may still commit.</remarks>
    /// <param name="caller">Of the account.</param>
    /// <param name="count">Changes that there are at least.</param>
    /// <returns>The changes of the feed.</returns>
    internal async Task<IReadOnlyList<SeenChange>> AssertAllCameAsync(RecordsCaller caller, int count)
    {
        for (var tries = 0; ; tries++)
        {
            var (feed, _) = await caller.ReadAsync(count);
            Assert.Equal(feed.Count, feed.DistinctBy(change => change.Id).Count());
            var came = EventsOf(caller).Select(seen => seen.Id).Distinct().ToList();
            if (feed.Count >= count && came.SequenceEqual(feed.Select(change => change.Id))) return feed;
            if (tries == 1_200) Assert.Equal(feed.Select(change => change.Id), came);
            Assert.True(tries < 1_200, $"The feed has {feed.Count} changes.");
            await Task.Delay(50);
        }
    }

    /// <summary>Waits until the account has no ticket any more.</summary>
    public async Task AssertClosedAsync(RecordsCaller caller)
    {
        for (var tries = 0; await TicketsAsync(caller) > 0; tries++)
        {
            Assert.True(tries < 400, Cell.Log);
            await Task.Delay(50);
        }
    }

    public async Task<long> TicketsAsync(RecordsCaller caller) => (await Cell.AskAsync<long>(
        "select count(*) from records.relay_tickets where context = $1", $"{caller.Org}/{caller.Account}"))[0];

    private static SeenEvent Seen(string body)
    {
        var whole = JsonDocument.Parse(body).RootElement;
        var data = whole.GetProperty("data");
        return new SeenEvent(data.GetProperty("org").GetInt64(), data.GetProperty("account").GetInt32(),
            whole.GetProperty("id").GetString()!, whole);
    }
}
