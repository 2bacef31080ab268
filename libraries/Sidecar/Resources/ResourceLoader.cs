using Xingchen.Sidecar.PubSub;
using Xingchen.Sidecar.Secrets;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Xingchen.Sidecar.Resources;

/// <summary>Reads Dapr's YAML. Whatever is not honoured is reported, all of it at once.</summary>
internal sealed class ResourceLoader
{
    private readonly SidecarHostOptions options;
    private readonly List<string> problems = [];
    private readonly List<ComponentReader> components = [];
    private readonly List<DeclaredSubscription> subscriptions = [];
    private Configuration configuration = Configuration.Default;

    private ResourceLoader(SidecarHostOptions options) => this.options = options;

    /// <exception cref="SidecarException">All problems of all files.</exception>
    public static ResourceSet Load(SidecarHostOptions options)
    {
        var loader = new ResourceLoader(options);
        foreach (var folder in options.ResourcesPaths) loader.ReadFolder(folder);
        foreach (var file in options.ConfigPaths) loader.ReadFile(file, loader.ReadConfiguration);
        var set = loader.Build();
        return loader.problems.Count == 0 ? set : throw new SidecarException(loader.problems);
    }

    private void ReadFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            problems.Add($"{folder}: there is no such folder of resources");
            return;
        }
        var files = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal);
        foreach (var file in files) ReadFile(file, ReadResource);
    }

    private void ReadFile(string file, Action<string, YamlSection> read)
    {
        try
        {
            using var text = File.OpenText(file);
            var yaml = new YamlStream();
            yaml.Load(text);
            foreach (var document in yaml.Documents)
            {
                if (document.RootNode is YamlMappingNode root) read(file, new YamlSection(file, "", root, problems));
                else if (document.RootNode is not YamlScalarNode { Value: null or "" })
                    problems.Add($"{file}:{document.RootNode.Start.Line}: the document must be a mapping");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{file}: cannot be read: {exception.Message}");
        }
        catch (YamlException exception)
        {
            problems.Add($"{file}:{exception.Start.Line}: is no YAML: {exception.Message}");
        }
    }

    private void ReadResource(string file, YamlSection root)
    {
        var version = root.Required("apiVersion");
        switch (root.Required("kind"))
        {
            case "Component":
                if (version != "dapr.io/v1alpha1") root.Report("apiVersion", "must be dapr.io/v1alpha1");
                var component = ComponentReader.Read(root, options);
                if (components.Any(other => other.Name == component.Name))
                    root.Report("metadata", $"names a component '{component.Name}' that another file has already");
                components.Add(component);
                break;
            case "Subscription":
                if (SubscriptionReader.Read(root, version,
                    options) is { } subscription) subscriptions.Add(subscription);
                break;
            case "Configuration":
                root.Report("kind", "Configuration belongs into a file of its own, given by --config");
                break;
            case "":
                break;
            case var other:
                root.Report("kind", $"{other} is not honoured by this sidecar");
                break;
        }
    }

    private void ReadConfiguration(string file, YamlSection root)
    {
        if (root.Required("apiVersion") != "dapr.io/v1alpha1") root.Report("apiVersion", "must be dapr.io/v1alpha1");
        if (root.Required("kind") != "Configuration") root.Report("kind", "must be Configuration");
        configuration = ConfigurationReader.Read(root, options, configuration);
    }

    private ResourceSet Build()
    {
        // 1. Secret stores first: other components may refer to their secrets.
        var all = new List<Component>();
        var stores = new Dictionary<string, ISecretStore>(StringComparer.Ordinal);
        foreach (var reader in components.Where(reader => reader.IsSecretStore))
        {
            var component = reader.Resolve(stores);
            all.Add(component);
            if (SecretStores.Create(component, reader, options) is { } store) stores[component.Name] = store;
        }
        // 2. The rest.
        var pubsubs = new Dictionary<string, PubsubComponent>(StringComparer.Ordinal);
        foreach (var reader in components.Where(reader => !reader.IsSecretStore))
        {
            var component = reader.Resolve(stores);
            all.Add(component);
            if (component.Type == "pubsub.in-memory") pubsubs[component.Name] =
                PubsubComponent.Create(component, reader);
            else if (component.Type.Length > 0)
                reader.Report("type", $"{component.Type} is not a type that this sidecar has");
        }
        // 3. What refers to a pub/sub component must find it.
        foreach (var declared in subscriptions.Where(declared => !pubsubs.ContainsKey(declared.Subscription.Pubsub)))
        {
            var (source, pubsub) = (declared.Subscription.Source, declared.Subscription.Pubsub);
            problems.Add($"{source}: spec.pubsubname '{pubsub}' is no component");
        }
        return new ResourceSet(all, pubsubs, stores, subscriptions, configuration);
    }
}
