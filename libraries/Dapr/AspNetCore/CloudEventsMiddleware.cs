using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr;

/// <summary>Unwraps CloudEvents in the structured format: the body and its type become those of the event's
/// data.</summary>
internal sealed class CloudEventsMiddleware(RequestDelegate next)
{
    private const string ContentType = "application/cloudevents+json";

    public Task InvokeAsync(HttpContext http) =>
        MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
        && type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase)
            ? UnwrapAsync(http)
            : next(http);

    private async Task UnwrapAsync(HttpContext http)
    {
        JsonElement envelope;
        try
        {
            envelope = await JsonSerializer.DeserializeAsync<JsonElement>(
                http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var hasData = envelope.TryGetProperty("data", out var data);
        var hasBinary = envelope.TryGetProperty("data_base64", out var binary);
        if (hasData && hasBinary)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var (type, isJson) = DataType(envelope);
        var body = hasBinary ? binary.GetBytesFromBase64()
            : !hasData ? []
            : isJson || data.ValueKind != JsonValueKind.String ? JsonSerializer.SerializeToUtf8Bytes(data)
            : Encoding.UTF8.GetBytes(data.GetString()!);
        await WithBodyAsync(http, body, hasData || hasBinary ? type : null);
    }

    private async Task WithBodyAsync(HttpContext http, byte[] body, string? type)
    {
        var request = http.Request;
        var (originalBody, originalType, originalLength) = (request.Body, request.ContentType, request.ContentLength);
        try
        {
            request.Body = new MemoryStream(body, writable: false);
            request.ContentType = type;
            request.ContentLength = body.Length;
            await next(http);
        }
        finally
        {
            (request.Body, request.ContentType, request.ContentLength) = (originalBody, originalType, originalLength);
        }
    }

    /// <summary>The type of the data, without a charset (the data is UTF-8 here), and whether it is JSON.</summary>
    private static (string Type, bool IsJson) DataType(JsonElement envelope)
    {
        if (!envelope.TryGetProperty("datacontenttype", out var given) || given.ValueKind != JsonValueKind.String
            || !MediaTypeHeaderValue.TryParse(given.GetString(), out var parsed))
            return ("application/json", true);
        parsed.Charset = default;
        var isJson = parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || parsed.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase);
        return (parsed.ToString(), isJson);
    }
}
