using System.CommandLine;
using System.Text.Json;
using Xingchen.Schema.Packages;

namespace Xingchen.Cli;

/// <summary>A package version as the server answered for it.</summary>
internal sealed record PushedPackage(string Name, string Version, string Status, string Digest);

/// <summary><c>new</c>, <c>validate</c>, <c>lock</c>, <c>pack</c>, <c>push</c>, <c>release</c> and
/// <c>install</c>.</summary>
internal static class PackageCommands
{
    public static IEnumerable<Command> All() =>
        [NewCommand.Create(), Validate(), Lock(), Pack(), Push(), Release(), Install()];

    private static Command Validate()
    {
        var folder = PackageFolder.Argument();
        var online = new Option<bool>("--online")
        {
            Description = "Ask the server as well, which keeps nothing: references, dependencies, whether the version "
                + "fits what it changes",
        };
        var command = new Command("validate", "Check a package's folder and say everything that is wrong")
            { folder, online };
        command.SetAction(async (parsed, ct) =>
        {
            using var file = new MemoryStream();
            var asks = parsed.GetValue(online);
            var contents = await PackageFolder.PackAsync(parsed.GetValue(folder)!, file, null,
                asks ? LockUse.Resolve : LockUse.Offline, ApiClient.SignedIn, ct);
            if (!asks)
            {
                Terminal.Say($"{contents.Name} {contents.Version}: nothing wrong that can be seen without the layers "
                    + "it builds on. With --online the server says the rest.");
                return;
            }
            using var api = ApiClient.SignedIn();
            await api.UploadAsync("/v1/packages?dryRun=true", file, "application/zip", ct);
            Terminal.Say($"{contents.Name} {contents.Version}: nothing wrong. Upload it: xingchen push "
                + parsed.GetValue(folder));
        });
        return command;
    }

    private static Command Lock()
    {
        var folder = PackageFolder.Argument();
        var command = new Command("lock", "Resolve the dependencies anew and keep what they come to in the folder's "
            + "package-lock.json, which pack and push take as it is") { folder };
        command.SetAction(async (parsed, ct) =>
        {
            using var packed = new MemoryStream();
            var manifest = await PackageFolder.PackAsync(
                parsed.GetValue(folder)!, packed, null, LockUse.Renew, ApiClient.SignedIn, ct);
            Terminal.Say(manifest.Dependencies.Count == 0 || manifest.IsStandard ? "There is nothing to lock."
                : $"{Path.Combine(parsed.GetValue(folder)!, PackageLayout.Lock)} says what the dependencies come to.");
        });
        return command;
    }

    private static Command Pack()
    {
        var folder = PackageFolder.Argument();
        var output = new Option<string?>("--output", "-o")
            { Description = "The file to write; <name>-<version>.xcpkg where it is not given" };
        var key = KeyCommands.KeyOption();
        var offline = PackageFolder.OfflineOption();
        var renew = new Option<bool>("--update-lock") { Description = "Renew the folder's package-lock.json first" };
        var command = new Command("pack", "Make an .xcpkg of a folder: the same sources give the same bytes")
            { folder, output, key, offline, renew };
        command.SetAction(async (parsed, ct) =>
        {
            using var packed = new MemoryStream();
            var use = parsed.GetValue(renew) ? LockUse.Renew
                : parsed.GetValue(offline) ? LockUse.Offline : LockUse.Resolve;
            var contents = await PackageFolder.PackAsync(parsed.GetValue(folder)!, packed,
                KeyCommands.FileOf(parsed.GetValue(key)), use, ApiClient.SignedIn, ct);
            var path = parsed.GetValue(output) ?? $"{contents.Name}-{contents.Version}.xcpkg";
            await File.WriteAllBytesAsync(path + ".new", packed.ToArray(), ct);
            File.Move(path + ".new", path, overwrite: true);
            Terminal.Say($"{path} ({packed.Length:N0} bytes, {Digest.Of(packed.ToArray())})");
        });
        return command;
    }

