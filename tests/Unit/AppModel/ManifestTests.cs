using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.AppModel;

/// <summary>The manifest in the repository is what the topology says, and valid.</summary>
public sealed class ManifestTests
{
    private static readonly string Committed = Path.Combine(HostProcess.Repository, "aspire-manifest.json");

    [Fact]
    public async Task Is_what_the_topology_says()
    {
        var folder = Directory.CreateTempSubdirectory("xingchen-unit-").FullName;
        var made = Path.Combine(folder, "aspire-manifest.json");
        var (code, output) = await HostProcess.RunAsync("--publisher", "manifest", "--output-path", made);
        Assert.True(code == 0, output);
        Assert.Equal(made, output);
        var expected = await ReadAsync(made);
        Directory.Delete(folder, recursive: true);
        // Not equal? dotnet run --project AppHost -- --publisher manifest --output-path aspire-manifest.json
        Assert.Equal(expected, await ReadAsync(Committed), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Of_several_sites_each_has_its_own_database_and_services()
    {
        var folder = Directory.CreateTempSubdirectory("xingchen-unit-").FullName;
        var made = Path.Combine(folder, "two.json");
        var (code, output) = await HostProcess.RunAsync("--idcs", "dev,prod", "--groups", "a,b", "--publisher",
            "manifest", "--output-path", made);
        Assert.True(code == 0, output);
        var resources = JsonNode.Parse(await File.ReadAllTextAsync(made))!["resources"]!.AsObject();
        Directory.Delete(folder, recursive: true);
        string[] expected =
        [
            "extensions-a", "extensions-b", "extensions-prod", "metadata-dev", "metadata-prod", "records-a",
            "records-b", "records-prod",
        ];
        Assert.Equal(expected, resources.Select(resource => resource.Key).Where(name => expected.Any(one =>
            one.Split('-')[0] == name.Split('-')[0]) && name.Split('-').Length == 2
                && !name.EndsWith("password", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var (service, name, database) in ((string, string, string)[])
        [
            ("records-a", "cell", "cell_a"), ("records-b", "cell", "cell_b"), ("records-prod", "cell", "cell_prod"),
            ("metadata-dev", "cell", "cell_a"), ("metadata-dev", "cell-b", "cell_b"),
            ("metadata-prod", "cell", "cell_prod"),
        ])
            Assert.EndsWith("Database=" + database,
                (string?)resources[service]!["env"]!["ConnectionStrings__" + name], StringComparison.Ordinal);
        Assert.Null(resources["metadata-prod"]!["env"]!["ConnectionStrings__cell-b"]);
        Assert.Equal(["bootstrap", "--cell", "dev/a", "--cell", "dev/b", "--cell", "prod/prod"],
            resources["bootstrap"]!["args"]!.AsArray().Select(arg => (string)arg!));
    }

    [Fact]
    public async Task Is_valid()
    {
        var text = await File.ReadAllTextAsync(TestData.Path("schemas", "aspire-8.0.json"));
        var schema = await JsonSchema.FromJsonAsync(ToDraft4(JsonNode.Parse(text)!).ToJsonString());
        var manifest = await File.ReadAllTextAsync(Committed);
        Assert.Empty(schema.Validate(manifest));
        // The validator does see what is wrong:
        Assert.NotEmpty(schema.Validate(manifest.Replace("\"appId\"", "\"appPort\"", StringComparison.Ordinal)));
        Assert.NotEmpty(schema.Validate(
            manifest.Replace("\"protocol\": \"tcp\"", "\"protocol\": \"quic\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Holds_no_secret_and_no_place_of_this_machine()
    {
        var text = await File.ReadAllTextAsync(Committed);
        Assert.DoesNotContain(HostProcess.Repository, text);
        foreach (var (name, resource) in JsonNode.Parse(text)!["resources"]!.AsObject())
            if ((string?)resource!["type"] == "parameter.v0") Assert.Equal(
                $"{{{name}.inputs.value}}", (string?)resource["value"]);
    }

    /// <summary>The validator knows draft 4: <c>const</c> is an <c>enum</c> of one, <c>false</c> is what nothing
    /// matches.</summary>
    private static JsonNode ToDraft4(JsonNode node)
    {
        if (node is JsonArray array) return new JsonArray([.. array.Select(item => ToDraft4(item!))]);
        if (node is not JsonObject old) return node.DeepClone();
        var made = new JsonObject();
        foreach (var (key, value) in old)
        {
            if (key == "const") made["enum"] = new JsonArray(value!.DeepClone());
            else if (key == "properties") made[key] = new JsonObject(
                value!.AsObject().Select(property => KeyValuePair.Create(
                property.Key, (JsonNode?)(property.Value!.GetValueKind() == JsonValueKind.False
                    ? new JsonObject { ["not"] = new JsonObject() } : ToDraft4(property.Value)))));
            else made[key] = ToDraft4(value!);
        }
        return made;
    }

    /// <summary>Paths are relative to the manifest: the same place has another path from elsewhere.</summary>
    private static async Task<string> ReadAsync(string file)
    {
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        foreach (var (_, resource) in manifest["resources"]!.AsObject())
            if ((string?)resource!["path"] is { } path) resource["path"] = Path.GetFullPath(
                path, Path.GetDirectoryName(file)!);
        return manifest.ToJsonString();
    }
}
