using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Xingchen.Gateway.Identity;
using Xingchen.Hosting;

namespace Xingchen.Gateway.Forwarding;

/// <summary>Sends a request on by Dapr invocation and its answer back, streaming both ways.</summary>
/// <remarks>
/// 1. the request without what is this hop's or an identity's; 2. the signed context; 3. the path byte for byte; 4. the
/// body as it comes; 5. the answer's status and headers; 6. its body as it comes. Nothing is tried twice. A caller that
/// leaves cancels the call. What a sidecar says on its own account never reaches a caller. Thread-safe.
/// </remarks>
public sealed class Forwarder : IDisposable
{
    private const string StandIn = "/carried";
    private const int PieceBytes = 64 * 1024;

    private readonly HttpMessageInvoker sidecar;
    private readonly string endpoint;
    private readonly string? apiToken;
    private readonly TimeSpan patience;
    private readonly ContextSigner signer;
    private readonly RevocationWatch revocations;
    private readonly ILogger<Forwarder> logger;

    public Forwarder(
        IConfiguration configuration, IOptions<GatewayOptions> options, ContextSigner signer,
        RevocationWatch revocations, ILogger<Forwarder> logger)
    {
        endpoint = configuration["DAPR_HTTP_ENDPOINT"] is { Length: > 0 } given
            ? given.TrimEnd('/') : "http://127.0.0.1:" + (configuration["DAPR_HTTP_PORT"] ?? "3500");
        apiToken = configuration["DAPR_API_TOKEN"] is { Length: > 0 } token ? token : null;
        patience = TimeSpan.FromSeconds(options.Value.ResponseSeconds);
        this.signer = signer;
        this.revocations = revocations;
        this.logger = logger;
        sidecar = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        });
    }

    /// <param name="http">The request, within its route's body limit.</param>
    /// <param name="appId">Who serves it.</param>
    /// <param name="context">The verified caller, or null for a route that asks for no token.</param>
    /// <exception cref="ProblemException"><c>unavailable</c>, <c>timeout</c>, <c>body-too-large</c>.</exception>
    public async Task ForwardAsync(HttpContext http, string appId, OrgContext? context)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var body = BodyOf(http, () => late.CancelAfter(patience));
        if (body is null) late.CancelAfter(patience);
        using var request = Request(http, appId, context, body);
        HttpResponseMessage response;
        try
        {
            response = await sidecar.SendAsync(request, late.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException
            or BadHttpRequestException)
        {
            throw Explain(exception, http, body, appId);
        }
        using (response)
        {
            late.CancelAfter(Timeout.InfiniteTimeSpan); // it has begun to answer
            if (!response.Headers.Contains(ServiceClient.ServiceHeader))
            {
                logger.LogWarning("{AppId} was not reached: the sidecar answered {Status}", appId,
                    (int)response.StatusCode);
                throw BrokenOff();
            }
            await RespondAsync(http, response, context);
        }
    }

    public void Dispose() => sidecar.Dispose();

    private static RequestBody? BodyOf(HttpContext http, Action sent) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
            ? new RequestBody(http.Request.Body, http.Request.ContentLength, sent)
            : http.Request.ContentType is null && http.Request.ContentLength is null ? null
                : new RequestBody(Stream.Null, 0, sent);

    private HttpRequestMessage Request(HttpContext http, string appId, OrgContext? context, RequestBody? body)
    {
        var path = PathSegments.RawPath(http);
        var plain = PathSegments.IsPlain(path);
        var uri = $"{endpoint}/v1.0/invoke/{appId}/method{(plain ? path : StandIn)}{http.Request.QueryString.Value}";
        var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri(uri))
        {
            Version = System.Net.HttpVersion.Version11, Content = body,
        };
        var connection = http.Request.Headers.Connection;
        foreach (var (name, values) in http.Request.Headers)
        {
            if (!HeaderRules.Inbound(name, connection)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                body?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        if (context is not null) request.Headers.TryAddWithoutValidation(ContextSigner.Header, signer.Sign(context));
        else if (http.Request.Headers.Authorization is { Count: > 0 } basic) // the token endpoint takes HTTP Basic
            request.Headers.TryAddWithoutValidation("Authorization", basic.AsEnumerable());
        if (!plain) request.Headers.TryAddWithoutValidation(PathSegments.Header, path);
        if (apiToken is not null) request.Headers.TryAddWithoutValidation("dapr-api-token", apiToken);
        return request;
    }

    private async Task RespondAsync(HttpContext http, HttpResponseMessage response, OrgContext? context)
    {
        http.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (HeaderRules.Outbound(name)) http.Response.Headers.Append(name, new([.. values]));
        }
        var ct = http.RequestAborted;
        var piece = System.Buffers.ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            while (await body.ReadAsync(piece, ct) is > 0 and var read)
            {
                // An answer that goes on for long (a feed that is followed) ends with its caller's right to it.
                if (context is not null && http.Response.HasStarted
                    && (await revocations.FreshAsync(ct)).Refuses(context))
                {
                    http.Abort();
                    return;
                }
                await http.Response.Body.WriteAsync(piece.AsMemory(0, read), ct);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            or OperationCanceledException || (exception is ProblemException && http.Response.HasStarted))
        {
            http.Abort(); // half an answer must not look like a whole one
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private ProblemException Explain(Exception exception, HttpContext http, RequestBody? body, string appId)
    {
        if (body?.CallerFailure is BadHttpRequestException { StatusCode: 413 })
            return new ProblemException(Problems.BodyTooLarge, "Send less, or import it as a file.");
        if (body?.CallerFailure is BadHttpRequestException bad) return new ProblemException(Problems.RequestInvalid,
            bad.Message);
        if (http.RequestAborted.IsCancellationRequested) return Unavailable(); // nobody is there to read it
        if (exception is OperationCanceledException)
            return new ProblemException(Problems.Timeout,
                "The service took too long to begin its answer. What was asked may yet happen.");
        logger.LogWarning("{AppId} was not reached: {Message}", appId, exception.Message);
        return exception is HttpRequestException { InnerException: SocketException } ? Unavailable() : BrokenOff();
    }

    private static ProblemException BrokenOff() =>
        new(Problems.Unavailable,
            "The service did not answer. What was asked may have happened: look before you repeat it.")
            { RetryAfterSeconds = 1 };

    private static ProblemException Unavailable() =>
        new(Problems.Unavailable,
            "This part of the system does not answer for the moment. Nothing was done; try again.")
            { RetryAfterSeconds = 1 };
}
