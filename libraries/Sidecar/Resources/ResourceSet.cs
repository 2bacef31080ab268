using Xingchen.Sidecar.PubSub;
using Xingchen.Sidecar.Secrets;

namespace Xingchen.Sidecar.Resources;

/// <summary>All that was read at the start. Immutable.</summary>
internal sealed class ResourceSet(
    IReadOnlyList<Component> components, IReadOnlyDictionary<string, PubsubComponent> pubsubs,
    IReadOnlyDictionary<string, ISecretStore> secretStores, IReadOnlyList<DeclaredSubscription> subscriptions,
    Configuration configuration)
{
    public Configuration Configuration { get; } = configuration;

    public IEnumerable<Component> ComponentsOf(SidecarOptions app) =>
        components.Where(component => IsFor(component, app));

    /// <summary>A pub/sub component that the app may use.</summary>
    public PubsubComponent? PubsubOf(SidecarOptions app, string name) =>
        pubsubs.TryGetValue(name, out var pubsub) && IsFor(pubsub.Component, app) ? pubsub : null;

    public bool HasPubsub(SidecarOptions app) => pubsubs.Values.Any(pubsub => IsFor(pubsub.Component, app));

    /// <summary>A secret store that the app may use.</summary>
    public ISecretStore? SecretStoreOf(SidecarOptions app, string name) =>
        secretStores.TryGetValue(name, out var store) && IsFor(store.Component, app) ? store : null;

    public bool HasSecretStore(SidecarOptions app) => secretStores.Values.Any(store => IsFor(store.Component, app));

    public IEnumerable<Subscription> SubscriptionsOf(string appId) =>
        from declared in subscriptions
        where declared.Scopes.Count == 0 || declared.Scopes.Contains(appId)
        select declared.Subscription;

    private static bool IsFor(Component component, SidecarOptions app) =>
        component.IsFor(app.AppId) && app.Components?.Contains(component.Name) != false;
}

/// <summary>A subscription from a file.</summary>
internal sealed record DeclaredSubscription(Subscription Subscription, IReadOnlyList<string> Scopes);
