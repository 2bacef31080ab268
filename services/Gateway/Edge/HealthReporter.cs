using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Gateway.Edge;

/// <summary>Tells Delivery every few seconds how the requests of accounts end, so that a rollout can be judged by
/// what its users meet.</summary>
/// <remarks>A stop loses the counts of a few seconds. Says that it is there also when nobody calls: a rollout that
/// hears from no gateway counts that as bad.</remarks>
public sealed class HealthReporter(
    AccountCounts counts, ServiceClient services, IOptions<GatewayOptions> options, TimeProvider time,
    ILogger<HealthReporter> logger) : BackgroundService
{
    private readonly string instance = Guid.NewGuid().ToString("N");
    private readonly TimeSpan pause = TimeSpan.FromMilliseconds(options.Value.HealthReportMilliseconds);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var counted = counts.Take();
            var told = 0;
            try
            {
                do
                {
                    var part = counted.Skip(told).Take(HealthReport.MostAccounts).ToList();
                    await TellAsync(part, stoppingToken);
                    told += part.Count;
                }
                while (told < counted.Count);
            }
            catch (Exception exception) when (exception is ProblemException or OperationCanceledException)
            {
                if (stoppingToken.IsCancellationRequested) return;
                logger.LogDebug("Delivery does not take the health of accounts: {Message}", exception.Message);
                counts.Add(counted.Skip(told));
            }
        }
    }

    private async Task TellAsync(IReadOnlyList<AccountHealth> part, CancellationToken ct)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(TimeSpan.FromSeconds(10));
        using var answer = await services.OpenAsync(HttpMethod.Post, AppIds.Delivery, "/internal/health",
            JsonContent.Create(new HealthReport(instance, part)), ServiceClient.Internal(AppIds.Gateway), late.Token);
    }
}
