using Xingchen.Sidecar.Resources;

namespace Xingchen.Sidecar.Secrets;

/// <summary>Where secrets are. Two kinds: a file and the environment.</summary>
internal interface ISecretStore
{
    Component Component { get; }

    /// <summary>A secret's values by key; null where there is none of that name.</summary>
    IReadOnlyDictionary<string, string>? Get(string name);

    /// <summary>All secrets, by name.</summary>
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All();
}
