namespace Xingchen.Sidecar.Resources;

/// <summary>A component, its values resolved.</summary>
/// <param name="Name">How apps call it.</param>
/// <param name="Type">For example <c>pubsub.in-memory</c>.</param>
/// <param name="Version">For example <c>v1</c>.</param>
/// <param name="Metadata">Its settings.</param>
/// <param name="Scopes">The apps that may use it; empty for all.</param>
internal sealed record Component(
    string Name, string Type, string Version, IReadOnlyDictionary<string, string> Metadata,
        IReadOnlyList<string> Scopes)
{
    public bool IsFor(string appId) => Scopes.Count == 0 || Scopes.Contains(appId);
}

/// <summary>What a <c>Configuration</c> says that this sidecar honours.</summary>
/// <param name="SamplingRate">0 to 1: the share of new traces that are sampled. Default 1: this is for
/// development.</param>
/// <param name="SecretScopes">Which secrets apps may read, by store.</param>
internal sealed record Configuration(double SamplingRate, IReadOnlyDictionary<string, SecretScope> SecretScopes)
{
    public static Configuration Default { get; } = new(1, new Dictionary<string, SecretScope>(StringComparer.Ordinal));
}

/// <summary>Which secrets of a store may be read: those allowed if any are named, else all but those denied, by
/// default.</summary>
internal sealed record SecretScope(bool IsAllowedByDefault, IReadOnlySet<string> Allowed, IReadOnlySet<string> Denied)
{
    public bool Allows(string key) =>
        Allowed.Count > 0 ? Allowed.Contains(key) : IsAllowedByDefault && !Denied.Contains(key);
}
