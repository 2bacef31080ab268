using System.Threading.Channels;
using Dapr.Client;
using Xingchen.Contracts;

namespace Xingchen.Metadata.Publication;

/// <summary>Publishes that stacks have changed. A lost hint costs its readers a compilation, never a wrong
/// answer.</summary>
internal sealed class StackHints(DaprClient dapr, ILogger<StackHints> logger) : BackgroundService
{
    private const int MostWaiting = 1000;

    private readonly Channel<StackChanged> waiting = Channel.CreateBounded<StackChanged>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Never waits and never fails.</summary>
    public void Send(StackChanged change) => waiting.Writer.TryWrite(change);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await dapr.PublishEventAsync(Topics.PubSub, Topics.StackChanged, change, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.LogDebug(exception, "A hint was not published");
            }
        }
    }
}
