using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Xingchen.Schema.Packages;
using Xingchen.Schema.Transparency;

namespace Xingchen.Cli;

/// <summary><c>verify</c>: what a package is, who signed it, and that everybody is told the same of it.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var package = new Argument<string?>("package")
        {
            Description = "An .xcpkg file, or name@version to fetch it", Arity = ArgumentArity.ZeroOrOne,
        };
        var key = new Option<string?>("--key")
            { Description = "The publisher's public key in PEM, got from elsewhere than the server" };
        var offline = new Option<bool>("--offline")
            { Description = "Ask no server: the file, its MANIFEST, and its signature by --key" };
        var log = new Option<bool>("--log")
            { Description = "Read the whole log of packages and reckon its root, with or without a package" };
        var command = new Command("verify", "Check a package: its bytes, its MANIFEST, its signature, and that the "
            + "log of packages holds it and has only grown. Exit code 3 where something is wrong.")
                { package, key, offline, log };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(package), parsed.GetValue(key),
            parsed.GetValue(offline), parsed.GetValue(log), ct));
        return command;
    }

    private static async Task<int> RunAsync(
        string? package, string? key, bool offline, bool wholeLog, CancellationToken ct)
    {
        if (package is null && (offline || !wholeLog))
            throw new CliException("Say which package: FILE or name@version.");
        using var publicKey = key is null ? null : KeyCommands.Read(key);
        var verdict = new Verdict();
        if (offline)
        {
            await using var file = OpenFile(package!);
            var contents = Read(file, verdict);
            if (contents.Signature is not null && publicKey is null)
                verdict.Note("signature", $"by {contents.Signature.Key}; not checked: give --key");
            else if (contents.Signature is not null) CheckSignature(contents, publicKey!, verdict);
            else if (publicKey is null) verdict.Note("signature", "the package is not signed");
            else verdict.Fail("signature", "the package is not signed");
            return verdict.ExitCode;
        }
        using var api = ApiClient.SignedIn();
        var audit = new LogAudit(api, verdict);
        if (!await audit.OpenAsync(ct)) return verdict.ExitCode;
        if (wholeLog) await audit.ReadAllAsync(ct);
        if (package is not null) await CheckAsync(api, audit, package, publicKey, verdict, ct);
        if (verdict.ExitCode == 0) audit.Remember();
        return verdict.ExitCode;
    }

    private static async Task CheckAsync(
        ApiClient api, LogAudit audit, string package, ECDsa? publicKey, Verdict verdict, CancellationToken ct)
    {
        await using var file = File.Exists(package) ? OpenFile(package) : await FetchAsync(api, package, ct);
        var contents = Read(file, verdict);
        if (contents.Manifest is not { } manifest) return;
        JsonElement told;
        try
        {
            told = await api.GetAsync($"/v1/packages/{manifest.Name}/{manifest.Version}", ct);
        }
        catch (CliException problem) when (problem.Slug == "not-found")
        {
            verdict.Fail("server", $"{api.Url} has no {manifest.Name} {manifest.Version} that you may see");
            return;
        }
        var digest = await DigestAsync(file, ct);
        var there = told.GetProperty("digest").GetString();
        verdict.Check(there == digest.Value, "digest", $"{digest}, as {api.Url} has it",
            $"{digest}, but {api.Url} has {there} as {manifest.Name} {manifest.Version}: these are other bytes");
        if (told.GetProperty("status").GetString() == "uploaded")
        {
            verdict.Note("log", "not released yet: the log has nothing of it");
            await CheckSignerAsync(api, contents, publicKey, null, verdict, ct);
            return;
        }
        var entry = await audit.FindAsync(manifest.Name, manifest.Version, LogEntry.Release, ct);
        if (entry is not null)
            verdict.Check((entry.Digest, entry.Namespace, entry.SignedBy)
                    == (digest.Value, manifest.Namespace, contents.Signature?.Key), "entry",
                "the log tells this digest, this namespace and this key",
                $"the log tells of other bytes or another key: {entry.Digest}, {entry.SignedBy ?? "not signed"}");
        await CheckSignerAsync(api, contents, publicKey, entry, verdict, ct);
        if (told.GetProperty("status").GetString() != "yanked") return;
        await audit.FindAsync(manifest.Name, manifest.Version, LogEntry.Yank, ct);
        verdict.Note("yanked", told.GetProperty("yankReason").GetString()!);
    }

    private static async Task CheckSignerAsync(
        ApiClient api, PackageContents contents, ECDsa? publicKey, LogEntry? entry, Verdict verdict,
        CancellationToken ct)
    {
        var manifest = contents.Manifest!;
        if (contents.Signature is null)
        {
            if (publicKey is not null) verdict.Fail("signature", "the package is not signed");
            else verdict.Note("signature", "the package is not signed: only the server says whose it is");
            return;
        }
        var signer = await api.GetAsync($"/v1/packages/{manifest.Name}/{manifest.Version}/key", ct);
        using var registered = PackageSignature.ReadKey(signer.GetProperty("publicKey").GetString()!);
        if (registered is null)
        {
            verdict.Fail("signature", "what the server gives as the publisher's key is none");
            return;
        }
        CheckSignature(contents, publicKey ?? registered, verdict);
        if (signer.GetProperty("status").GetString() != "revoked") return;
        var revoked = signer.GetProperty("revokedAt").GetDateTimeOffset();
        if (entry is not null && DateTimeOffset.Parse(entry.At, CultureInfo.InvariantCulture) < revoked)
            verdict.Note("key", $"revoked at {LogHead.Time(revoked)}, after this version was released");
        else verdict.Fail("key", $"revoked at {LogHead.Time(revoked)}, and nothing proves that this version was "
            + "released before");
    }

    private static void CheckSignature(PackageContents contents, ECDsa key, Verdict verdict)
    {
        var signature = contents.Signature!;
        verdict.Check(signature.Key == PackageSignature.KeyId(key) && signature.IsOf(key, contents.Checksums.Span),
            "signature", $"over MANIFEST, by {signature.Key}",
            $"not made by the key {PackageSignature.KeyId(key)} over this MANIFEST");
    }

    private static PackageContents Read(Stream file, Verdict verdict)
    {
        var contents = PackageReader.Read(file);
        foreach (var finding in contents.Findings)
            verdict.Fail("file", $"{finding.File}{finding.Pointer} {finding.Detail} [{finding.Code}]");
        if (contents.Findings.Count == 0)
            verdict.Right("file", $"{contents.Manifest!.Name} {contents.Manifest.Version}: every file is the one that "
                + "MANIFEST names");
        return contents;
    }

    private static FileStream OpenFile(string file) => File.Exists(file) ? File.OpenRead(file)
        : throw new CliException($"There is no file {file}.");

    private static async Task<FileStream> FetchAsync(ApiClient api, string package, CancellationToken ct)
    {
        if (PackageCommands.Split(package) is not (var name, { } version))
            throw new CliException($"There is no file {package}. Give one, or name@version.");
        var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        await api.DownloadAsync($"/v1/packages/{Uri.EscapeDataString(name)}/{Uri.EscapeDataString(version)}/content",
            file, ct);
        return file;
    }

    private static async Task<Digest> DigestAsync(Stream file, CancellationToken ct)
    {
        file.Position = 0;
        return new Digest("sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)));
    }
}
