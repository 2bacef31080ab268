using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Xingchen.Schema.Packages;

namespace Xingchen.Cli;

/// <summary><c>keys</c>: the keys with which a publisher signs packages. The private ones never leave this
/// machine.</summary>
internal static class KeyCommands
{
    public static IEnumerable<Command> All() => [new Command("keys",
        "The keys that packages are signed with: make, register, list, revoke") { New(), Add(), List(), Revoke() }];

    /// <summary>Of commands that sign.</summary>
    public static Option<string?> KeyOption() => new("--key")
    {
        Description = "The file of the private key to sign with; that of `xingchen keys new` where it is not given, "
            + "\"none\" for no signature",
    };

    /// <summary>The file of the key to sign with: what was given, else what XINGCHEN_KEY or the sign-in says.</summary>
    /// <returns>Null for none.</returns>
    public static string? FileOf(string? given)
    {
        given ??= Environment.GetEnvironmentVariable("XINGCHEN_KEY") is { Length: > 0 } set ? set
            : Profile.Stored()?.Key;
        return given is "none" or null ? null : given;
    }

    /// <summary>Signs a manifest. The same manifest by the same key gets the signature that it got before, so that
    /// packing again gives the same bytes.</summary>
    public static PackageSignature Sign(string file, ReadOnlyMemory<byte> checksums)
    {
        using var key = Read(file);
        var kept = Path.Combine(Path.GetDirectoryName(Profile.Location)!, "signatures",
            Digest.Of(checksums.Span).Value.Replace(':', '-') + "-" + PackageSignature.KeyId(key)[^16..]);
        if (File.Exists(kept) && Convert.TryFromBase64String(File.ReadAllText(kept), new byte[64], out var length)
            && length == 64)
        {
            var known = new PackageSignature(
                PackageSignature.KeyId(key), Convert.FromBase64String(File.ReadAllText(kept)));
            if (known.IsOf(key, checksums.Span)) return known;
        }
        var signature = PackageSignature.Sign(key, checksums.Span);
        SecretFile.Write(kept, Convert.ToBase64String(signature.Value.Span));
        return signature;
    }

    private static Command New()
    {
        var name = Name();
        var output = new Option<string?>("--output", "-o")
            { Description = "Where to write the private key; in the folder of the sign-in where it is not given" };
        var command = new Command("new", "Make a key, register it, and sign with it from now on") { name, output };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var file = Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine(
                Path.GetDirectoryName(Profile.Location)!, "keys", PackageSignature.KeyId(key)[^16..] + ".pem"));
            if (File.Exists(file)) throw new CliException($"{file} is there already. Choose another --output.");
            SecretFile.Write(file, key.ExportPkcs8PrivateKeyPem());
            await RegisterAsync(api, key, parsed.GetValue(name)!, ct);
            Terminal.Say($"The private key is {file}: whoever has it signs in your name. Keep it, and a copy, safe.");
            if (Profile.Stored() is { } profile)
            {
                (profile with { Key = file }).Save();
                Terminal.Say("xingchen pack and push sign with it while you are signed in as this client.");
            }
            else Terminal.Say("Nobody is signed in here for good: sign with --key, or set XINGCHEN_KEY.");
        });
        return command;
    }

    private static Command Add()
    {
        var file = new Argument<string>("file") { Description = "A public or private key of the curve P-256, in PEM" };
        var name = Name();
        var command = new Command("add", "Register a key that you have") { file, name };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            using var key = Read(parsed.GetValue(file)!);
            await RegisterAsync(api, key, parsed.GetValue(name)!, ct);
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "The registered keys, the newest first");
        command.SetAction(async (_, ct) =>
        {
            using var api = ApiClient.SignedIn();
            var keys = (await api.GetAsync("/v1/keys", ct)).GetProperty("keys");
            if (keys.GetArrayLength() == 0) Terminal.Say("No key is registered. Make one: xingchen keys new");
            foreach (var key in keys.EnumerateArray())
                Console.WriteLine($"{Text(key, "id")}  {Text(key, "status"),-7}  {Text(key, "createdAt")[..10]}  "
                    + Text(key, "name"));
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "As `xingchen keys list` shows it" };
        var command = new Command("revoke",
            "Take nothing any more that this key signs. What was taken before stays.") { id };
        command.SetAction(async (parsed, ct) =>
        {
            using var api = ApiClient.SignedIn();
            await api.DeleteAsync($"/v1/keys/{Uri.EscapeDataString(parsed.GetValue(id)!)}", ct);
            Terminal.Say($"{parsed.GetValue(id)} is revoked. Make another: xingchen keys new");
        });
        return command;
    }

    private static Option<string> Name() => new("--name")
    {
        Description = "What the key is called in lists", DefaultValueFactory = _ => Environment.MachineName,
    };

    private static async Task RegisterAsync(ApiClient api, ECDsa key, string name, CancellationToken ct)
    {
        var answer = await api.PostAsync("/v1/keys",
            new { name, publicKey = key.ExportSubjectPublicKeyInfoPem() }, ct);
        Console.WriteLine(Text(answer, "id"));
        Terminal.Say($"The key is {Text(answer, "status")} as {Text(answer, "name")}.");
    }

    /// <summary>Reads a public or private key. The caller disposes of it.</summary>
    internal static ECDsa Read(string file) =>
        (File.Exists(file) ? PackageSignature.ReadKey(File.ReadAllText(file)) : null)
        ?? throw new CliException($"{file} is no key of the curve P-256 in PEM. Make one: xingchen keys new");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
