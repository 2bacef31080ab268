using System.Text.Json;
using Xingchen.Testing;

namespace Xingchen.Tests.EndToEnd;

/// <summary>Rolling a version out and deploying it, as a publisher and an operator type it.</summary>
public sealed class RolloutCommandTests(HostFixture host) : IDisposable
{
    private readonly DataFolder folder = new();

    [Fact]
    public async Task A_version_is_rolled_out_and_deployed()
    {
        var cli = new CommandLine(host.Url, host.ClientId, host.ClientSecret);
        var made = JsonDocument.Parse(await cli.RunAsync("orgs", "create", "roller", "--namespace", "roller"))
            .RootElement.GetProperty("client");
        var publisher = new CommandLine(host.Url, made.GetProperty("clientId").GetString()!,
            made.GetProperty("clientSecret").GetString()!);
        var package = Path.Combine(folder.Path, "mine");
        await publisher.RunAsync("new", package, "--namespace", "roller");
        await ReleaseAsync(publisher, package, "1.0.0");
        await publisher.RunAsync("install", "roller-tasks@1.0.0");
        await ReleaseAsync(publisher, package, "1.0.1");

        var (code, output, error) = await publisher.TryAsync("rollout", "start", "roller-tasks@1.0.1",
            "--wave", "own", "--wave", "all", "--bake", "0s", "--watch");
        Assert.True(code == 0, error);
        Assert.Contains("completed: own: 1 healthy; 100 %: nobody", error, StringComparison.Ordinal);
        Assert.Contains(output.Trim() + "  completed", await publisher.RunAsync("rollout", "list"),
            StringComparison.Ordinal);
        Assert.Contains("completed", (await publisher.TryAsync("rollout", "abort", output.Trim())).Error,
            StringComparison.Ordinal);
        var (wrong, _, why) = await publisher.TryAsync("rollout", "start", "roller-tasks@1.0.1", "--wave", "acme,beta");
        Assert.Equal(1, wrong);
        Assert.Contains("/waves/0/orgs: Only the operator names orgs", why, StringComparison.Ordinal);

        await cli.RunAsync("deploy", "environment", "here", "--idc", "local");
        await cli.RunAsync("deploy", "package", "rolled@1.0.0", "roller-tasks@1.0.1");
        await cli.RunAsync("deploy", "set", "here", "rolled@1.0.0", "--watch");
        Assert.Contains("here (local): in-sync; rolled 1.0.0, set\n  roller-tasks 1.0.1: in-sync (1 × 1.0.1)",
            await cli.RunAsync("deploy", "status"), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static async Task ReleaseAsync(CommandLine publisher, string package, string version)
    {
        var file = Path.Combine(package, "package.json");
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace("\"1.0.0\"", $"\"{version}\"", StringComparison.Ordinal));
        await publisher.RunAsync("push", package);
        await publisher.RunAsync("release", "roller-tasks@" + version);
    }
}
