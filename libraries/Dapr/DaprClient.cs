using System.Text.Json;

namespace Dapr.Client;

/// <summary>Talks to this app's sidecar: invocation, publishing, secrets, health, metadata.</summary>
/// <remarks>
/// The part of <c>Dapr.Client.DaprClient</c> (SDK 1.18) that the services use, under the same names and signatures,
/// so that the same code compiles against the real package with <c>-p:DaprSdk=nuget</c>. One instance lives as long as
/// the app; thread-safe. Failures of the sidecar are <see cref="DaprException"/>, of invocations
/// <see cref="InvocationException"/>.
/// </remarks>
public abstract class DaprClient : IDisposable
{
    private bool disposed;

    /// <summary>How bodies are written and read. Default: <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public abstract JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>A client whose requests go to apps through the sidecar: <c>http://app-id/path</c>, or a relative
    /// path.</summary>
    /// <param name="appId">The app that relative paths are for; required where the app id has capitals.</param>
    /// <param name="daprEndpoint">Default: from <c>DAPR_HTTP_ENDPOINT</c> or <c>DAPR_HTTP_PORT</c>.</param>
    /// <param name="daprApiToken">Default: from <c>DAPR_API_TOKEN</c>.</param>
    /// <exception cref="ArgumentException">The app id is no host name, or the endpoint no HTTP URI.</exception>
    public static HttpClient CreateInvokeHttpClient(
        string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler { InnerHandler = new HttpClientHandler(), DefaultAppId = appId };
        if (daprApiToken is not null) handler.DaprApiToken = daprApiToken;
        if (daprEndpoint is not null) handler.DaprEndpoint = daprEndpoint;
        var client = new HttpClient(handler);
        if (appId is null) return client;
        try
        {
            client.BaseAddress = new Uri($"http://{appId}");
        }
        catch (UriFormatException inner)
        {
            client.Dispose();
            throw new ArgumentException("The appId must be a valid hostname.", nameof(appId), inner);
        }
        return client;
    }

    /// <summary>As <see cref="CreateInvokeHttpClient"/>, with this client's endpoint and token.</summary>
    public abstract HttpClient CreateInvokableHttpClient(string? appId = null);

    /// <summary>Publishes <paramref name="data"/> as JSON.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default);

    /// <summary>Publishes <paramref name="data"/> as JSON, with metadata such as <c>ttlInSeconds</c> or
    /// <c>rawPayload</c>.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata,
        CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task PublishEventAsync(
        string pubsubName, string topicName, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data, with metadata.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata,
            CancellationToken cancellationToken = default);

    /// <summary>A POST to a method of an app; for <see cref="InvokeMethodWithResponseAsync"/>.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    /// <summary>A POST of <paramref name="data"/> as JSON to a method of an app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    /// <summary>A request to a method of an app.</summary>
    /// <param name="httpMethod">Any HTTP method.</param>
    /// <param name="appId">The app.</param>
    /// <param name="methodName">A path, with or without a leading slash, and its query.</param>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId,
        string methodName);

    /// <summary>A request to a method of an app; <paramref name="queryStringParameters"/> are escaped and
    /// added.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters);

    /// <summary>A request with <paramref name="data"/> as a JSON body.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data);

    /// <summary>Sends the request and gives the answer back, whatever its status. The caller disposes of it.</summary>
    /// <exception cref="InvocationException">No answer came.</exception>
    public abstract Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends the request.</summary>
    /// <exception cref="InvocationException">No answer, or none of success.</exception>
    public abstract Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends the request and reads the answer's JSON.</summary>
    /// <exception cref="InvocationException">No answer, none of success, or no JSON of this type.</exception>
    public abstract Task<TResponse> InvokeMethodAsync<TResponse>(
        HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="InvokeMethodAsync(HttpRequestMessage, CancellationToken)"/>
    public Task InvokeMethodAsync(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync(HttpRequestMessage, CancellationToken)"/>
    public Task InvokeMethodAsync(
        HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync(HttpRequestMessage, CancellationToken)"/>
    public Task InvokeMethodAsync<TRequest>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync(HttpRequestMessage, CancellationToken)"/>
    public Task InvokeMethodAsync<TRequest>(
        HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken =
            default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync{TResponse}(HttpRequestMessage, CancellationToken)"/>
    public Task<TResponse> InvokeMethodAsync<TResponse>(
        string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync{TResponse}(HttpRequestMessage, CancellationToken)"/>
    public Task<TResponse> InvokeMethodAsync<TResponse>(
        HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync{TResponse}(HttpRequestMessage, CancellationToken)"/>
    public Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <inheritdoc cref="InvokeMethodAsync{TResponse}(HttpRequestMessage, CancellationToken)"/>
    public Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(
        HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken =
            default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data),
            cancellationToken);

    /// <summary>One secret: its values by key; most stores have one value, under the secret's own name.</summary>
    /// <exception cref="DaprException">No such store or secret, or the app may not read it.</exception>
    public abstract Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>All secrets that the app may read, by name.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Whether the sidecar and its app are ready; false where nothing answers.</summary>
    public abstract Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the sidecar's own APIs are ready; true also while it still waits for the app.</summary>
    public abstract Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until <see cref="CheckOutboundHealthAsync"/> is true.</summary>
    /// <exception cref="OperationCanceledException"/>
    public abstract Task WaitForSidecarAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks the sidecar to stop.</summary>
    public abstract Task ShutdownSidecarAsync(CancellationToken cancellationToken = default);

    /// <summary>What the sidecar says of itself.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default);

    /// <summary>Adds an attribute to the sidecar's metadata.</summary>
    /// <exception cref="DaprException"/>
    public abstract Task SetMetadataAsync(
        string attributeName, string attributeValue, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        Dispose(disposing: true);
        disposed = true;
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes of what an implementation holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
