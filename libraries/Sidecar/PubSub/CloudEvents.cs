using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.PubSub;

/// <summary>What is published, before it is an event.</summary>
/// <param name="AppId">The publisher.</param>
/// <param name="Pubsub">The component.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Data">The payload.</param>
/// <param name="ContentType">Of the payload; null for text.</param>
/// <param name="Metadata">Of the request: <c>cloudevent.*</c> overrides attributes.</param>
/// <param name="Type">The attribute <c>type</c> by default.</param>
/// <param name="Trace">The trace that it belongs to.</param>
/// <param name="Now">The time of publication.</param>
/// <param name="Expires">When it expires; null for never.</param>
internal sealed record Publication(
    string AppId, string Pubsub, string Topic, ReadOnlyMemory<byte> Data, string? ContentType,
    IReadOnlyDictionary<string, string> Metadata, string Type, TraceContext Trace, DateTimeOffset Now,
        DateTimeOffset? Expires);

/// <summary>Dapr's envelope (https://github.com/cloudevents/spec, 1.0, structured JSON).</summary>
internal static class CloudEvents
{
    public const string SentType = "com.dapr.event.sent";
    public const string BulkType = "com.dapr.event.sent.bulk";

    private const string Time = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The envelope of a publication.</summary>
    /// <exception cref="FormatException">It says that it is a CloudEvent, and is none.</exception>
    public static ReadOnlyMemory<byte> Wrap(Publication publication)
    {
        var mediaType = MediaTypeHeaderValue.TryParse(publication.ContentType, out var parsed)
            ? parsed.MediaType ?? "" : publication.ContentType ?? "";
        if (mediaType.Equals("application/cloudevents+json",
            StringComparison.OrdinalIgnoreCase)) return Complete(publication);
        var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, Relaxed))
        {
            json.WriteStartObject();
            foreach (var (name, value) in Attributes(publication)) json.WriteString(name, value);
            json.WriteString("datacontenttype", publication.ContentType ?? "text/plain");
            json.WriteString("pubsubname", publication.Pubsub);
            json.WriteString("topic", publication.Topic);
            if (publication.Expires is { } expires) json.WriteString("expiration", expires.UtcDateTime.ToString(Time));
            WriteData(json, mediaType, publication.Data.Span);
            json.WriteEndObject();
        }
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>A raw payload for an app that is told of it as an event.</summary>
    public static ReadOnlyMemory<byte> WrapRaw(ReadOnlyMemory<byte> data, Subscription to, TimeProvider time)
    {
        var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.NewGuid());
            json.WriteString("specversion", "1.0");
            json.WriteString("type", SentType);
            json.WriteString("source", "Dapr");
            json.WriteString("datacontenttype", "application/octet-stream");
            json.WriteString("topic", to.Topic);
            json.WriteString("pubsubname", to.Pubsub);
            json.WriteString("time", time.GetUtcNow().UtcDateTime.ToString(Time));
            json.WriteBase64String("data_base64", data.Span);
            json.WriteEndObject();
        }
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>The attributes that metadata may override.</summary>
    private static IEnumerable<(string Name, string Value)> Attributes(Publication publication)
    {
        yield return Attribute(publication, "id", Guid.NewGuid().ToString())!.Value;
        yield return ("specversion", "1.0");
        yield return Attribute(publication, "source", publication.AppId)!.Value;
        yield return Attribute(publication, "type", publication.Type)!.Value;
        yield return Attribute(publication, "traceid", publication.Trace.Parent)!.Value;
        yield return Attribute(publication, "traceparent", publication.Trace.Parent)!.Value;
        yield return Attribute(publication, "tracestate", publication.Trace.State ?? "")!.Value;
        yield return ("time", publication.Now.UtcDateTime.ToString(Time));
        if (Attribute(publication, "subject", null) is { } subject) yield return subject;
    }

    private static (string Name, string Value)? Attribute(Publication publication, string name, string? value)
    {
        var given = publication.Metadata.GetValueOrDefault("cloudevent." + name) ?? value;
        return given is null ? null : (name, given);
    }

    private static void WriteData(Utf8JsonWriter json, string mediaType, ReadOnlySpan<byte> data)
    {
        if (mediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
            || mediaType.Equals("application/cloudevents+protobuf", StringComparison.OrdinalIgnoreCase))
        {
            json.WriteBase64String("data_base64", data);
            return;
        }
        json.WritePropertyName("data");
        if (IsJson(mediaType)
            && IsJson(data)) json.WriteRawValue(data, skipInputValidation: true); // numbers stay as they are
        else json.WriteStringValue(Encoding.UTF8.GetString(data));
    }

    /// <summary>An event that the app made itself: what is missing is filled in, topic and component are the real
    /// ones.</summary>
    private static ReadOnlyMemory<byte> Complete(Publication publication)
    {
        JsonObject? given;
        try
        {
            given = JsonNode.Parse(publication.Data.Span) as JsonObject;
        }
        catch (JsonException exception)
        {
            throw new FormatException("the body is no JSON: " + exception.Message, exception);
        }
        if (given is null) throw new FormatException("the body is no JSON object");
        foreach (var (name, value) in Attributes(publication))
        {
            var isOverridden = publication.Metadata.ContainsKey("cloudevent." + name);
            if (isOverridden || given[name] is null) given[name] = value;
        }
        given["topic"] = publication.Topic;
        given["pubsubname"] = publication.Pubsub;
        if (publication.Expires is { } expires) given["expiration"] = expires.UtcDateTime.ToString(Time);
        return JsonSerializer.SerializeToUtf8Bytes(given);
    }

    private static bool IsJson(string mediaType) =>
        mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            if (!reader.Read()) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
