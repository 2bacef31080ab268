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

    public IEnumerable<Component> ComponentsOf(string appId) => components.Where(component => component.IsFor(appId));

    /// <summary>A pub/sub component that the app may use.</summary>
    public PubsubComponent? PubsubOf(string appId, string name) =>
        pubsubs.TryGetValue(name, out var pubsub) && pubsub.Component.IsFor(appId) ? pubsub : null;

    public bool HasPubsub(string appId) => pubsubs.Values.Any(pubsub => pubsub.Component.IsFor(appId));

    /// <summary>A secret store that the app may use.</summary>
    public ISecretStore? SecretStoreOf(string appId, string name) =>
        secretStores.TryGetValue(name, out var store) && store.Component.IsFor(appId) ? store : null;

    public bool HasSecretStore(string appId) => secretStores.Values.Any(store => store.Component.IsFor(appId));

    public IEnumerable<Subscription> SubscriptionsOf(string appId) =>
        from declared in subscriptions
        where declared.Scopes.Count == 0 || declared.Scopes.Contains(appId)
        select declared.Subscription;
}

/// <summary>A subscription from a file.</summary>
internal sealed record DeclaredSubscription(Subscription Subscription, IReadOnlyList<string> Scopes);
