using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.PubSub;

/// <summary>POSTs one message to the app and reads what it says of it.</summary>
internal sealed class Courier(AppSidecar app)
{
    private static readonly MediaTypeHeaderValue ContentType = new("application/cloudevents+json");

    public async Task<Outcome> PostAsync(
        string path, ReadOnlyMemory<byte> data, BusMessage message, string pubsub, CancellationToken ct)
    {
        if (app.AppAddress is null) return Outcome.Drop;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{app.AppAddress}/{path.TrimStart('/')}")
        {
            Content = new ReadOnlyMemoryContent(data) { Headers = { ContentType = ContentType } },
        };
        var trace = TraceContext.Continue(message.TraceParent, message.TraceState, sampling: 1);
        request.Headers.TryAddWithoutValidation("traceparent", trace.Parent);
        if (trace.State is not null) request.Headers.TryAddWithoutValidation("tracestate", trace.State);
        request.Headers.TryAddWithoutValidation("pubsubName", pubsub);
        if (!string.IsNullOrEmpty(app.Options.AppToken))
            request.Headers.TryAddWithoutValidation(SidecarApi.TokenHeader, app.Options.AppToken);
        try
        {
            using var answer = await app.Host.Transport.SendAsync(request, ct);
            return await ReadAsync(answer, ct);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException)
        {
            return Outcome.Unreachable;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Outcome.Retry;
        }
    }

    /// <summary>2xx is taken, unless its JSON has a <c>status</c> that says otherwise; 404 is dropped; the rest is
    /// retried.</summary>
    private static async Task<Outcome> ReadAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        if (answer.StatusCode == HttpStatusCode.NotFound) return Outcome.Drop;
        if (!answer.IsSuccessStatusCode) return Outcome.Retry;
        var body = await answer.Content.ReadAsByteArrayAsync(ct);
        return Status(body) switch
        {
            null or "" or "SUCCESS" => Outcome.Done,
            "DROP" => Outcome.Drop,
            _ => Outcome.Retry,
        };
    }

    private static string? Status(byte[] body)
    {
        if (body.Length == 0) return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
            var status = json.RootElement.EnumerateObject()
                .FirstOrDefault(member => member.Name.Equals("status", StringComparison.OrdinalIgnoreCase)).Value;
            return status.ValueKind == JsonValueKind.String ? status.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
