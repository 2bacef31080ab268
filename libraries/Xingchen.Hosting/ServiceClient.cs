using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Client;

namespace Xingchen.Hosting;

/// <summary>Calls another service through the sidecars, in the name of a caller or of this service itself.</summary>
/// <remarks>
/// Signs the context anew for each call, so that it is never too old. A problem of the other service comes back as the
/// same <see cref="ProblemException"/>; that it does not answer is <c>unavailable</c>. No retries here: the sidecar's
/// resiliency policy has them, and two layers of retries multiply. Thread-safe.
/// </remarks>
public sealed class ServiceClient(DaprClient dapr, ContextSigner signer)
{
    /// <summary>On every answer of our services: what lacks it was made by a sidecar on the way.</summary>
    public const string ServiceHeader = "Xingchen-Service";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly ConcurrentDictionary<string, HttpClient> clients = new();

    /// <summary>The context of work that no caller asked for: the platform's org, with the scope <c>internal</c>
    /// alone.</summary>
    /// <param name="service">Who works: becomes the actor.</param>
    public static OrgContext Internal(string service) =>
        new(OrgId.Platform, "platform", new AccountId(1), "main", service, [Scopes.Internal], "", "");

    /// <summary>Sends and reads JSON.</summary>
    /// <param name="method">Of HTTP.</param>
    /// <param name="appId">Of <c>AppIds</c>.</param>
    /// <param name="path">From the slash, with its query, every segment escaped.</param>
    /// <param name="body">Sent as JSON where not null.</param>
    /// <param name="context">Whom the call is for.</param>
    /// <param name="ct">Ends the wait and the call.</param>
    /// <exception cref="ProblemException">The other service's own, or <c>unavailable</c>.</exception>
    public async Task<T> SendAsync<T>(
        HttpMethod method, string appId, string path, object? body, OrgContext context, CancellationToken ct)
    {
        using var content = body is null ? null : JsonContent.Create(body, options: Json);
        using var response = await OpenAsync(method, appId, path, content, context, ct);
        try
        {
            return (await response.Content.ReadFromJsonAsync<T>(Json, ct))!;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unavailable();
        }
    }

    /// <inheritdoc cref="SendAsync{T}"/>
    public Task<T> GetAsync<T>(string appId, string path, OrgContext context, CancellationToken ct) =>
        SendAsync<T>(HttpMethod.Get, appId, path, null, context, ct);

    /// <summary>Sends, and gives the answer once its headers are there, for streaming. The caller disposes of
    /// it.</summary>
    /// <exception cref="ProblemException">The other service's own, or <c>unavailable</c>.</exception>
    public async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string appId, string path, HttpContent? content, OrgContext context, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Add(ContextSigner.Header, signer.Sign(context));
        CarryPath(request, path);
        HttpResponseMessage response;
        try
        {
            response = await ClientOf(appId).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unavailable();
        }
        if (response.IsSuccessStatusCode && response.Headers.Contains(ServiceHeader)) return response;
        using (response)
            throw await ProblemOfAsync(response, ct);
    }

    private static void CarryPath(HttpRequestMessage request, string path)
    {
        var query = path.IndexOf('?');
        var bare = query < 0 ? path : path[..query];
        if (PathSegments.IsPlain(bare)) return;
        request.Headers.Add(PathSegments.Header, bare);
        request.RequestUri = new Uri("/carried" + (query < 0 ? "" : path[query..]), UriKind.Relative);
    }

    private static async Task<ProblemException> ProblemOfAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (!response.Headers.Contains(ServiceHeader)
            || response.Content.Headers.ContentType is not { MediaType: ProblemWriter.ContentType })
            return Unavailable();
        try
        {
            var details = await response.Content.ReadFromJsonAsync<Details>(Json, ct);
            var slug = details?.Type?.Split('/')[^1] ?? "";
            if (!Problems.BySlug.TryGetValue(slug, out var problem) || problem.Status >= 500) return Unavailable();
            return new ProblemException(problem, details!.Detail ?? problem.Title, details.Errors);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
        {
            return Unavailable();
        }
    }

    private HttpClient ClientOf(string appId) => clients.GetOrAdd(appId, id =>
    {
        var client = dapr.CreateInvokableHttpClient(id);
        client.Timeout = Timeout.InfiniteTimeSpan; // the caller's token decides
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));
        return client;
    });

    private static ProblemException Unavailable() =>
        new(Problems.Unavailable,
            "A part of the system does not answer for the moment. Try again.") { RetryAfterSeconds = 1 };

    private sealed record Details(string? Type, string? Detail, IReadOnlyList<Finding>? Errors);
}
