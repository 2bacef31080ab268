using Xingchen.Sidecar.Resources;

namespace Xingchen.Sidecar.PubSub;

/// <summary><c>pubsub.in-memory</c>, with the topics that apps may use.</summary>
/// <remarks>A protected topic needs an explicit scope; where an app has a scope, it has only that.</remarks>
internal sealed class PubsubComponent
{
    private readonly IReadOnlyDictionary<string, string[]> publishing;
    private readonly IReadOnlyDictionary<string, string[]> subscribing;
    private readonly string[] allowed;
    private readonly string[] guarded;

    private PubsubComponent(Component component, ComponentReader reader)
    {
        Component = component;
        publishing = Scopes(reader.Setting(component, "publishingScopes"));
        subscribing = Scopes(reader.Setting(component, "subscriptionScopes"));
        allowed = Topics(reader.Setting(component, "allowedTopics"));
        guarded = Topics(reader.Setting(component, "protectedTopics"));
        reader.Close(component);
    }

    public Component Component { get; }

    public static PubsubComponent Create(Component component, ComponentReader reader) => new(component, reader);

    public bool MayPublish(string appId, string topic) => May(publishing, appId, topic);

    public bool MaySubscribe(string appId, string topic) => May(subscribing, appId, topic);

    private bool May(IReadOnlyDictionary<string, string[]> scopes, string appId, string topic)
    {
        if (allowed.Length > 0 && !allowed.Contains(topic)) return false;
        return scopes.TryGetValue(appId, out var topics) ? topics.Contains(topic) : !guarded.Contains(topic);
    }

    /// <summary><c>app1=topic1,topic2;app2=</c>; spaces do not count.</summary>
    private static Dictionary<string, string[]> Scopes(string? text)
    {
        var scopes = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var entry in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = entry.Split('=', 2);
            scopes[parts[0].Trim()] = parts.Length > 1 ? Topics(parts[1]) : [];
        }
        return scopes;
    }

    private static string[] Topics(string? text) =>
        (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
