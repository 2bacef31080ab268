using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Xingchen.Sidecar.Invoke;

/// <summary>Passes a request to an app and its answer back, both as streams.</summary>
/// <remarks>Memory per request is a few buffers, whatever the bodies' sizes: each read is written and flushed at
/// once, which is also what server-sent events need. The answer is read once the request is sent, as .NET's HTTP/1.1
/// does it. Nothing is tried twice. Thread-safe.</remarks>
internal sealed class Forwarder(HttpMessageInvoker transport)
{
    private const long LargeBody = 1024 * 1024;

    private static readonly UriCreationOptions AsGiven = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Forwards.</summary>
    /// <returns>Null, or why there was no answer; then nothing has been written to the caller.</returns>
    public async Task<string?> SendAsync(HttpContext http, Hop hop, string path)
    {
        using var request = Request(http, hop, path);
        HttpResponseMessage answer;
        try
        {
            answer = await transport.SendAsync(request, http.RequestAborted);
        }
        catch (HttpRequestException exception)
        {
            return Reason(exception);
        }
        catch (OperationCanceledException exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            return exception.InnerException?.Message ?? "timed out"; // of the connection: there is no other time limit
        }
        using (answer) await AnswerAsync(http, answer);
        return null;
    }

    private static HttpRequestMessage Request(HttpContext http, Hop hop, string path)
    {
        var inbound = http.Request;
        var address = string.Concat(hop.Callee.AppAddress, "/", path, inbound.QueryString.Value);
        var request = new HttpRequestMessage(HttpMethod.Parse(inbound.Method), new Uri(address, AsGiven))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            request.Content = new RequestBody(inbound.BodyReader, inbound.ContentLength);
        else if (inbound.ContentLength == 0)
            request.Content = new EmptyContent();
        hop.Write(inbound.Headers, request);
        // A callee that refuses by the head alone is heard before the body is sent, and not cut off by it.
        if (request.Content is RequestBody
            && inbound.ContentLength is null or > LargeBody) request.Headers.ExpectContinue = true;
        return request;
    }

    private static async Task AnswerAsync(HttpContext http, HttpResponseMessage answer)
    {
        var response = http.Response;
        response.StatusCode = (int)answer.StatusCode;
        Hop.CopyBack(answer, response.Headers);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
            await CopyAsync(body, response.BodyWriter, answer.Content.Headers.ContentLength, http.RequestAborted);
        }
        catch (Exception exception) when (
            exception is IOException or HttpRequestException or OperationCanceledException)
        {
            http.Abort(); // half an answer: the caller must see that it is not whole
        }
    }

    private static async Task CopyAsync(Stream body, PipeWriter caller, long? length, CancellationToken ct)
    {
        // A read of nothing waits for the first bytes: if they are not there yet, the head of the answer goes first.
        var first = body.ReadAsync(Memory<byte>.Empty, ct);
        if (!first.IsCompleted && length != 0) await caller.FlushAsync(ct);
        await first;
        var copied = 0L;
        while (length is null || copied < length)
        {
            var read = await body.ReadAsync(caller.GetMemory(4096), ct);
            if (read == 0) return;
            copied += read;
            caller.Advance(read);
            var flushed = await caller.FlushAsync(ct);
            if (flushed.IsCompleted) return;
        }
    }

    private static string Reason(HttpRequestException exception) => exception.InnerException is SocketException socket
        ? $"the app does not answer ({socket.SocketErrorCode})" : exception.Message;
}
