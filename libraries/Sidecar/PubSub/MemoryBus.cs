using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Xingchen.Sidecar.PubSub;

/// <summary>A published message on its way.</summary>
/// <param name="Data">A CloudEvent as JSON, or the payload as it was given.</param>
/// <param name="IsRaw">Whether it was published as it was given.</param>
/// <param name="Expires">After this it is not delivered any more; null for never.</param>
/// <param name="TraceParent">The trace it belongs to.</param>
/// <param name="TraceState">The state of that trace.</param>
internal sealed record BusMessage(
    ReadOnlyMemory<byte> Data, bool IsRaw, DateTimeOffset? Expires, string TraceParent, string? TraceState);

/// <summary>The bus that all sidecars of a host share: each app with a subscription gets a copy of each
/// message.</summary>
/// <remarks>Nothing is kept for those who subscribe later, and nothing survives the process. Thread-safe.</remarks>
internal sealed class MemoryBus
{
    private readonly ConcurrentDictionary<(string Pubsub, string Topic), ImmutableArray<Delivery>> topics = new();

    public void Publish(string pubsub, string topic, BusMessage message)
    {
        if (!topics.TryGetValue((pubsub, topic), out var deliveries)) return;
        foreach (var delivery in deliveries) delivery.Enqueue(message);
    }

    public void Subscribe(string pubsub, string topic, Delivery delivery) => topics.AddOrUpdate(
        (pubsub, topic), static (_, added) => [added], static (_, all, added) => all.Add(added), delivery);

    public void Unsubscribe(string pubsub, string topic, Delivery delivery) => topics.AddOrUpdate(
        (pubsub, topic), static (_, _) => [], static (_, all, removed) => all.Remove(removed), delivery);
}
