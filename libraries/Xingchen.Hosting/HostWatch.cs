using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Xingchen.Hosting;

/// <summary>Stops the service when the host that started it is gone, also after a <c>kill -9</c> of the host.</summary>
/// <remarks>The host holds the other end of standard input and sets <c>XINGCHEN_STOP_WITH_STDIN=true</c>: its end
/// closes when it dies, however it dies. Without the setting (Kubernetes, a test) standard input is left
/// alone.</remarks>
internal sealed class HostWatch(IConfiguration configuration, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!configuration.GetValue<bool>("XINGCHEN_STOP_WITH_STDIN")) return Task.CompletedTask;
        var watch = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0) { }
            lifetime.StopApplication();
        }) { IsBackground = true, Name = "host-watch" };
        watch.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
