using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Sidecar.Http;

/// <summary>Dapr's errors: <c>{"errorCode","message"}</c>, for pub/sub with <c>details</c>.</summary>
internal static class ApiError
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext http, int status, string code, string message) =>
        WriteAsync(http, status, code, message, reason: null, appId: null);

    /// <param name="http">The request that failed.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">Dapr's code, <c>ERR_…</c>.</param>
    /// <param name="message">What is wrong, for people.</param>
    /// <param name="reason">The reason of a <c>google.rpc.ErrorInfo</c>; null for an error without details.</param>
    /// <param name="appId">The app whose sidecar this is.</param>
    public static async Task WriteAsync(
        HttpContext http, int status, string code, string message, string? reason, string? appId)
    {
        var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("errorCode", code);
            json.WriteString("message", message);
            if (reason is not null) WriteDetails(json, reason, appId);
            json.WriteEndObject();
        }
        await WriteJsonAsync(http, status, body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    /// <summary>Answers with JSON that is there already.</summary>
    public static async Task WriteJsonAsync(HttpContext http, int status, ReadOnlyMemory<byte> json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = json.Length;
        await http.Response.BodyWriter.WriteAsync(json, http.RequestAborted);
    }

    public static async Task WriteTextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(text, http.RequestAborted);
    }

    private static void WriteDetails(Utf8JsonWriter json, string reason, string? appId)
    {
        json.WriteStartArray("details");
        json.WriteStartObject();
        json.WriteString("@type", "type.googleapis.com/google.rpc.ErrorInfo");
        json.WriteString("domain", "dapr.io");
        json.WriteString("reason", reason);
        json.WriteStartObject("metadata");
        json.WriteString("appID", appId);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
