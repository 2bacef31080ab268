using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Xingchen.Sidecar.Cel;

namespace Xingchen.Sidecar.PubSub;

/// <summary>What became of one attempt.</summary>
internal enum Outcome { Done, Drop, Retry, Unreachable }

/// <summary>Brings the messages of one topic to one app, one after another, in order.</summary>
/// <remarks>
/// While the app cannot be connected to, messages wait (at most <see cref="Capacity"/>). A refusal is tried
/// <see cref="Attempts"/> times, as daprd's in-memory component does; with a dead-letter topic it goes there at once.
/// </remarks>
internal sealed class Delivery
{
    public const int Capacity = 10_000;
    public const int Attempts = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly AppSidecar app;
    private readonly Courier courier;
    private readonly CancellationTokenSource stopping;
    private readonly Channel<BusMessage> waiting = Channel.CreateBounded<BusMessage>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly Task running;
    private volatile Subscription subscription;

    public Delivery(AppSidecar app, Subscription subscription)
    {
        this.app = app;
        this.subscription = subscription;
        courier = new Courier(app);
        stopping = CancellationTokenSource.CreateLinkedTokenSource(app.Stopping);
        running = Task.Run(RunAsync);
    }

    /// <summary>In force from the next message on.</summary>
    public Subscription Subscription
    {
        get => subscription;
        set => subscription = value;
    }

    public void Enqueue(BusMessage message)
    {
        if (!waiting.Writer.TryWrite(message)) GiveUp(message, subscription, $"{Capacity} messages wait already");
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var message in waiting.Reader.ReadAllAsync(stopping.Token))
                await DeliverAsync(message, subscription, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // stopped; the bus keeps nothing
        }
    }

    private async Task DeliverAsync(BusMessage message, Subscription to, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (message.Expires <= app.Host.Options.Time.GetUtcNow())
            {
                GiveUp(message, to, "expired");
                return;
            }
            var outcome = await AttemptAsync(message, to, ct);
            switch (outcome)
            {
                case Outcome.Done:
                    return;
                case Outcome.Unreachable:
                    await app.AppReachableAsync(ct);
                    attempt--;
                    break;
                case Outcome.Drop:
                    GiveUp(message, to, "the app dropped it");
                    return;
                case Outcome.Retry when to.DeadLetterTopic is not null || attempt == Attempts:
                    GiveUp(message, to, "the app did not take it");
                    return;
                case Outcome.Retry:
                    await Task.Delay(Pause, app.Host.Options.Time, ct);
                    break;
            }
        }
    }

    private async Task<Outcome> AttemptAsync(BusMessage message, Subscription to, CancellationToken ct)
    {
        try
        {
            var data = to.IsRaw ? CloudEvents.WrapRaw(message.Data, to, app.Host.Options.Time) : message.Data;
            if (Route(data, to, mustParse: message.IsRaw && !to.IsRaw) is not { } path) return Outcome.Drop;
            return await courier.PostAsync(path, data, message, to.Pubsub, ct);
        }
        catch (CelException exception)
        {
            app.Host.Log.LogWarning("{App}, {Topic}: a rule failed: {Reason}", app.AppId, to.Topic, exception.Message);
            return Outcome.Retry;
        }
        catch (JsonException)
        {
            return Outcome.Drop; // not a CloudEvent, and the subscription does not ask for raw payloads
        }
    }

    /// <summary>The path of the first rule that matches; null for none.</summary>
    private static string? Route(ReadOnlyMemory<byte> data, Subscription to, bool mustParse)
    {
        if (!mustParse && to.Rules is [{ Match: null }, ..]) return to.Rules[0].Path;
        using var envelope = JsonDocument.Parse(data);
        return to.Rules.FirstOrDefault(rule => rule.Match?.Matches(envelope.RootElement) != false)?.Path;
    }

    private void GiveUp(BusMessage message, Subscription to, string reason)
    {
        if (to.DeadLetterTopic is { Length: > 0 } dead)
        {
            // the bytes as they were: the topic inside stays the one it was published to
            app.Host.Bus.Publish(to.Pubsub, dead, message with { Expires = null });
            return;
        }
        app.Host.Log.LogWarning("{App}, {Topic}: a message is lost: {Reason}", app.AppId, to.Topic, reason);
    }
}
