using System.Text.Json;

namespace Dapr.Client;

/// <summary>Builds a <see cref="DaprClient"/>. Defaults come from the environment that the sidecar's host
/// gives.</summary>
public sealed class DaprClientBuilder
{
    private string endpoint = DaprDefaults.HttpEndpoint();
    private string? token = DaprDefaults.ApiToken();
    private JsonSerializerOptions json = new(JsonSerializerDefaults.Web);
    private TimeSpan timeout;

    /// <summary>Default: <c>DAPR_HTTP_ENDPOINT</c>, else <c>http://127.0.0.1:{DAPR_HTTP_PORT}</c>, else port
    /// 3500.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(httpEndpoint);
        endpoint = httpEndpoint;
        return this;
    }

    /// <summary>Default: <c>DAPR_API_TOKEN</c>.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        token = apiToken;
        return this;
    }

    /// <summary>Default: <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        json = options;
        return this;
    }

    /// <summary>How long one call may last. Default: <see cref="HttpClient.Timeout"/>, 100 s.</summary>
    // Named so by the SDK.
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        this.timeout = timeout;
        return this;
    }

    /// <exception cref="ArgumentException">The endpoint is neither http nor https.</exception>
    public DaprClient Build()
    {
        var http = new HttpClient();
        if (timeout > TimeSpan.Zero) http.Timeout = timeout;
        return new HttpDaprClient(http, DaprDefaults.Parse(endpoint), json, token);
    }
}
