using System.Globalization;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.PubSub;

/// <summary><c>POST /v1.0/publish/{pubsub}/{topic}</c> and its bulk form.</summary>
internal sealed class PublishApi(AppSidecar app)
{
    private const string Metadata = "metadata.";

    public async Task PublishAsync(HttpContext http, string pubsub, string[] topicSegments)
    {
        var topic = string.Join('/', topicSegments);
        if (await CheckAsync(http, pubsub, topic) is not { } metadata) return;
        if (await Body.ReadAsync(http, app.Options.MaxBodyBytes) is not { } body) return;
        if (!TryExpiry(metadata, out var expires))
        {
            await FailAsync(http, 400, "ERR_PUBSUB_REQUEST_METADATA", "DAPR_PUBSUB_METADATA_DESERIALIZATION",
                "ttlInSeconds must be a whole number above 0");
            return;
        }
        try
        {
            var type = http.Request.ContentType;
            Publish(Publication(http, pubsub, topic, body, type, metadata, CloudEvents.SentType, expires));
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (FormatException exception)
        {
            await FailAsync(http, 400, "ERR_PUBSUB_CLOUD_EVENTS_SER", "DAPR_PUBSUB_CLOUD_EVENTS_SERIALIZATION",
                $"cannot create cloudevent: {exception.Message}");
        }
    }

    public async Task BulkAsync(HttpContext http, string pubsub, string[] topicSegments)
    {
        var topic = string.Join('/', topicSegments);
        if (await CheckAsync(http, pubsub, topic) is not { } metadata) return;
        if (await Body.ReadAsync(http, app.Options.MaxBodyBytes) is not { } body) return;
        if (!BulkEntry.TryRead(body, out var entries, out var problem))
        {
            await FailAsync(http, 400, "ERR_PUBSUB_EVENTS_SER", "DAPR_PUBSUB_MARSHAL_EVENTS",
                $"error when unmarshaling the request for topic {topic} pubsub {pubsub}: {problem}");
            return;
        }
        var publications = new List<Publication>();
        foreach (var entry in entries)
        {
            var merged = Merge(metadata, entry.Metadata);
            if (!TryExpiry(merged, out var expires))
            {
                await FailAsync(http, 400, "ERR_PUBSUB_REQUEST_METADATA", "DAPR_PUBSUB_METADATA_DESERIALIZATION",
                    $"ttlInSeconds of {entry.Id} must be a whole number above 0");
                return;
            }
            publications.Add(Publication(
                http, pubsub, topic, entry.Event, entry.ContentType, merged, CloudEvents.BulkType, expires));
        }
        foreach (var publication in publications) Publish(publication);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Publication Publication(
        HttpContext http, string pubsub, string topic, ReadOnlyMemory<byte> data, string? contentType,
        Dictionary<string, string> metadata, string type, DateTimeOffset? expires)
    {
        var headers = http.Request.Headers;
        var trace = TraceContext.Continue(
            headers.TraceParent, headers.TraceState, app.Host.Resources.Configuration.SamplingRate);
        return new Publication(
            app.AppId, pubsub, topic, data, contentType, metadata, type, trace, app.Host.Options.Time.GetUtcNow(),
                expires);
    }

    private void Publish(Publication publication)
    {
        var isRaw = Subscription.IsSet(publication.Metadata, Subscription.RawPayload);
        var data = isRaw ? publication.Data : CloudEvents.Wrap(publication);
        app.Host.Bus.Publish(publication.Pubsub, publication.Topic, new BusMessage(
            data, isRaw, publication.Expires, publication.Trace.Parent, publication.Trace.State));
    }

    /// <summary>The request's metadata; null after an error was answered.</summary>
    private async Task<Dictionary<string, string>?> CheckAsync(HttpContext http, string pubsub, string topic)
    {
        var resources = app.Host.Resources;
        if (!HttpMethods.IsPost(http.Request.Method) && !HttpMethods.IsPut(http.Request.Method))
            await SidecarApi.MethodAsync(http, "POST, PUT");
        else if (!resources.HasPubsub(app.Options))
            await FailAsync(http, 400, "ERR_PUBSUB_NOT_CONFIGURED", "DAPR_PUBSUB_NOT_CONFIGURED",
                "pubsub is not configured");
        else if (pubsub.Length == 0)
            await FailAsync(http, 404, "ERR_PUBSUB_EMPTY", "DAPR_PUBSUB_NAME_EMPTY", "pubsub name is empty");
        else if (resources.PubsubOf(app.Options, pubsub) is not { } component)
            await FailAsync(http, 404, "ERR_PUBSUB_NOT_FOUND", "DAPR_PUBSUB_NOT_FOUND", $"pubsub '{pubsub}' not found");
        else if (topic.Length == 0)
            await FailAsync(http, 404, "ERR_TOPIC_NAME_EMPTY", "DAPR_PUBSUB_TOPIC_NAME_EMPTY",
                $"topic is empty in pubsub '{pubsub}'");
        else if (!component.MayPublish(app.AppId, topic))
            await FailAsync(http, 403, "ERR_PUBSUB_FORBIDDEN", "DAPR_PUBSUB_FORBIDDEN",
                $"topic {topic} is not allowed for app id {app.AppId}");
        else
            return http.Request.Query.Where(pair => pair.Key.StartsWith(Metadata)).ToDictionary(
                pair => pair.Key[Metadata.Length..], pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return null;
    }

    private Task FailAsync(HttpContext http, int status, string code, string reason, string message) =>
        ApiError.WriteAsync(http, status, code, message, reason, app.AppId);

    /// <summary><c>ttlInSeconds</c>, or its old name <c>ttl</c>.</summary>
    private bool TryExpiry(Dictionary<string, string> metadata, out DateTimeOffset? expires)
    {
        expires = null;
        var text = metadata.GetValueOrDefault("ttlInSeconds") ?? metadata.GetValueOrDefault("ttl");
        if (string.IsNullOrEmpty(text)) return true;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds == 0) return false;
        expires = app.Host.Options.Time.GetUtcNow().AddSeconds(seconds);
        return true;
    }

    private static Dictionary<string, string> Merge(
        Dictionary<string, string> request, Dictionary<string, string> entry)
    {
        var merged = new Dictionary<string, string>(request, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in entry) merged[name] = value;
        return merged;
    }
}
