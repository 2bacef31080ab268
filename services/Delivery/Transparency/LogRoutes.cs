using Xingchen.Schema.Packages;
using Xingchen.Schema.Transparency;

namespace Xingchen.Delivery.Transparency;

/// <summary><c>/v1/log</c>: what was released and yanked, and the proofs that nobody was told anything else.</summary>
public static class LogRoutes
{
    private const int MostEntries = 1_000;

    public static void MapLog(this WebApplication app)
    {
        var log = app.MapGroup("/v1/log");
        log.MapGet("", HeadAsync);
        log.MapGet("/key", KeyAsync);
        log.MapGet("/entries", EntriesAsync);
        log.MapGet("/proof", ProofAsync);
        log.MapGet("/consistency", ConsistencyAsync);
    }

    private static async Task<LogHead> HeadAsync(
        Hosting.Caller _, LogStore log, LogKeyStore keys, TimeProvider time, CancellationToken ct)
    {
        var (size, root) = await log.HeadAsync(ct);
        using var key = await keys.CurrentAsync(ct);
        return LogHead.Sign(key, size, root, time.GetUtcNow());
    }

    /// <summary>The key that signs heads now, and those that did before.</summary>
    private static async Task<KeyBody> KeyAsync(Hosting.Caller _, LogKeyStore keys, CancellationToken ct)
    {
        using var current = await keys.CurrentAsync(ct);
        var (id, all) = (PackageSignature.KeyId(current), await keys.ListAsync(ct));
        var now = all.First(key => key.Id == id);
        return new KeyBody(now.Id, now.PublicKey, now.CreatedAt, [.. all.Where(key => key.Id != id)]);
    }

    private static async Task<EntriesBody> EntriesAsync(
        Hosting.Caller _, LogStore log, CancellationToken ct, long from = 0, int limit = 100)
    {
        if (from < 0 || limit is < 1 or > MostEntries)
            throw Invalid($"from is a whole number from 0 on, limit is 1 to {MostEntries}.");
        var entries = await log.ListAsync(from, limit, ct);
        return new EntriesBody(entries, entries.Count == limit ? from + limit : null);
    }

    private static async Task<ProofBody> ProofAsync(
        Hosting.Caller _, LogStore log, CancellationToken ct, string name = "", string version = "", long? size = null,
        string @event = LogEntry.Release)
    {
        var found = Names.Package.IsMatch(name) && VersionRange.TryParseVersion(version, out var _)
            && @event is LogEntry.Release or LogEntry.Yank ? await log.FindAsync(name, version, @event, ct) : null;
        var most = await SizeAsync(log, size ?? 0, ct);
        if (found is null || found.Index >= (size ?? most))
            throw new ProblemException(Problems.NotFound, "There is nothing here.");
        var path = await log.InclusionAsync(found.Index, size ?? most, ct);
        return new ProofBody(found.Index, found.Entry, size ?? most, [.. path.Select(Convert.ToBase64String)]);
    }

    private static async Task<ConsistencyBody> ConsistencyAsync(
        Hosting.Caller _, LogStore log, CancellationToken ct, long from = -1, long to = -1)
    {
        if (from < 0 || to < from) throw Invalid("Give from and to: two sizes of the log, the smaller first.");
        await SizeAsync(log, to, ct);
        var path = await log.ConsistencyAsync(from, to, ct);
        return new ConsistencyBody(from, to, [.. path.Select(Convert.ToBase64String)]);
    }

    /// <summary>The log's size, which is at least what somebody says it is.</summary>
    private static async Task<long> SizeAsync(LogStore log, long told, CancellationToken ct)
    {
        var size = await log.SizeAsync(ct);
        return told >= 0 && told <= size ? size : throw Invalid($"The log has {size} entries.");
    }

    private static ProblemException Invalid(string detail) => new(Problems.RequestInvalid, detail);

    private sealed record KeyBody(string Id, string PublicKey, DateTime CreatedAt, IReadOnlyList<LogKey> Former);

    private sealed record EntriesBody(IReadOnlyList<PlacedEntry> Entries, long? Next);

    /// <param name="Path">Hashes from the leaf's sibling up to the root, base64.</param>
    private sealed record ProofBody(long Index, string Entry, long Size, IReadOnlyList<string> Path);

    private sealed record ConsistencyBody(long From, long To, IReadOnlyList<string> Path);
}
