using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

/// <summary>Sends a request for <c>http://app-id/path</c> to the sidecar as a service invocation of that app.</summary>
/// <remarks>
/// All requests that pass go to <see cref="DaprEndpoint"/>, with the API token: give it no other destinations. The
/// host of a
/// <see cref="Uri"/> is lower case; an app id with capitals needs <see cref="DefaultAppId"/>. Thread-safe once set up.
/// </remarks>
public class InvocationHandler : DelegatingHandler
{
    private const string TokenHeader = "dapr-api-token";

    private Uri endpoint = DaprDefaults.Parse(DaprDefaults.HttpEndpoint());

    /// <summary>The sidecar's HTTP endpoint. Default: from the environment.</summary>
    /// <exception cref="ArgumentException">Neither http nor https.</exception>
    public string DaprEndpoint
    {
        get => endpoint.OriginalString;
        set => endpoint = DaprDefaults.Parse(value);
    }

    /// <summary>The app id as it is really spelled, where it has capitals.</summary>
    public string? DefaultAppId { get; set; }

    internal string? DaprApiToken { get; set; } = DaprDefaults.ApiToken();

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var original = request.RequestUri;
        if (!TryRewriteUri(original, out var rewritten))
            throw new ArgumentException(
                $"The request URI '{original}' is not a valid Dapr service invocation destination.", nameof(request));
        try
        {
            if (!string.IsNullOrWhiteSpace(DaprApiToken)) request.Headers.Add(TokenHeader, DaprApiToken);
            request.RequestUri = rewritten;
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            request.RequestUri = original;
            request.Headers.Remove(TokenHeader);
        }
    }

    internal bool TryRewriteUri(Uri? uri, [NotNullWhen(true)] out Uri? rewritten)
    {
        rewritten = null;
        if (uri is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) return false;
        var appId = string.Equals(uri.Host, DefaultAppId, StringComparison.OrdinalIgnoreCase) ? DefaultAppId : uri.Host;
        var authority = endpoint.GetLeftPart(UriPartial.Authority);
        rewritten = new Uri($"{authority}/v1.0/invoke/{appId}/method{uri.PathAndQuery}");
        return true;
    }
}
