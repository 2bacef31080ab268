using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>Where the sidecar is: <c>DAPR_HTTP_ENDPOINT</c>, else 127.0.0.1 and <c>DAPR_HTTP_PORT</c>, else port
/// 3500.</summary>
internal static class DaprDefaults
{
    public static string HttpEndpoint(IConfiguration? configuration = null)
    {
        if (Value(configuration, "DAPR_HTTP_ENDPOINT") is { } endpoint) return endpoint.TrimEnd('/');
        return $"http://127.0.0.1:{Value(configuration, "DAPR_HTTP_PORT") ?? "3500"}";
    }

    public static string? ApiToken(IConfiguration? configuration = null) => Value(configuration, "DAPR_API_TOKEN");

    /// <summary>The URI of an endpoint.</summary>
    /// <exception cref="ArgumentException">Neither http nor https.</exception>
    public static Uri Parse(string endpoint)
    {
        var uri = new Uri(endpoint, UriKind.Absolute);
        return uri.Scheme is "http" or "https"
            ? uri
            : throw new ArgumentException("The URI scheme of the Dapr endpoint must be http or https.",
                nameof(endpoint));
    }

    private static string? Value(IConfiguration? configuration, string name)
    {
        var configured = configuration?[name];
        var value = string.IsNullOrWhiteSpace(configured) ? Environment.GetEnvironmentVariable(name) : configured;
        return string.IsNullOrWhiteSpace(value) ? null : value;
    }
}
