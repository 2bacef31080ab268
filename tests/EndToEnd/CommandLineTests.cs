using System.Net;
using System.Text.Json;
using Xingchen.Testing;

namespace Xingchen.Tests.EndToEnd;

/// <summary>The command line as a person uses it: signed in by <c>login</c>, from the first org to a table.</summary>
public sealed class CommandLineTests(HostFixture host) : IDisposable
{
    private readonly DataFolder folder = new();

    [Fact]
    public async Task From_the_operators_sign_in_to_a_query()
    {
        var cli = new CommandLine(folder.Path);
        await cli.RunAsync(Login(host.ClientId, host.ClientSecret));
        var org = Json(await cli.RunAsync("orgs", "create", "command-line", "--name", "Linie & Söhne"));
        Assert.Contains("command-line", await cli.RunAsync("orgs", "list"), StringComparison.Ordinal);
        var client = org.GetProperty("client");
        await cli.RunAsync(
            Login(client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!));

        Assert.Contains("SalesOrder", await cli.RunAsync("objects"), StringComparison.Ordinal);
        Assert.Contains("creditLimit", await cli.RunAsync("objects", "Customer"), StringComparison.Ordinal);
        var file = Path.Combine(folder.Path, "customers.csv");
        await File.WriteAllTextAsync(file, "name,country\nÅse,NO\n杭州,CN\n");
        await cli.RunAsync("import", file, "--object", "Customer");
        var table = await cli.RunAsync("query", "SELECT name, country FROM Customer ORDER BY name");
        Assert.Contains("Åse", table, StringComparison.Ordinal);
        Assert.Contains("杭州", table, StringComparison.Ordinal);
        var then = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        await File.WriteAllTextAsync(file, "name\nLater\n");
        await cli.RunAsync("import", file, "--object", "Customer");
        const string Names = "SELECT name FROM Customer ORDER BY name";
        Assert.Equal("{\"name\":\"Åse\"}\n{\"name\":\"杭州\"}\n",
            await cli.RunAsync("export", Names, "--as-of", then));
        Assert.Contains("Later", await cli.RunAsync("export", Names, "--format", "csv"), StringComparison.Ordinal);
        var json = Json(await cli.RunAsync("query", "--json", "SELECT COUNT() AS n FROM Customer"));
        Assert.Equal(3, json[0].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task A_new_package_validates_packs_and_installs_as_it_is()
    {
        var cli = new CommandLine(folder.Path);
        await cli.RunAsync(Login(host.ClientId, host.ClientSecret));
        var client = Json(await cli.RunAsync("orgs", "create", "scaffolder", "--namespace", "scaffold"))
            .GetProperty("client");
        await cli.RunAsync(
            Login(client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!));
        var package = Path.Combine(folder.Path, "mine");
        await cli.RunAsync("new", package, "--namespace", "scaffold");
        await ExpectAsync(cli, 1, "not empty", "new", package, "--namespace", "scaffold");
        await ExpectAsync(cli, 1, "no namespace", "new", package + "2", "--namespace", "No!");
        await cli.RunAsync("validate", package);
        await cli.RunAsync("validate", package, "--online");
        await cli.RunAsync("push", package);
        await cli.RunAsync("release", "scaffold-tasks@1.0.0");
        Assert.Contains("ok     entry", await cli.RunAsync("verify", "scaffold-tasks@1.0.0", "--log"),
            StringComparison.Ordinal);
        await cli.RunAsync("install", "scaffold-tasks@^1.0.0");
        var file = Path.Combine(folder.Path, "tasks.csv");
        await File.WriteAllTextAsync(file, "subject,due\nCall,2020-01-01\nWrite,2999-01-01\n");
        await cli.RunAsync("import", file, "--object", "scaffold__Task");
        Assert.Equal("""[{"subject":"Call","late":true},{"subject":"Write","late":false}]""",
            JsonSerializer.Serialize(Json(await cli.RunAsync("query", "--json",
                "SELECT subject, late FROM scaffold__Task ORDER BY subject"))));
    }

    [Fact]
    public async Task Packages_are_signed_with_a_key_of_ones_own()
    {
        var cli = new CommandLine(folder.Path);
        await cli.RunAsync(Login(host.ClientId, host.ClientSecret));
        var made = await cli.RunAsync("keys", "new", "--name", "laptop");
        var id = made.Trim();
        Assert.StartsWith("sha256:", id, StringComparison.Ordinal);
        var package = Path.Combine(HostProcess.Repository, "metadata", "isv", "northwind");
        string[] files = [.. new[] { "one", "two", "bare" }.Select(name => Path.Combine(folder.Path, name))];
        await cli.RunAsync(Login(host.ClientId, host.ClientSecret)); // again: the key stays
        await cli.RunAsync("pack", package, "--output", files[0]);
        await cli.RunAsync("pack", package, "--output", files[1]);
        await cli.RunAsync("pack", package, "--output", files[2], "--key", "none");
        Assert.Equal(await File.ReadAllBytesAsync(files[0]), await File.ReadAllBytesAsync(files[1]));
        Assert.NotEqual(await File.ReadAllBytesAsync(files[0]), await File.ReadAllBytesAsync(files[2]));
        await cli.RunAsync("keys", "revoke", id);
        var listed = await cli.RunAsync("keys", "list");
        Assert.Contains($"{id}  revoked", listed, StringComparison.Ordinal);
        Assert.Contains("laptop", listed, StringComparison.Ordinal);
        await ExpectAsync(cli, 1, "is no key", "pack", package, "--key", files[2]);
    }

    [Fact]
    public async Task What_goes_wrong_is_said_with_what_to_do()
    {
        var cli = new CommandLine(folder.Path);
        await ExpectAsync(cli, 1, "xingchen login", "objects");
        await ExpectAsync(cli, 1, "Sign in again", Login("nobody", "x"));
        await ExpectAsync(cli, 1, "dotnet run --project AppHost", Login("a", "b", "http://127.0.0.1:1"));
        await ExpectAsync(cli, 1, "is not an address", Login("a", "b", "nowhere"));
        await cli.RunAsync(Login(host.ClientId, host.ClientSecret));
        await ExpectAsync(cli, 1, "[value-invalid]", "orgs", "create", "No");
        await ExpectAsync(cli, 1, "There is no folder", "pack", Path.Combine(folder.Path, "nothing"));
        var empty = Directory.CreateDirectory(Path.Combine(folder.Path, "empty")).FullName;
        await ExpectAsync(cli, 1, "package.json", "validate", empty);
        await ExpectAsync(cli, 1, "scope", "query", "SELECT name FROM Customer");
    }

    [Fact]
    public async Task Another_start_does_not_take_back_a_newer_release()
    {
        var cli = new CommandLine(host.Url, host.ClientId, host.ClientSecret);
        var shipped = Path.Combine(HostProcess.Repository, "metadata");
        var later = await CopyAsync("1.0.1", text => text);
        foreach (var (metadata, version) in new[] { (later, "1.0.1"), (shipped, "1.0.1") })
        {
            await cli.RunAsync("bootstrap", "--metadata", metadata);
            using var @operator = await host.OperatorAsync();
            var release = (await @operator.GetAsync("/v1/groups/main/release")).Json;
            Assert.Equal(version, release.GetProperty("packages")[2].GetProperty("version").GetString());
        }
    }

    [Fact]
    public async Task A_canary_has_the_next_release_before_the_others()
    {
        var cli = new CommandLine(host.Url, host.ClientId, host.ClientSecret);
        var next = await CopyAsync("1.9.0", text => text.Replace("\"nameField\": \"name\",",
            "\"nameField\": \"name\", \"help\": {\"en\": \"Since 1.9\"},", StringComparison.Ordinal));
        await cli.RunAsync("push", Path.Combine(next, "group", "trade"));
        await cli.RunAsync("release", "trade@1.9.0");
        using var @operator = await host.OperatorAsync();
        using var canary = await @operator.CreateOrgAsync("canary-org");
        using var other = await @operator.CreateOrgAsync("other-org");
        foreach (var (version, has) in new[] { ("1.9.0", true), (null, false) })
        {
            var patched = (await @operator.PatchAsync("/v1/orgs/canary-org",
                new Dictionary<string, string?> { ["standard"] = version })).Expect(HttpStatusCode.OK).Json;
            Assert.Equal(has, patched.TryGetProperty("standard", out _));
            Assert.Equal(has, (await canary.GetAsync("/v1/objects/Customer")).Json.TryGetProperty("help", out _));
            Assert.False((await other.GetAsync("/v1/objects/Customer")).Json.TryGetProperty("help", out _));
        }
        (await @operator.PatchAsync("/v1/orgs/canary-org", new { standard = "7.7.7" })).Expect(HttpStatusCode.NotFound);
        (await canary.PatchAsync("/v1/orgs/canary-org", new { standard = "1.9.0" })).Expect(HttpStatusCode.Forbidden);
    }

    public void Dispose() => folder.Dispose();

    private string[] Login(string id, string secret, string? url = null) =>
        ["login", "--url", url ?? host.Url.ToString(), "--client-id", id, "--client-secret", secret];

    /// <summary>The shipped layers, trade as another version and with its Customer changed.</summary>
    private async Task<string> CopyAsync(string version, Func<string, string> change)
    {
        var shipped = Path.Combine(HostProcess.Repository, "metadata");
        var copies = Path.Combine(folder.Path, version);
        foreach (var layer in new[] { "global", "idc/bedrock", "group/trade" })
            foreach (var file in Directory.EnumerateFiles(
                         Path.Combine(shipped, layer), "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(copies, Path.GetRelativePath(shipped, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                var text = await File.ReadAllTextAsync(file);
                if (Path.GetFileName(file) == "Customer.json") text = change(text);
                if (Path.GetFileName(file) == "package.json" && layer == "group/trade")
                    text = text.Replace("\"1.0.0\"", $"\"{version}\"", StringComparison.Ordinal);
                await File.WriteAllTextAsync(copy, text);
            }
        return copies;
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static async Task ExpectAsync(CommandLine cli, int code, string says, params string[] arguments)
    {
        var (ended, output, error) = await cli.TryAsync(arguments);
        Assert.Equal(code, ended);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error + output, StringComparison.Ordinal);
    }
}
