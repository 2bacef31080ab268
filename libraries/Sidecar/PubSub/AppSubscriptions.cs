using Microsoft.Extensions.Logging;

namespace Xingchen.Sidecar.PubSub;

/// <summary>The subscriptions of one app in force: those of files, and those the app told.</summary>
/// <remarks>Where both name a topic, the app's own counts. Thread-safe.</remarks>
internal sealed class AppSubscriptions(AppSidecar app) : IAsyncDisposable
{
    private readonly Lock changing = new();
    private readonly Dictionary<(string Pubsub, string Topic), Delivery> deliveries = [];
    private readonly List<Task> ending = [];
    private List<Subscription> declared = [];
    private List<Subscription> told = [];

    public IReadOnlyList<Subscription> All
    {
        get
        {
            lock (changing) return [.. deliveries.Values.Select(delivery => delivery.Subscription)];
        }
    }

    public void SetDeclared(IEnumerable<Subscription> subscriptions)
    {
        lock (changing)
        {
            declared = [.. subscriptions];
            Apply();
        }
    }

    /// <summary>What the app answered; it replaces what it answered before.</summary>
    public void SetTold(IEnumerable<Subscription> subscriptions)
    {
        lock (changing)
        {
            told = [.. subscriptions];
            Apply();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] waiting;
        lock (changing)
        {
            (declared, told) = ([], []);
            Apply();
            waiting = [.. ending];
        }
        await Task.WhenAll(waiting);
    }

    private void Apply()
    {
        var wanted = new Dictionary<(string, string), Subscription>();
        foreach (var subscription in declared.Concat(told).Where(IsPossible))
            wanted[(subscription.Pubsub, subscription.Topic)] = subscription;
        foreach (var (topic, delivery) in deliveries.Where(pair => !wanted.ContainsKey(pair.Key)).ToArray())
        {
            deliveries.Remove(topic);
            app.Host.Bus.Unsubscribe(topic.Pubsub, topic.Topic, delivery);
            ending.Add(delivery.StopAsync());
        }
        foreach (var (topic, subscription) in wanted)
        {
            if (deliveries.TryGetValue(topic, out var running))
            {
                running.Subscription = subscription;
                continue;
            }
            var delivery = deliveries[topic] = new Delivery(app, subscription);
            app.Host.Bus.Subscribe(subscription.Pubsub, subscription.Topic, delivery);
        }
    }

    private bool IsPossible(Subscription subscription)
    {
        var component = app.Host.Resources.PubsubOf(app.Options, subscription.Pubsub);
        var obstacle = component is null ? "there is no such pub/sub component for this app"
            : !component.MaySubscribe(app.AppId, subscription.Topic) ? "the component's scopes forbid it"
            : null;
        if (obstacle is not null)
            app.Host.Log.LogError(
                "{App} cannot subscribe to {Topic} of {Pubsub}: {Obstacle}",
                app.AppId, subscription.Topic, subscription.Pubsub, obstacle);
        return obstacle is null;
    }
}
