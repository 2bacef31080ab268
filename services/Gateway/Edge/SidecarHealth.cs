using Dapr.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Xingchen.Gateway.Edge;

/// <summary>Whether this gateway's sidecar answers: without it nothing can be forwarded.</summary>
internal sealed class SidecarHealth(DaprClient dapr) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context,
        CancellationToken cancellationToken = default)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            return await dapr.CheckOutboundHealthAsync(late.Token) ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy();
        }
    }
}
