using Npgsql;
using Xingchen.Schema.Transparency;
using Xingchen.Storage;

namespace Xingchen.Delivery.Transparency;

/// <summary>An entry of the log with its place.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Entry">Its very text.</param>
public sealed record PlacedEntry(long Index, string Entry);

/// <summary>The log of packages. Nothing is ever changed in it or taken from it: the serving role can do
/// neither.</summary>
/// <remarks>
/// Each row has the hashes of the complete subtrees that its leaf ends, so that a root or a proof is a few rows however
/// long the log is. Appending is serialized by an advisory lock that is held until the transaction ends.
/// </remarks>
public sealed class LogStore(NpgsqlDataSource source)
{
    private const long LockKey = 0x5849_4C4F_47;

    /// <summary>Adds an entry in the transaction of what it tells; does nothing where it is there.</summary>
    /// <param name="transaction">Of the publisher.</param>
    internal static async Task AppendAsync(
        OrgTransaction transaction, OrgId publisher, LogEntry entry, CancellationToken ct)
    {
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey }, ct);
        var there = await transaction.QuerySingleOrDefaultAsync<long?>(
            "select seq from delivery.log where name = @Name and version = @Version and event = @Event", entry, ct);
        if (there is not null) return;
        var (seq, text) = (await SizeAsync(transaction, ct), entry.ToText());
        var leaf = MerkleTree.Leaf(System.Text.Encoding.UTF8.GetBytes(text));
        var hashes = await ReckonAsync(transaction, subtree => MerkleTree.Append(seq, leaf, subtree), ct);
        await transaction.ExecuteAsync("""
            insert into delivery.log (seq, publisher, event, name, version, entry, hashes)
            values (@seq, @publisher, @Event, @Name, @Version, @text, @hashes)
            """, new
            {
                seq, publisher = publisher.Value, entry.Event, entry.Name, entry.Version, text,
                hashes = hashes.SelectMany(hash => hash).ToArray(),
            }, ct);
    }

    /// <summary>The number of entries, and the root of their tree.</summary>
    public async Task<(long Size, byte[] Root)> HeadAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var size = await SizeAsync(transaction, ct);
        return (size, await ReckonAsync(transaction, subtree => MerkleTree.Root(size, subtree), ct));
    }

    /// <summary>The number of entries.</summary>
    public async Task<long> SizeAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await SizeAsync(transaction, ct);
    }

    /// <summary>Entries in order.</summary>
    public async Task<IReadOnlyList<PlacedEntry>> ListAsync(long from, int limit, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<PlacedEntry>(
            "select seq as Index, entry from delivery.log where seq >= @from order by seq limit @limit",
            new { from, limit }, ct);
    }

    /// <summary>What is said of a version.</summary>
    public async Task<PlacedEntry?> FindAsync(string name, string version, string @event, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QuerySingleOrDefaultAsync<PlacedEntry>("""
            select seq as Index, entry from delivery.log
            where name = @name and version = @version and event = @event
            """, new { name, version, @event }, ct);
    }

    /// <param name="size">At most that of the log.</param>
    public async Task<IReadOnlyList<byte[]>> InclusionAsync(long index, long size, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await ReckonAsync(transaction, subtree => MerkleTree.Inclusion(index, size, subtree), ct);
    }

    /// <param name="to">At most the size of the log.</param>
    public async Task<IReadOnlyList<byte[]>> ConsistencyAsync(long from, long to, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await ReckonAsync(transaction, subtree => MerkleTree.Consistency(from, to, subtree), ct);
    }

    private static Task<long> SizeAsync(OrgTransaction transaction, CancellationToken ct) =>
        transaction.QuerySingleOrDefaultAsync<long>("select coalesce(max(seq) + 1, 0) from delivery.log", null, ct);

    /// <summary>Reckons twice: to learn which hashes are asked for, and with them.</summary>
    private static async Task<T> ReckonAsync<T>(
        OrgTransaction transaction, Func<Subtree, T> reckon, CancellationToken ct)
    {
        var (asked, nothing) = (new HashSet<long>(), new byte[MerkleTree.HashBytes]);
        reckon((level, index) =>
        {
            asked.Add(LastOf(level, index));
            return nothing;
        });
        var rows = (await transaction.QueryAsync<(long Seq, byte[] Hashes)>(
            "select seq, hashes from delivery.log where seq = any(@rows)", new { rows = asked.ToArray() }, ct))
            .ToDictionary(row => row.Seq, row => row.Hashes);
        return reckon((level, index) =>
            rows[LastOf(level, index)].AsSpan(level * MerkleTree.HashBytes, MerkleTree.HashBytes).ToArray());

        static long LastOf(int level, long index) => ((index + 1) << level) - 1;
    }
}
