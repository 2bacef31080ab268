using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Xingchen.Sidecar.Http;

/// <summary>A bare Kestrel on 127.0.0.1 with one handler: no host, no middleware, no limits on bodies.</summary>
internal sealed class Listener : IHttpApplication<HttpContext>
{
    private readonly RequestDelegate handler;
    private readonly SidecarOptions options;
    private readonly ILogger log;
    private readonly KestrelServer server;

    public Listener(RequestDelegate handler, SidecarOptions options, ILoggerFactory logging)
    {
        this.handler = handler;
        this.options = options;
        log = logging.CreateLogger("Sidecar." + options.AppId);
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null; // invocation streams whatever the callee takes
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(IPAddress.Loopback, options.DaprHttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        server = new KestrelServer(
            Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()),
                logging), logging);
    }

    /// <summary>The port that is listened at; known once started.</summary>
    public int Port { get; private set; }

    /// <exception cref="SidecarException">The port is in use, or may not be listened at.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        try
        {
            await server.StartAsync(this, ct);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            server.Dispose();
            var reason = exception.InnerException is AddressInUseException ? "is in use" : "cannot be listened at";
            throw new SidecarException(
                $"Port {options.DaprHttpPort}, for the sidecar of the app '{options.AppId}', {reason}.", exception);
        }
        Port = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;
    }

    public async Task StopAsync(TimeSpan grace)
    {
        using var limit = new CancellationTokenSource(grace);
        await server.StopAsync(limit.Token);
        server.Dispose();
    }

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection features) =>
        new DefaultHttpContext(features);

    async Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await handler(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the caller is gone; nobody is there to answer
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException bad)
        {
            if (!context.Response.HasStarted)
                await ApiError.WriteAsync(context, bad.StatusCode, "ERR_MALFORMED_REQUEST", bad.Message);
        }
        catch (Exception exception)
        {
            log.LogError(exception, "Unhandled: {Method} {Path}", context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted) context.Abort();
            else await ApiError.WriteAsync(context, 500, "ERR_INTERNAL", "The sidecar failed; its log says why.");
        }
    }

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception)
    {
    }
}
