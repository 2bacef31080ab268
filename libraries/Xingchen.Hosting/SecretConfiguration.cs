using Dapr.Client;
using Microsoft.Extensions.Configuration;

namespace Xingchen.Hosting;

/// <summary>Reads the context key from the Dapr secret store where configuration does not give it.</summary>
/// <remarks>
/// At start, before anything listens: a service without its key must not serve. Waits for the sidecar up to
/// <see cref="WaitSeconds"/>. Without a sidecar (no <c>DAPR_HTTP_ENDPOINT</c> or <c>DAPR_HTTP_PORT</c>) nothing is
/// read, and the validation of <see cref="ServiceOptions"/> says what is missing.
/// </remarks>
public static class SecretConfiguration
{
    public const string Store = "secrets";
    public const string ContextKey = "context-key";
    public const int WaitSeconds = 30;

    internal static void AddContextKey(this IConfigurationManager configuration)
    {
        const string Setting = ServiceOptions.Section + ":" + nameof(ServiceOptions.ContextKey);
        if (!string.IsNullOrEmpty(configuration[Setting])) return;
        var endpoint = configuration["DAPR_HTTP_ENDPOINT"];
        if (string.IsNullOrEmpty(endpoint))
        {
            if (configuration["DAPR_HTTP_PORT"] is not { Length: > 0 } port) return;
            endpoint = "http://127.0.0.1:" + port;
        }
        using var client = new DaprClientBuilder().UseHttpEndpoint(endpoint)
            .UseDaprApiToken(configuration["DAPR_API_TOKEN"] ?? "").Build();
#pragma warning disable VSTHRD002 // configuration is built synchronously, before the host and any context exist
        var key = Task.Run(() => FetchAsync(client)).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        configuration.AddInMemoryCollection([new(Setting, key)]);
    }

    private static async Task<string> FetchAsync(DaprClient client)
    {
        using var wait = new CancellationTokenSource(TimeSpan.FromSeconds(WaitSeconds));
        try
        {
            await client.WaitForSidecarAsync(wait.Token);
            var secret = await client.GetSecretAsync(Store, ContextKey, cancellationToken: wait.Token);
            return secret.Values.FirstOrDefault()
                ?? throw new InvalidOperationException(
                    $"The secret '{ContextKey}' in the secret store '{Store}' is empty.");
        }
        catch (OperationCanceledException late)
        {
            throw new InvalidOperationException($"The sidecar did not answer within {WaitSeconds} s.", late);
        }
    }
}
