using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Xingchen.Cli;

/// <summary><c>rollout</c>: a version on its way to the accounts that have the package, wave by wave.</summary>
internal static class RolloutCommands
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static IEnumerable<Command> All() => [new Command("rollout",
        "Bring a released version to the accounts that have the package, wave by wave, watching how they fare")
        { Start(), List(), Watch(), Act("pause", "Begin no more upgrades; what is upgraded is watched on"),
            Act("resume", "Go on, also after a halt"), Abort() }];

    private static Command Start()
    {
        var version = new Argument<string>("package") { Description = "name@version, released" };
        var wave = new Option<string[]>("--wave")
        {
            Description = "Once for each wave: own, 10%, or all; as the operator also codes of orgs with "
                + "commas between them. Without it: own, 1%, 10%, all",
        };
        var bake = new Option<string?>("--bake")
            { Description = "How long each account is watched, such as 90s, 10m (the default) or 2h" };
        var watch = new Option<bool>("--watch") { Description = "Stay and watch" };
        var command = new Command("start", "Start a rollout") { version, wave, bake, watch };
        command.SetAction(async (parsed, ct) =>
        {
            var (name, number) = PackageCommands.Split(parsed.GetValue(version)!);
            if (number is null) throw new CliException("Say which version: xingchen rollout start name@version");
            using var api = ApiClient.SignedIn();
            var waves = parsed.GetValue(wave) is { Length: > 0 } given ? given.Select(WaveOf).ToList() : null;
            var rollout = await api.PostAsync("/v1/rollouts",
                new { package = name, version = number, waves, bakeSeconds = SecondsOf(parsed.GetValue(bake)) }, ct);
            var id = rollout.GetProperty("id").GetString()!;
            Console.WriteLine(id);
            if (parsed.GetValue(watch)) return await WatchAsync(api, id, ct);
            Terminal.Say($"It goes on by itself. See how: xingchen rollout watch {id}");
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var package = new Option<string?>("--package") { Description = "Only those of this package" };
        var command = new Command("list", "Rollouts, the newest first") { package };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var filter = parsed.GetValue(package) is { } name ? "?package=" + Uri.EscapeDataString(name) : "";
            var rollouts = (await api.GetAsync("/v1/rollouts" + filter, ct)).GetProperty("rollouts");
            if (rollouts.GetArrayLength() == 0)
                Terminal.Say("There is none. Start one: xingchen rollout start NAME@VERSION");
            foreach (var rollout in rollouts.EnumerateArray())
                Console.WriteLine($"{Text(rollout, "id")}  {Text(rollout, "status"),-9}  "
                    + $"{Text(rollout, "createdAt")[..16]}  {Text(rollout, "package")} {Text(rollout, "version")}");
        });
        return command;
    }

    private static Command Watch()
    {
        var id = Id();
        var command = new Command("watch",
            "Show how far a rollout is until it ends or halts. Leaving changes nothing. Exit code 2 where it halted.")
            { id };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            return await WatchAsync(api, parsed.GetValue(id)!, ct);
        });
        return command;
    }

    private static Command Act(string act, string description)
    {
        var id = Id();
        var command = new Command(act, description) { id };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var rollout = await api.PostAsync(
                $"/v1/rollouts/{Uri.EscapeDataString(parsed.GetValue(id)!)}/{act}", null, ct);
            Terminal.Say($"The rollout is {Text(rollout, "status")}.");
        });
        return command;
    }

    private static Command Abort()
    {
        var id = Id();
        var back = new Option<bool>("--roll-back") { Description = "Take accounts back that have the new version" };
        var command = new Command("abort", "End a rollout for good") { id, back };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var path = $"/v1/rollouts/{Uri.EscapeDataString(parsed.GetValue(id)!)}/abort";
            await api.PostAsync(path, new { rollBack = parsed.GetValue(back) }, ct);
            Terminal.Say(parsed.GetValue(back)
                ? $"The rollout is aborted, and accounts go back: xingchen rollout watch {parsed.GetValue(id)}"
                : "The rollout is aborted. Accounts keep the version that they have.");
        });
        return command;
    }

    /// <summary>Prints a line whenever something has changed; on a terminal the last line is rewritten.</summary>
    private static async Task<int> WatchAsync(ApiClient api, string id, CancellationToken ct)
    {
        var told = new HashSet<string>();
        for (var last = ""; ; await Task.Delay(Pause, ct))
        {
            var rollout = await api.GetAsync($"/v1/rollouts/{Uri.EscapeDataString(id)}", ct);
            foreach (var trouble in rollout.GetProperty("troubles").EnumerateArray())
            {
                var whose = trouble.TryGetProperty("org", out var org)
                    ? $"{org}/{Text(trouble, "account")}" : "an account";
                var line = $"  {whose} is {Text(trouble, "status")}: {Text(trouble, "reason")}"
                    + (trouble.TryGetProperty("detail", out var detail) ? " " + detail : "");
                if (told.Add(line)) Terminal.Say(line);
            }
            var now = Describe(rollout);
            if (now != last) Terminal.Say(now);
            last = now;
            var status = Text(rollout, "status");
            var isMoving = rollout.GetProperty("waves").EnumerateArray().Any(w => w.GetProperty("accounts")
                .EnumerateObject().Any(count => count.Name is "upgrading" or "baking" or "rolling-back"));
            if (status is "running" or "paused" || isMoving) continue;
            if (status != "halted") return 0;
            Terminal.Say($"{Text(rollout, "reason")}\nMend it and release another version, or go on: "
                + $"xingchen rollout resume {id}");
            return 2;
        }
    }

    private static string Describe(JsonElement rollout) => $"{Text(rollout, "status")}: " + string.Join("; ",
        rollout.GetProperty("waves").EnumerateArray().Select(wave =>
        {
            var counts = wave.GetProperty("accounts").EnumerateObject().Select(c => $"{c.Value} {c.Name}").ToList();
            return $"{Text(wave, "name")}: {(counts.Count == 0 ? "nobody" : string.Join(", ", counts))}";
        }));

    private static object WaveOf(string text) => text switch
    {
        "own" => new { own = true },
        "all" => new { percent = 100.0 },
        _ when text.EndsWith('%') && double.TryParse(text[..^1], CultureInfo.InvariantCulture, out var percent) =>
            new { percent },
        _ => new { orgs = text.Split(',', StringSplitOptions.TrimEntries) },
    };

    private static int? SecondsOf(string? text)
    {
        if (text is null) return null;
        var unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return unit > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= 7 * 24 * 3600 / unit
            ? number * unit : throw new CliException("--bake is a time of at most 7 days such as 90s, 10m or 2h.");
    }

    private static Argument<string> Id() => new("id") { Description = "As `rollout start` and `rollout list` show it" };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
