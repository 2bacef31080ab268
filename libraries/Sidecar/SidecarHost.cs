using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Xingchen.Sidecar.Invoke;
using Xingchen.Sidecar.PubSub;
using Xingchen.Sidecar.Resources;

namespace Xingchen.Sidecar;

/// <summary>The sidecars of several apps in one process, for development and tests: what <c>dapr run</c> gives, with
/// nothing to install.</summary>
/// <remarks>
/// Each app has a listener of its own on 127.0.0.1 that speaks Dapr's HTTP API; all share one in-memory bus and find
/// each other by app id in this process. Production is always real Dapr. Thread-safe.
/// </remarks>
public sealed class SidecarHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, AppSidecar> apps = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim changing = new(1, 1);
    private bool disposed;

    private SidecarHost(SidecarHostOptions options, ResourceSet resources)
    {
        Options = options;
        Resources = resources;
        Bus = new MemoryBus();
        Transport = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null, // the trace context of each request is written by hand
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
        });
        Forwarder = new Forwarder(Transport);
        Log = options.Logging.CreateLogger("Sidecar");
    }

    /// <summary>The apps that have a sidecar here.</summary>
    public IReadOnlyCollection<AppSidecar> Apps => [.. apps.Values];

    internal SidecarHostOptions Options { get; }

    internal ResourceSet Resources { get; }

    internal MemoryBus Bus { get; }

    internal HttpMessageInvoker Transport { get; }

    internal Forwarder Forwarder { get; }

    internal ILogger Log { get; }

    /// <summary>Reads the resources and is ready for <see cref="AddAsync"/>.</summary>
    /// <exception cref="SidecarException">A resource that cannot be read, or says what is not honoured
    /// here.</exception>
    public static Task<SidecarHost> StartAsync(SidecarHostOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(new SidecarHost(options, ResourceLoader.Load(options)));
    }

    /// <summary>Starts an app's sidecar; the app itself may start before or after.</summary>
    /// <returns>A sidecar that listens. It is ready (<see cref="AppSidecar.Ready"/>) once the app answers.</returns>
    /// <exception cref="SidecarException">The app id is taken or malformed, or the port is in use.</exception>
    public async Task<AppSidecar> AddAsync(SidecarOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await changing.WaitAsync(ct);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!IsAppId(options.AppId))
                throw new SidecarException($"'{options.AppId}' is no app id: letters, digits, '-' and '_'.");
            if (apps.ContainsKey(options.AppId))
                throw new SidecarException($"An app '{options.AppId}' has a sidecar already.");
            var app = new AppSidecar(this, options);
            await app.StartAsync(ct);
            apps[options.AppId] = app;
            return app;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Stops all sidecars: running requests may end, within their grace.</summary>
    public async ValueTask DisposeAsync()
    {
        await changing.WaitAsync();
        try
        {
            if (disposed) return;
            disposed = true;
            await Task.WhenAll(apps.Values.Select(app => app.DisposeAsync().AsTask()));
            Transport.Dispose();
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>The sidecar of an app id, plain or qualified with this namespace; null where there is none.</summary>
    internal AppSidecar? Find(string appId)
    {
        if (apps.TryGetValue(appId, out var app)) return app;
        var dot = appId.LastIndexOf('.');
        return dot > 0 && appId.AsSpan(
            dot + 1).SequenceEqual(Options.Namespace) && apps.TryGetValue(appId[..dot], out app)
            ? app : null;
    }

    internal void Remove(AppSidecar app) => apps.TryRemove(new(app.AppId, app));

    private static bool IsAppId(string id) =>
        id.Length is > 0 and <= 253 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
