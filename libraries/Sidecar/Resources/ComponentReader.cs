using Xingchen.Sidecar.Secrets;

namespace Xingchen.Sidecar.Resources;

/// <summary>A <c>Component</c> document: <c>value</c>, <c>secretKeyRef</c> and <c>envRef</c> of its metadata.</summary>
internal sealed class ComponentReader
{
    private static readonly string[] Templates = ["{uuid}", "{podName}", "{namespace}", "{appID}"];

    private readonly YamlSection spec;
    private readonly IReadOnlyList<YamlSection> entries;
    private readonly SidecarHostOptions options;
    private readonly string version;
    private readonly string? secretStore;
    private readonly IReadOnlyList<string> scopes;
    private readonly HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);

    private ComponentReader(YamlSection root, SidecarHostOptions options)
    {
        this.options = options;
        Name = MetadataReader.Name(root, options);
        spec = root.Section("spec");
        if (!spec.Exists) root.Report("spec", "is missing");
        Type = spec.Required("type");
        version = spec.Required("version");
        if (version is not ("v1" or "")) spec.Report("version", "must be v1");
        if (spec.Flag("ignoreErrors")) spec.Report("ignoreErrors", "is not honoured by this sidecar");
        spec.Text("initTimeout"); // nothing here takes time to initialize
        entries = spec.Sections("metadata");
        secretStore = ReadAuth(root);
        scopes = root.Texts("scopes");
        spec.Close();
        root.Close();
    }

    public string Name { get; }

    public string Type { get; }

    public bool IsSecretStore => Type.StartsWith("secretstores.");

    public static ComponentReader Read(YamlSection root, SidecarHostOptions options) => new(root, options);

    /// <summary>Says that something about the component is wrong.</summary>
    public void Report(string field, string what) => spec.Report(field, what);

    /// <summary>A setting that the component honours; null when it is not given.</summary>
    public string? Setting(Component component, string name)
    {
        known.Add(name);
        return component.Metadata.FirstOrDefault(pair =>
            pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
    }

    /// <summary>A setting that must be given; empty after a report.</summary>
    public string RequiredSetting(Component component, string name)
    {
        if (Setting(component, name) is { Length: > 0 } value) return value;
        Report("metadata", $"lacks '{name}'");
        return "";
    }

    /// <summary>Says that settings are there that the component does not honour.</summary>
    public void Close(Component component)
    {
        foreach (var name in component.Metadata.Keys.Where(name => !known.Contains(name)))
            Report("metadata", $"'{name}' is not honoured by this sidecar");
    }

    /// <summary>The component with its references followed.</summary>
    public Component Resolve(IReadOnlyDictionary<string, ISecretStore> stores)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            var name = entry.Required("name");
            if (name.Length > 0 && !values.TryAdd(name, Value(entry, stores))) entry.Report("name",
                $"'{name}' is there twice");
            entry.Close();
        }
        return new Component(Name, Type, version, values, scopes);
    }

    private string Value(YamlSection entry, IReadOnlyDictionary<string, ISecretStore> stores)
    {
        var value = entry.Text("value");
        var reference = entry.Section("secretKeyRef");
        var variable = entry.Text("envRef");
        if (reference.Exists) return Secret(reference, stores);
        if (variable is not null)
        {
            var read = options.Environment is { } given
                ? given.GetValueOrDefault(variable) : Environment.GetEnvironmentVariable(variable);
            if (read is null) entry.Report("envRef", $"names the variable {variable}, which is not set");
            return read ?? "";
        }
        if (value is not null && Templates.Any(value.Contains))
            entry.Report("value", "has a template such as {appID}; this sidecar honours none");
        return value ?? "";
    }

    private string Secret(YamlSection reference, IReadOnlyDictionary<string, ISecretStore> stores)
    {
        var name = reference.Required("name");
        var key = reference.Text("key") ?? name;
        reference.Close();
        if (secretStore is null || !stores.TryGetValue(secretStore, out var store))
            reference.Report("name", $"refers to a secret, but auth.secretStore '{secretStore}' is no secret store");
        else if (store.Get(name)?.TryGetValue(key, out var value) == true)
            return value;
        else
            reference.Report("name", $"'{name}' with the key '{key}' is not in the secret store '{secretStore}'");
        return "";
    }

    private static string? ReadAuth(YamlSection root)
    {
        var auth = root.Section("auth");
        var store = auth.Text("secretStore");
        auth.Close();
        return store;
    }
}
