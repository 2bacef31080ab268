using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Xingchen.Sidecar.PubSub;

/// <summary>Knows whether the app is there, and reads its subscriptions each time it comes.</summary>
/// <remarks>An idle connection stays open to the app: it ends when the app does, which is how a restart is seen. An
/// app may end it for idleness too; then the subscriptions are read once more, which changes nothing.</remarks>
internal sealed class AppWatch(AppSidecar app)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private volatile TaskCompletionSource reachable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until the app can be connected to; a moment at least, so that who asks in a loop does not
    /// spin.</summary>
    public async Task ReachableAsync(CancellationToken ct)
    {
        await Task.Delay(Interval, ct);
        await reachable.Task.WaitAsync(ct);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var connection = await ConnectAsync(ct);
                await ReadSubscriptionsAsync(ct);
                reachable.TrySetResult();
                app.SetReady();
                await EndAsync(connection, ct);
                reachable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
        catch (OperationCanceledException)
        {
            // stopped
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken ct)
    {
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(app.Options.AppChannelAddress, app.Options.AppPort!.Value, ct);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
            await Task.Delay(Interval, ct);
        }
    }

    private static async Task EndAsync(Socket connection, CancellationToken ct)
    {
        var buffer = new byte[256];
        try
        {
            while (await connection.ReceiveAsync(buffer, ct) > 0)
            {
                // an app that speaks first; what it says is not for us
            }
        }
        catch (SocketException)
        {
            // it ended all the same
        }
    }

    /// <summary>Asks until there is an answer, or the app is gone again.</summary>
    private async Task ReadSubscriptionsAsync(CancellationToken ct)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                app.Subscriptions.SetTold(await ToldSubscriptions.ReadAsync(app, ct));
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                await Task.Delay(Interval, ct);
            }
        }
        app.Host.Log.LogError("{App} did not answer GET /dapr/subscribe", app.AppId);
    }
}
