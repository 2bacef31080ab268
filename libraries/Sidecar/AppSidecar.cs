using System.Collections.Concurrent;
using Xingchen.Sidecar.Http;
using Xingchen.Sidecar.PubSub;

namespace Xingchen.Sidecar;

/// <summary>The sidecar of one app.</summary>
public sealed class AppSidecar : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Listener listener;
    private readonly AppWatch watch;
    private Task watching = Task.CompletedTask;
    private int disposing;

    internal AppSidecar(SidecarHost host, SidecarOptions options)
    {
        Host = host;
        Options = options;
        AppAddress = options.AppPort is { } port ? $"http://{options.AppChannelAddress}:{port}" : null;
        Subscriptions = new AppSubscriptions(this);
        watch = new AppWatch(this);
        listener = new Listener(new SidecarApi(this).HandleAsync, options, host.Options.Logging);
    }

    public string AppId => Options.AppId;

    /// <summary>Where the sidecar listens.</summary>
    public int HttpPort => listener.Port;

    /// <summary>What the app is to be given as <c>DAPR_HTTP_ENDPOINT</c>.</summary>
    public Uri Endpoint => new($"http://127.0.0.1:{HttpPort}");

    /// <summary>Completes once the app answers and its subscriptions are read; at once where there is no app
    /// port.</summary>
    public Task Ready => ready.Task;

    /// <summary>Completes once the sidecar has stopped, also when its app asked it to.</summary>
    public Task Stopped => stopped.Task;

    internal SidecarHost Host { get; }

    internal SidecarOptions Options { get; }

    /// <summary>Scheme, host and port of the app; null where it listens nowhere.</summary>
    internal string? AppAddress { get; }

    internal AppSubscriptions Subscriptions { get; }

    /// <summary>What was set through the metadata API.</summary>
    internal ConcurrentDictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    internal CancellationToken Stopping => stopping.Token;

    /// <summary>Waits until the app can be connected to; deliveries pause meanwhile.</summary>
    internal Task AppReachableAsync(CancellationToken ct) => watch.ReachableAsync(ct);

    internal void SetReady() => ready.TrySetResult();

    internal async Task StartAsync(CancellationToken ct)
    {
        Subscriptions.SetDeclared(Host.Resources.SubscriptionsOf(AppId));
        await listener.StartAsync(ct);
        if (AppAddress is null) SetReady();
        else watching = watch.RunAsync(stopping.Token);
    }

    /// <summary>Stops: no new requests, running ones within their grace, deliveries end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposing, 1) != 0)
        {
            await stopped.Task;
            return;
        }
        Host.Remove(this);
        await stopping.CancelAsync();
        await listener.StopAsync(Options.GracefulShutdown);
        await watching;
        await Subscriptions.DisposeAsync();
        ready.TrySetCanceled();
        stopped.TrySetResult();
        stopping.Dispose();
    }
}
