using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar.PubSub;

namespace Xingchen.Sidecar.Http;

/// <summary><c>/v1.0/metadata</c>: what the sidecar knows of its app and itself.</summary>
internal sealed class MetadataApi(AppSidecar app)
{
    /// <summary>The daprd whose behaviour this sidecar follows.</summary>
    private const string RuntimeVersion = "1.18.3";

    public async Task GetAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            await SidecarApi.MethodAsync(http, "GET");
            return;
        }
        var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("id", app.AppId);
            json.WriteString("runtimeVersion", RuntimeVersion);
            WriteComponents(json);
            WriteExtended(json);
            WriteSubscriptions(json);
            WriteApp(json);
            json.WriteStartObject("actorRuntime");
            json.WriteString("runtimeStatus", "DISABLED");
            json.WriteBoolean("hostReady", false);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        await ApiError.WriteJsonAsync(http, 200, body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    public async Task SetAsync(HttpContext http, string[] key)
    {
        if (!HttpMethods.IsPut(http.Request.Method))
        {
            await SidecarApi.MethodAsync(http, "PUT");
            return;
        }
        if (await Body.ReadAsync(http, app.Options.MaxBodyBytes) is not { } value) return;
        app.Attributes[string.Join('/', key)] = System.Text.Encoding.UTF8.GetString(value.Span);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private void WriteComponents(Utf8JsonWriter json)
    {
        json.WriteStartArray("components");
        foreach (var component in app.Host.Resources.ComponentsOf(app.Options))
        {
            json.WriteStartObject();
            json.WriteString("name", component.Name);
            json.WriteString("type", component.Type);
            json.WriteString("version", component.Version);
            json.WriteStartArray("capabilities");
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteExtended(Utf8JsonWriter json)
    {
        json.WriteStartObject("extended");
        json.WriteString("daprRuntimeVersion", RuntimeVersion);
        foreach (var (name, value) in app.Attributes) json.WriteString(name, value);
        json.WriteEndObject();
    }

    private void WriteSubscriptions(Utf8JsonWriter json)
    {
        json.WriteStartArray("subscriptions");
        foreach (var subscription in app.Subscriptions.All) Write(json, subscription);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Subscription subscription)
    {
        json.WriteStartObject();
        json.WriteString("pubsubname", subscription.Pubsub);
        json.WriteString("topic", subscription.Topic);
        json.WriteStartObject("metadata");
        foreach (var (name, value) in subscription.Metadata) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteStartArray("rules");
        foreach (var rule in subscription.Rules)
        {
            json.WriteStartObject();
            json.WriteString("match", rule.Match?.ToString() ?? "");
            json.WriteString("path", rule.Path);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("deadLetterTopic", subscription.DeadLetterTopic ?? "");
        json.WriteString("type", subscription.IsDeclared ? "DECLARATIVE" : "PROGRAMMATIC");
        json.WriteEndObject();
    }

    private void WriteApp(Utf8JsonWriter json)
    {
        if (app.Options.AppPort is not { } port) return;
        json.WriteStartObject("appConnectionProperties");
        json.WriteNumber("port", port);
        json.WriteString("protocol", "http");
        json.WriteString("channelAddress", app.Options.AppChannelAddress);
        json.WriteEndObject();
    }
}
