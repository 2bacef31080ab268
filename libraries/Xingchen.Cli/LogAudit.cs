using System.Globalization;
using System.Text;
using System.Text.Json;
using Xingchen.Schema.Packages;
using Xingchen.Schema.Transparency;

namespace Xingchen.Cli;

/// <summary>Asks a server's log of packages and believes nothing of it that is not proven.</summary>
internal sealed class LogAudit(ApiClient api, Verdict verdict)
{
    private const int PageEntries = 1_000;

    private KnownLog now = null!;

    /// <summary>Takes the head: signed by the key that this machine knows, and grown from the head that it saw
    /// last.</summary>
    /// <returns>False where the log is not to be believed.</returns>
    public async Task<bool> OpenAsync(CancellationToken ct)
    {
        var known = KnownLog.Load(api.Url);
        var head = (await api.GetAsync("/v1/log", ct)).Deserialize<LogHead>(JsonSerializerOptions.Web)!;
        var pem = (await api.GetAsync("/v1/log/key", ct)).GetProperty("publicKey").GetString()!;
        using var key = PackageSignature.ReadKey(pem);
        if (!verdict.Check(key is not null && head.IsOf(key), "head",
            $"{head.Size} entries at {head.Timestamp}, signed by {head.Key}", "the head of the log is not signed by "
                + "the key that the server gives for it")) return false;
        now = new KnownLog(api.Url, pem, head);
        if (known is null)
        {
            verdict.Note("history", "this machine sees this log for the first time; from now on it may only grow");
            return true;
        }
        return HasKey(known) && await HasGrownAsync(known.Head, ct);
    }

    /// <summary>Proves that the log holds what is said of a version.</summary>
    /// <returns>Null where it does not.</returns>
    public async Task<LogEntry?> FindAsync(string name, string version, string @event, CancellationToken ct)
    {
        JsonElement proof;
        try
        {
            proof = await api.GetAsync(string.Create(CultureInfo.InvariantCulture,
                $"/v1/log/proof?name={name}&version={version}&event={@event}&size={now.Head.Size}"), ct);
        }
        catch (CliException problem) when (problem.Slug == "not-found")
        {
            verdict.Fail("log", $"the log does not have the {@event} of {name} {version}");
            return null;
        }
        var (text, index) = (proof.GetProperty("entry").GetString()!, proof.GetProperty("index").GetInt64());
        var holds = MerkleTree.Includes(Convert.FromBase64String(now.Head.Root), now.Head.Size,
            MerkleTree.Leaf(Encoding.UTF8.GetBytes(text)), index, Path(proof));
        var entry = LogEntry.Parse(text);
        return verdict.Check(holds && entry is not null && (entry.Event, entry.Name, entry.Version)
                == (@event, name, version), "log",
            $"entry {index} of {now.Head.Size}: {@event} of {name} {version} at {entry?.At}, proven to be in the tree",
            $"what the server gives as entry {index}, the {@event} of {name} {version}, is not in the tree of its own "
                + "head: the log was tampered with") ? entry : null;
    }

    /// <summary>Reads the whole log and reckons its root.</summary>
    public async Task ReadAllAsync(CancellationToken ct)
    {
        var tree = new MerkleFrontier();
        while (tree.Size < now.Head.Size)
        {
            var page = (await api.GetAsync($"/v1/log/entries?from={tree.Size}&limit={PageEntries}", ct))
                .GetProperty("entries");
            var before = tree.Size;
            foreach (var entry in page.EnumerateArray())
                if (tree.Size < now.Head.Size && entry.GetProperty("index").GetInt64() == tree.Size)
                    tree.Add(Encoding.UTF8.GetBytes(entry.GetProperty("entry").GetString()!));
            if (tree.Size == before) break;
        }
        verdict.Check(tree.Size == now.Head.Size && Convert.ToBase64String(tree.Root()) == now.Head.Root, "entries",
            $"all {tree.Size} entries, read one by one, make the root {now.Head.Root}",
            $"the entries do not make the root of the head ({tree.Size} of {now.Head.Size} were given): the log was "
                + "tampered with");
    }

    /// <summary>From now on the log may only grow from here.</summary>
    public void Remember() => now.Save();

    private bool HasKey(KnownLog known)
    {
        if (known.Head.Key == now.Head.Key) return true;
        verdict.Fail("head", $"the log is signed by another key than on {known.Head.Timestamp} ({known.Head.Key}). "
            + $"Ask the operator whether the key was changed; if so, remove {KnownLog.FileOf(api.Url)}.");
        return false;
    }

    private async Task<bool> HasGrownAsync(LogHead old, CancellationToken ct)
    {
        if (now.Head.Size < old.Size)
        {
            verdict.Fail("history", $"THE LOG HAS SHRUNK: it has {now.Head.Size} entries, and had {old.Size} on "
                + $"{old.Timestamp}. Entries were taken away. Keep {KnownLog.FileOf(api.Url)}: it proves that.");
            return false;
        }
        var proof = now.Head.Size == old.Size || old.Size == 0 ? []
            : Path(await api.GetAsync($"/v1/log/consistency?from={old.Size}&to={now.Head.Size}", ct));
        return verdict.Check(MerkleTree.Extends(Convert.FromBase64String(old.Root), old.Size,
                Convert.FromBase64String(now.Head.Root), now.Head.Size, proof), "history",
            $"grown from the {old.Size} entries that this machine saw on {old.Timestamp}, none of them changed",
            $"THE LOG IS FORKED: it does not hold the {old.Size} entries that this machine saw on {old.Timestamp}. "
                + $"Somebody is told another history. Keep {KnownLog.FileOf(api.Url)}: it proves that.");
    }

    private static byte[][] Path(JsonElement proof) =>
        [.. proof.GetProperty("path").EnumerateArray().Select(hash => hash.GetBytesFromBase64())];
}