    private static Command Push()
    {
        var source = new Argument<string>("package") { Description = "An .xcpkg file, or a folder to pack first" };
        var key = KeyCommands.KeyOption();
        var offline = PackageFolder.OfflineOption();
        var command = new Command("push", "Upload a package version. The same bytes again change nothing.")
            { source, key, offline };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var pushed = await PushAsync(api, parsed.GetValue(source)!, quiet: false, ct,
                KeyCommands.FileOf(parsed.GetValue(key)), parsed.GetValue(offline) ? LockUse.Offline : LockUse.Resolve);
            if (pushed.Status == "uploaded")
                Terminal.Say($"Make it installable: xingchen release {pushed.Name}@{pushed.Version}");
        });
        return command;
    }

    private static Command Release()
    {
        var version = new Argument<string>("package") { Description = "name@version" };
        var command = new Command("release", "Make an uploaded version installable. There is no way back; see yank.")
            { version };
        command.SetAction(async (parsed, ct) =>
        {
            var (name, number) = Split(parsed.GetValue(version)!);
            if (number is null) throw new CliException("Say which version: xingchen release name@version");
            using var api = ApiClient.SignedIn();
            await api.PostAsync($"/v1/packages/{name}/{number}/release", null, ct);
            Terminal.Say($"{name} {number} is released. Install it: xingchen install {name}@^{number}");
        });
        return command;
    }

    private static Command Install()
    {
        var package = new Argument<string>("package") { Description = "name, or name@range such as northwind@^1.0.0" };
        var plan = new Option<bool>("--plan") { Description = "Say what would happen and change nothing" };
        var command = new Command("install", "Install a released package with its dependencies in this account")
            { package, plan };
        command.SetAction(async (parsed, ct) =>
        {
            var (name, range) = Split(parsed.GetValue(package)!);
            using var api = ApiClient.SignedIn();
            if (parsed.GetValue(plan))
            {
                var answer =
                    await api.PostAsync("/v1/installations/plan", new { package = name, version = range ?? "*" }, ct);
                Console.WriteLine(JsonSerializer.Serialize(answer, new JsonSerializerOptions { WriteIndented = true }));
                return;
            }
            var version = await InstallAsync(api, name, range ?? "*", ct);
            Terminal.Say($"{name} {version} is active. Its objects: xingchen objects");
        });
        return command;
    }

    /// <summary>Uploads a file, or packs a folder and uploads that.</summary>
    internal static async Task<PushedPackage> PushAsync(
        ApiClient api, string source, bool quiet, CancellationToken ct, string? key = null,
        LockUse use = LockUse.Offline)
    {
        using var packed = new MemoryStream();
        if (Directory.Exists(source))
            await PackageFolder.PackAsync(source, packed, key, use, ApiClient.SignedIn, ct);
        else if (!File.Exists(source)) throw new CliException($"There is no file or folder {source}.");
        await using Stream body = packed.Length > 0 ? packed : File.OpenRead(source);
        var answer = await api.UploadAsync("/v1/packages", body, "application/zip", ct);
        var pushed =
            new PushedPackage(answer.GetProperty("name").GetString()!, answer.GetProperty("version").GetString()!,
            answer.GetProperty("status").GetString()!, answer.GetProperty("digest").GetString()!);
        if (quiet) return pushed;
        Terminal.Say($"{pushed.Name} {pushed.Version} is {pushed.Status} ({pushed.Digest}).");
        foreach (var warning in answer.GetProperty("warnings").EnumerateArray()) Terminal.Say($"  warning: {warning}");
        return pushed;
    }

    /// <summary>Asks for an installation and waits until it is active.</summary>
    /// <returns>The version that is active.</returns>
    internal static async Task<string> InstallAsync(ApiClient api, string name, string range, CancellationToken ct)
    {
        var installation = await api.PostAsync("/v1/installations", new { package = name, version = range }, ct);
        while (installation.GetProperty("status").GetString() is var status && status != "active")
        {
            if (status == "failed")
            {
                var problem = installation.GetProperty("problem");
                throw new CliException($"{name} was not installed: {problem.GetProperty("detail").GetString()}",
                    problem.TryGetProperty("errors", out var errors)
                        ? errors.Deserialize<List<Finding>>(JsonSerializerOptions.Web) : null);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
            installation = await api.GetAsync($"/v1/installations/{installation.GetProperty("id").GetString()}", ct);
        }
        return installation.GetProperty("version").GetString()!;
    }

    internal static (string Name, string? Version) Split(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }
}
