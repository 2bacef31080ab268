using Microsoft.Extensions.Options;
using Npgsql;

namespace Xingchen.Records.Relay;

/// <summary>Relays changes of all accounts of the cell, several at a time; any instance goes on where another
/// stopped or died.</summary>
internal sealed class RelayWorker(
    RelayStore store, RelayPublisher publisher, RelayTurn turn, IOptions<RelayOptions> options, TimeProvider time,
    ILogger<RelayWorker> logger) : BackgroundService
{
    private readonly SemaphoreSlim looking = new(1); // one looks for all workers of the instance
    private int troubled;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Value.Workers).Select(_ => LoopAsync(stoppingToken)));

    private async Task LoopAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await turn.RunAsync(await NextAsync(ct), ct);
                Interlocked.Exchange(ref troubled, 0);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                if (Interlocked.Exchange(ref troubled, 1) == 0)
                    logger.LogWarning("The relay waits for the database: {Message}", exception.Message);
                await PauseAsync(1_000, ct);
            }
            catch (Exception exception)
            {
                logger.LogError(exception, "The relay stumbled"); // it never ends before its service
                await PauseAsync(1_000, ct);
            }
        }
    }

    private async Task<RelayClaim> NextAsync(CancellationToken ct)
    {
        await looking.WaitAsync(ct);
        try
        {
            for (var away = 0; ;)
            {
                if (!await publisher.IsUpAsync(ct))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5_000, 100 << Math.Min(away++, 6))), time, ct);
                    continue;
                }
                away = 0;
                if (await store.ClaimAsync(ct) is { } claim) return claim;
                await Task.Delay(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), time, ct);
            }
        }
        finally
        {
            looking.Release();
        }
    }

    private Task PauseAsync(int milliseconds, CancellationToken ct) =>
        Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, ct)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    public override void Dispose()
    {
        looking.Dispose();
        base.Dispose();
    }
}

/// <summary>Registers the relay.</summary>
public static class RelayExtensions
{
    public static IServiceCollection AddRelay(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RelayOptions>()
            .Bind(configuration.GetSection(RelayOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<RelayStore>().AddSingleton<RelayPublisher>().AddSingleton<RelayTurn>()
            .AddHostedService<RelayWorker>();
    }
}
