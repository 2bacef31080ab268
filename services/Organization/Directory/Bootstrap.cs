using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Xingchen.Hosting;
using Xingchen.Organization.Tokens;

namespace Xingchen.Organization.Directory;

/// <summary>Makes the platform's own org, its site and group, and the operator's client, where an operator secret is
/// given.</summary>
/// <remarks>
/// At every start, before anything listens; again changes nothing. A changed secret takes effect, and only that brings
/// back an operator's client that was revoked. The secret: <c>XINGCHEN_OPERATOR_SECRET</c>, else <c>operator-secret</c>
/// of the Dapr secret store; without either nobody is made.
/// </remarks>
public sealed class Bootstrap(
    BootstrapStore store, KeyStore keys, DaprClient dapr, IConfiguration configuration,
    IOptions<ServiceOptions> service, IOptions<OrganizationOptions> options, ILogger<Bootstrap> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.CurrentAsync(cancellationToken);
        if (await ReadSecretAsync(cancellationToken) is not { } secret)
        {
            logger.LogWarning("No operator secret is given: no operator was made");
            return;
        }
        await store.EnsureAsync(
            service.Value.Idc, service.Value.Group, secret, options.Value.ChosenSecretIterations, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<string?> ReadSecretAsync(CancellationToken ct)
    {
        if (configuration["XINGCHEN_OPERATOR_SECRET"] is { Length: > 0 } given) return given;
        try
        {
            var secret = await dapr.GetSecretAsync(SecretConfiguration.Store, "operator-secret", cancellationToken: ct);
            return secret.Values.FirstOrDefault(value => value.Length > 0);
        }
        catch (DaprException)
        {
            return null; // no sidecar, no store or no such secret
        }
    }
}
