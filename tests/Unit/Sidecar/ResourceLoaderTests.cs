using System.Runtime.CompilerServices;
using Xingchen.Sidecar;
using Xingchen.Sidecar.Resources;

namespace Xingchen.Tests.Unit.Sidecar;

public sealed class ResourceLoaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sidecar-resources-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("spec: {type: pubsub.kafka, version: v1}",
        "2: spec.type pubsub.kafka is not a type that this sidecar has")]
    [InlineData("spec: {type: pubsub.in-memory, version: v2}", "2: spec.version must be v1")]
    [InlineData("spec: {type: pubsub.in-memory, version: v1, color: red}",
        "2: spec.color is not honoured by this sidecar")]
    [InlineData(
        "spec: {type: pubsub.in-memory, version: v1, metadata: [{name: consumerID, value: x}]}",
        "2: spec.metadata 'consumerID' is not honoured by this sidecar")]
    [InlineData("spec: {type: pubsub.in-memory, version: v1, ignoreErrors: true}", "spec.ignoreErrors is not honoured")]
    [InlineData("spec: {type: secretstores.local.file, version: v1}", "spec.metadata lacks 'secretsFile'")]
    [InlineData(
        "spec: {type: pubsub.in-memory, version: v1, metadata: [{name: x, envRef: NOT_THERE}]}",
        "spec.metadata[0].envRef names the variable NOT_THERE, which is not set")]
    public void What_is_not_honoured_is_named_with_file_line_and_field(string spec, string expected)
    {
        Write("c.yaml", "apiVersion: dapr.io/v1alpha1\n" + spec + "\nkind: Component\nmetadata: {name: c}\n");

        var exception = Assert.Throws<SidecarException>(Load);

        Assert.Contains(exception.Problems, problem => problem.Contains(expected));
        Assert.All(exception.Problems, problem => Assert.StartsWith(Path.Combine(folder, "c.yaml"), problem));
    }

    [Fact]
    public void Everything_wrong_is_reported_at_once()
    {
        Write("a.yaml", "apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {name: r}\n---\n- a list\n");
        Write("b.yml", "kind: [not closed");
        Write("c.txt", "not read");

        var problems = Assert.Throws<SidecarException>(Load).Problems;

        Assert.Equal(3, problems.Count);
        Assert.Contains("kind Resiliency is not honoured", problems[0]);
    }

    [Fact]
    public void Secrets_are_found_for_other_components()
    {
        var secrets = Path.Combine(folder, "secrets.json");
        Write("secrets.json", """{"topics":{"allowed":"a,b"}}""");
        Write("1.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: pubsub}
            spec:
              type: pubsub.in-memory
              version: v1
              metadata:
                - name: allowedTopics
                  secretKeyRef: {name: topics, key: allowed}
            auth: {secretStore: secrets}
            scopes: [one]
            """);
        Write("2.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: secrets}
            spec:
              type: secretstores.local.file
              version: v1
              metadata:
                - {name: secretsFile, envRef: SECRETS}
                - {name: multiValued, value: "true"}
            """);

        var set = ResourceLoader.Load(new SidecarHostOptions
        {
            ResourcesPaths = [folder],
            Environment = new Dictionary<string, string> { ["SECRETS"] = secrets },
        });

        Assert.Null(set.PubsubOf(App("two"), "pubsub"));
        var pubsub = set.PubsubOf(App("one"), "pubsub")!;
        Assert.True(pubsub.MayPublish("one", "a"));
        Assert.False(pubsub.MayPublish("one", "c"));
        Assert.Equal("a,b", set.SecretStoreOf(App("two"), "secrets")!.Get("topics")!["allowed"]);
    }

    [Fact]
    public void The_components_of_this_repository_load()
    {
        var secrets = Path.Combine(folder, "secrets.json");
        Write("secrets.json", """{"context-key":"x"}""");

        var set = ResourceLoader.Load(new SidecarHostOptions
        {
            ResourcesPaths = [Path.Combine(Repository(), "components", "local")],
            Environment = new Dictionary<string, string> { ["XINGCHEN_SECRETS_FILE"] = secrets },
        });

        Assert.NotNull(set.PubsubOf(App("gateway"), "pubsub"));
        Assert.Null(set.PubsubOf(App("gateway"), "changes"));
        Assert.Equal("x", set.SecretStoreOf(App("gateway"), "secrets")!.Get("context-key")!["context-key"]);
        var without = App("gateway") with { Components = new HashSet<string> { "pubsub" } };
        Assert.Null(set.SecretStoreOf(without, "secrets"));
    }

    [Fact]
    public void A_sidecar_loads_the_components_that_it_is_given()
    {
        var set = ResourceLoader.Load(new SidecarHostOptions
        {
            ResourcesPaths = [Path.Combine(Repository(), "components", "local", "changes")],
        });
        Assert.NotNull(set.PubsubOf(App("records-any"), "changes"));
        Assert.Null(set.PubsubOf(App("gateway") with { Components = new HashSet<string>() }, "changes"));
        Assert.False(set.HasPubsub(App("gateway") with { Components = new HashSet<string>() }));
    }

    private static SidecarOptions App(string id) => new() { AppId = id };

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    private ResourceSet Load() => ResourceLoader.Load(new SidecarHostOptions
    {
        ResourcesPaths = [folder], Environment = new Dictionary<string, string>(),
    });

    private static string Repository([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
