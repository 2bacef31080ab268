using System.CommandLine;
using System.Text.Json;

namespace Xingchen.Cli;

/// <summary><c>deploy</c>: what shall run in which environment, for the operator.</summary>
internal static class DeployCommands
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static IEnumerable<Command> All() => [new Command("deploy",
        "Environments, and the deployment packages that shall run in them")
        { Package(), Environment(), Set(), Promote(), RollBack(), Status() }];

    private static Command Package()
    {
        var name = new Argument<string>("deployment") { Description = "name@version of the deployment package" };
        var packages = new Argument<string[]>("packages")
            { Description = "name@version of each package in it", Arity = ArgumentArity.OneOrMore };
        var command = new Command("package", "Make a deployment package: released versions that are deployed together")
            { name, packages };
        command.SetAction(async (parsed, ct) =>
        {
            var (deployment, version) = Versioned(parsed.GetValue(name)!);
            using var api = ApiClient.SignedIn();
            var made = await api.PostAsync("/v1/deployment-packages", new
            {
                name = deployment, version,
                packages = parsed.GetValue(packages)!.Select(Versioned)
                    .Select(p => new { name = p.Name, version = p.Version }),
            }, ct);
            foreach (var package in made.GetProperty("packages").EnumerateArray())
                Terminal.Say($"  {Text(package, "name")} {Text(package, "version")}  {Text(package, "digest")}");
            Terminal.Say($"Have it run: xingchen deploy set ENVIRONMENT {deployment}@{version}");
        });
        return command;
    }

    private static Command Environment()
    {
        var name = EnvironmentName();
        var idc = new Option<string>("--idc") { Description = "The code of the IDC that it is in", Required = true };
        var groups = new Option<string[]>("--group")
            { Description = "A cell of the IDC, once for each; all without it" };
        var command = new Command("environment", "Add an environment, or say anew where it is") { name, idc, groups };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            await api.PutAsync($"/v1/environments/{Uri.EscapeDataString(parsed.GetValue(name)!)}", new
            {
                idc = parsed.GetValue(idc),
                groups = parsed.GetValue(groups) is { Length: > 0 } given ? given : null,
            }, ct);
            Terminal.Say($"Have something run in it: xingchen deploy set {parsed.GetValue(name)} NAME@VERSION");
        });
        return command;
    }

    private static Command Set()
    {
        var environment = EnvironmentName();
        var deployment = new Argument<string>("deployment") { Description = "name@version of a deployment package" };
        var watch = WatchOption();
        var command = new Command("set", "Say what shall run in an environment") { environment, deployment, watch };
        command.SetAction(async (parsed, ct) =>
        {
            var (name, version) = Versioned(parsed.GetValue(deployment)!);
            using var api = ApiClient.SignedIn();
            var path = PathOf(parsed.GetValue(environment)!);
            return await FollowAsync(api, path, await api.PutAsync(path, new { package = name, version }, ct),
                parsed.GetValue(watch), ct);
        });
        return command;
    }

    private static Command Promote()
    {
        var from = new Argument<string>("from") { Description = "The environment in which it runs" };
        var to = new Argument<string>("to") { Description = "The environment in which it shall run, unchanged" };
        var watch = WatchOption();
        var command = new Command("promote", "Have run in one environment what runs in another") { from, to, watch };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var path = PathOf(parsed.GetValue(to)!);
            return await FollowAsync(api, path,
                await api.PostAsync(path + "/promote", new { from = parsed.GetValue(from) }, ct),
                parsed.GetValue(watch), ct);
        });
        return command;
    }

    private static Command RollBack()
    {
        var environment = EnvironmentName();
        var watch = WatchOption();
        var command = new Command("rollback", "Have run in an environment what was to run before")
            { environment, watch };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var path = PathOf(parsed.GetValue(environment)!);
            return await FollowAsync(api, path, await api.PostAsync(path + "/rollback", null, ct),
                parsed.GetValue(watch), ct);
        });
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", "What shall run where, what runs, and why they differ");
        command.SetAction(async (_, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var all = (await api.GetAsync("/v1/deployments", ct)).GetProperty("deployments");
            if (all.GetArrayLength() == 0)
                Terminal.Say("There is no environment. Add one: xingchen deploy environment NAME --idc IDC");
            foreach (var deployment in all.EnumerateArray()) Console.WriteLine(Describe(deployment));
        });
        return command;
    }

    /// <summary>Shows how it stands; where it is asked for, until it runs or somebody has to look.</summary>
    private static async Task<int> FollowAsync(
        ApiClient api, string path, JsonElement deployment, bool watch, CancellationToken ct)
    {
        for (var last = ""; ; deployment = await api.GetAsync(path, ct))
        {
            var now = Describe(deployment);
            if (now != last) Console.WriteLine(now);
            last = now;
            var state = Text(deployment, "state");
            if (!watch || state == "in-sync") return 0;
            if (state == "blocked") return 2;
            await Task.Delay(Pause, ct);
        }
    }

    private static string Describe(JsonElement deployment)
    {
        var head = deployment.TryGetProperty("desired", out var desired)
            ? $"{Text(desired, "package")} {Text(desired, "version")}, {Text(desired, "why")}" : "nothing is to run";
        var lines = deployment.GetProperty("items").EnumerateArray().Select(item =>
        {
            var observed = string.Join(", ", item.GetProperty("observed").EnumerateArray().Select(o =>
                $"{o.GetProperty("count")} × {(o.TryGetProperty("version", out var version) ? version : "none")}"));
            var reason = item.TryGetProperty("reason", out var why) ? "\n    " + why : "";
            return $"\n  {Text(item, "package")} {Text(item, "desired")}: {Text(item, "state")} "
                + $"({(observed.Length == 0 ? "nobody has it" : observed)}){reason}";
        });
        return $"{Text(deployment, "environment")} ({Text(deployment, "idc")}): {Text(deployment, "state")}; {head}"
            + string.Concat(lines);
    }

    private static (string Name, string Version) Versioned(string text) =>
        PackageCommands.Split(text) is (var name, { } version) ? (name, version)
            : throw new CliException($"{text} has no version. Write name@version.");

    private static Argument<string> EnvironmentName() =>
        new("environment") { Description = "Its name, such as dev or prod" };

    private static Option<bool> WatchOption() =>
        new("--watch") { Description = "Stay until it runs, or until somebody has to look (exit code 2)" };

    private static string PathOf(string environment) => "/v1/deployments/" + Uri.EscapeDataString(environment);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
