using Xingchen.Sidecar.Resources;

namespace Xingchen.Sidecar.Secrets;

/// <summary>Makes the secret stores of components.</summary>
internal static class SecretStores
{
    /// <returns>The store; null after a report.</returns>
    public static ISecretStore? Create(Component component, ComponentReader reader, SidecarHostOptions options)
    {
        ISecretStore? store = component.Type switch
        {
            "secretstores.local.file" => FileSecretStore.Create(component, reader),
            "secretstores.local.env" => new EnvironmentSecretStore(component, reader, options),
            _ => null,
        };
        if (store is null && !component.Type.StartsWith("secretstores.local.file"))
            reader.Report("type", $"{component.Type} is not a type that this sidecar has");
        else
            reader.Close(component);
        return store;
    }
}

/// <summary><c>secretstores.local.env</c>: each variable is a secret with one value, under its own name.</summary>
internal sealed class EnvironmentSecretStore(Component component, ComponentReader reader, SidecarHostOptions options)
    : ISecretStore
{
    private readonly string prefix = reader.Setting(component, "prefix") ?? "";

    public Component Component => component;

    public IReadOnlyDictionary<string, string>? Get(string name)
    {
        // daprd never gives its own tokens away
        if (IsSidecars(prefix + name)) return null;
        var value = options.Environment is { } given
            ? given.GetValueOrDefault(prefix + name) : Environment.GetEnvironmentVariable(prefix + name);
        return value is null ? null : One(name, value);
    }

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All()
    {
        var names = options.Environment?.Keys ?? Environment.GetEnvironmentVariables().Keys.Cast<string>();
        return names.Where(name => name.StartsWith(prefix) && !IsSidecars(name))
            .Select(name => name[prefix.Length..])
            .ToDictionary(name => name, name => Get(name) ?? One(name, ""), StringComparer.Ordinal);
    }

    private static bool IsSidecars(string variable) => variable is "DAPR_API_TOKEN" or "APP_API_TOKEN";

    private static Dictionary<string, string> One(string name, string value) =>
        new(StringComparer.Ordinal) { [name] = value };
}
