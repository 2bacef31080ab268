using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Dapr.Client;

/// <summary><see cref="DaprClient"/> over Dapr's HTTP API, https://docs.dapr.io/reference/api/.</summary>
internal sealed class HttpDaprClient(HttpClient http, Uri endpoint, JsonSerializerOptions json, string? token)
    : DaprClient
{
    private const string TokenHeader = "dapr-api-token";

    private static readonly HttpRequestOptionsKey<string> AppIdKey = new("appId");
    private static readonly HttpRequestOptionsKey<string> MethodKey = new("methodName");

    private readonly string root = endpoint.GetLeftPart(UriPartial.Authority) + "/v1.0/";

    public override JsonSerializerOptions JsonSerializerOptions => json;

    public override HttpClient CreateInvokableHttpClient(string? appId = null) =>
        CreateInvokeHttpClient(appId, endpoint.AbsoluteUri, token);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, JsonContent.Create(data, options: json), null, cancellationToken);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata,
        CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, JsonContent.Create(data, options: json), metadata, cancellationToken);

    public override Task PublishEventAsync(
        string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, null, null, cancellationToken);

    public override Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata,
            CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, null, metadata, cancellationToken);

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName) =>
        CreateInvokeMethodRequest(httpMethod, appId, methodName, []);

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters)
    {
        ArgumentNullException.ThrowIfNull(httpMethod);
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentNullException.ThrowIfNull(methodName);
        var separator = methodName.Contains('?') ? '&' : '?';
        var uri = new StringBuilder(root).Append("invoke/").Append(appId).Append("/method/").Append(
            methodName.TrimStart('/'));
        foreach (var (name, value) in queryStringParameters)
        {
            uri.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
        var request = new HttpRequestMessage(httpMethod, uri.ToString());
        request.Options.Set(AppIdKey, appId);
        request.Options.Set(MethodKey, methodName);
        Authorize(request);
        return request;
    }

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data)
    {
        var request = CreateInvokeMethodRequest(httpMethod, appId, methodName, queryStringParameters);
        request.Content = JsonContent.Create(data, options: json);
        return request;
    }

    public override async Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw Failed(request, exception, null);
        }
    }

    public override async Task InvokeMethodAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var response = await InvokeMethodWithResponseAsync(request, cancellationToken);
        try
        {
            response.EnsureSuccessStatusCode();
            response.Dispose();
        }
        catch (HttpRequestException exception)
        {
            throw Failed(request, exception, response); // the response is the handler's to read and to dispose of
        }
    }

    public override async Task<TResponse> InvokeMethodAsync<TResponse>(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var response = await InvokeMethodWithResponseAsync(request, cancellationToken);
        try
        {
            response.EnsureSuccessStatusCode();
            var body = (await response.Content.ReadFromJsonAsync<TResponse>(json, cancellationToken))!;
            response.Dispose();
            return body;
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or NotSupportedException)
        {
            throw Failed(request, exception, response);
        }
    }

    public override Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        ReadAsync<Dictionary<string, string>>(
            $"secrets/{Escape(storeName)}/{Escape(key)}{Query(metadata)}", $"read the secret '{key}'",
                cancellationToken);

    public override Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        ReadAsync<Dictionary<string, Dictionary<string, string>>>(
            $"secrets/{Escape(storeName)}/bulk{Query(metadata)}", $"read the secrets of '{storeName}'",
                cancellationToken);

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("healthz", cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("healthz/outbound", cancellationToken);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken))
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
    }

    public override async Task ShutdownSidecarAsync(CancellationToken cancellationToken = default)
    {
        using var response = await SendAsync(HttpMethod.Post, "shutdown", null, "stop the sidecar", cancellationToken);
    }

    public override async Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default)
    {
        var answer = await ReadAsync<MetadataAnswer>("metadata", "read the metadata", cancellationToken);
        return new DaprMetadata(
            answer.Id ?? "",
            [.. (answer.Actors ?? []).Select(actor => new DaprActorMetadata(actor.Type ?? "", actor.Count))],
            answer.Extended ?? [],
            [.. (answer.Components ?? []).Select(component => new DaprComponentsMetadata(
                component.Name ?? "", component.Type ?? "", component.Version ?? "", component.Capabilities ?? []))]);
    }

    public override async Task SetMetadataAsync(
        string attributeName, string attributeValue, CancellationToken cancellationToken = default)
    {
        var body = new StringContent(attributeValue, Encoding.UTF8, "text/plain");
        using var response = await SendAsync(
            HttpMethod.Put, "metadata/" + Escape(attributeName), body, $"set '{attributeName}'", cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) http.Dispose();
    }

    private async Task PublishAsync(
        string pubsub, string topic, HttpContent? body, IReadOnlyDictionary<string, string>? metadata,
            CancellationToken ct)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsub);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        var path = $"publish/{Escape(pubsub)}/{Escape(topic)}{Query(metadata)}";
        using var response = await SendAsync(HttpMethod.Post, path, body, $"publish to '{topic}'", ct);
    }

    private async Task<T> ReadAsync<T>(string path, string purpose, CancellationToken ct)
        where T : new()
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, purpose, ct);
        if (response.StatusCode == System.Net.HttpStatusCode.NoContent) return new T();
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, ct) ?? new T();
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException)
        {
            throw new DaprException($"Could not {purpose}: {exception.Message}", exception);
        }
    }

    /// <summary>Sends to the sidecar's own API.</summary>
    /// <exception cref="DaprException">No answer, or none of success.</exception>
    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, string purpose, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, root + path) { Content = body };
        Authorize(request);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
        }
        catch (HttpRequestException exception)
        {
            throw new DaprException($"Could not {purpose}: {exception.Message}", exception);
        }
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(ct);
            throw new DaprException($"Could not {purpose}: {(int)response.StatusCode} {text}");
        }
    }

    private async Task<bool> IsHealthyAsync(string path, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, root + path);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Authorize(HttpRequestMessage request)
    {
        if (!string.IsNullOrWhiteSpace(token)) request.Headers.TryAddWithoutValidation(TokenHeader, token);
    }

    private static string Query(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is not { Count: > 0 } ? "" : "?" + string.Join('&', metadata.Select(
            pair => $"metadata.{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));

    private static string Escape(string segment) => Uri.EscapeDataString(segment);

    private static InvocationException Failed(
        HttpRequestMessage request, Exception exception, HttpResponseMessage? response)
    {
        request.Options.TryGetValue(AppIdKey, out var appId);
        request.Options.TryGetValue(MethodKey, out var method);
        return new InvocationException(appId, method, exception, response);
    }

    private sealed record MetadataAnswer(
        string? Id, ActorAnswer[]? Actors, Dictionary<string, string>? Extended, ComponentAnswer[]? Components)
    {
        public MetadataAnswer()
            : this(null, null, null, null)
        {
        }
    }

    private sealed record ActorAnswer(string? Type, int Count);

    private sealed record ComponentAnswer(string? Name, string? Type, string? Version, string[]? Capabilities);
}
