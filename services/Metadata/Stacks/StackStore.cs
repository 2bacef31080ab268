using System.Text.Json;
using Dapper;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Storage;

namespace Xingchen.Metadata.Stacks;

/// <summary>The tables of the schema <c>metadata</c> in the cell's database.</summary>
/// <remarks>Every statement on rows of an org runs inside a transaction that shows that org alone.</remarks>
internal sealed class StackStore(NpgsqlDataSource source)
{
    /// <summary>How long a publication waits for writes in flight before it gives up and says so.</summary>
    private const string LockWait = "5s";

    /// <summary>Begins a transaction that shows the org of <paramref name="key"/>.</summary>
    public Task<OrgTransaction> BeginAsync(AccountKey key, CancellationToken ct) =>
        OrgTransaction.BeginAsync(source, key.Org, ct);

    /// <summary>Begins a transaction that shows an org.</summary>
    public Task<OrgTransaction> BeginAsync(OrgId org, CancellationToken ct) =>
        OrgTransaction.BeginAsync(source, org, ct);

    /// <summary>Begins a transaction for what belongs to no org: it shows the platform's own.</summary>
    public Task<OrgTransaction> BeginStandardAsync(CancellationToken ct) =>
        OrgTransaction.BeginAsync(source, OrgId.Platform, ct);

    public async Task<Stack> ReadAsync(OrgTransaction transaction, AccountKey key, CancellationToken ct) =>
        ToStack((await transaction.QueryAsync<StackRow>(ReadStack, Of(key), ct))[0]);

    /// <summary>Reads what is in force and lets nobody write records of the account, or publish, until the transaction
    /// ends.</summary>
    public async Task<Stack> LockAsync(OrgTransaction transaction, AccountKey key, CancellationToken ct)
    {
        // Standard before account, as writers of records take them: one order, no deadlock. The lock is a statement of
        // its own, so that the read after it has a snapshot in which what the lock waited for is committed.
        await transaction.ExecuteAsync($"""
            select set_config('lock_timeout', '{LockWait}', true),
                pg_advisory_xact_lock_shared(metadata.standard_lock()),
                pg_advisory_xact_lock(metadata.account_lock(@Org, @Account))
            """, Of(key), ct);
        return await ReadAsync(transaction, key, ct);
    }

    /// <summary>Reads the standard release and lets nobody write records or publish until the transaction
    /// ends.</summary>
    public async Task<Standard> LockStandardAsync(OrgTransaction transaction, CancellationToken ct)
    {
        await transaction.ExecuteAsync($"""
            select set_config('lock_timeout', '{LockWait}', true), pg_advisory_xact_lock(metadata.standard_lock())
            """, null, ct);
        return await ReadStandardAsync(transaction, ct);
    }

    public async Task<Standard> ReadStandardAsync(OrgTransaction transaction, CancellationToken ct) =>
        ToStandard((await transaction.QueryAsync<StandardRow>("""
            select version as "StandardVersion", packages::text as "StandardPackages", places::text as "StandardPlaces"
            from metadata.standard where id = 1
            """, null, ct))[0]);

    /// <summary>The layers there are among <paramref name="digests"/>.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> ReadLayersAsync(
        OrgTransaction transaction, IReadOnlyCollection<string> digests, CancellationToken ct) =>
        (await transaction.QueryAsync<(string Digest, byte[] Content)>("""
            select digest, convert_to(content, 'UTF8') from metadata.layers where digest = any(@digests)
            """, new { digests = digests.ToArray() }, ct)).ToDictionary(row => row.Digest, row => row.Content);

    /// <summary>An account's own layer.</summary>
    public async Task<byte[]?> ReadPrivateLayerAsync(
        OrgTransaction transaction, AccountKey key, string digest, CancellationToken ct) =>
        await transaction.QuerySingleOrDefaultAsync<byte[]>("""
            select convert_to(content, 'UTF8') from metadata.private_layers
            where org_id = @Org and account_id = @Account and digest = @digest
            """, new { Org = key.Org.Value, Account = key.Account.Value, digest }, ct);

    /// <summary>Keeps a published layer; again is no change.</summary>
    public Task AddLayerAsync(OrgTransaction transaction, LayerDocument layer, string content, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into metadata.layers (digest, kind, name, namespace, version, content)
            values (@Digest, @Kind, @Name, @Namespace, @Version, @content) on conflict (digest) do nothing
            """, new { layer.Digest, layer.Kind, layer.Name, layer.Namespace, layer.Version, content }, ct);

    /// <summary>Keeps an account's own layer; again is no change.</summary>
    public Task AddPrivateLayerAsync(
        OrgTransaction transaction, AccountKey key, string digest, string content, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into metadata.private_layers (org_id, account_id, digest, content)
            values (@Org, @Account, @digest, @content) on conflict (org_id, account_id, digest) do nothing
            """, new { Org = key.Org.Value, Account = key.Account.Value, digest, content }, ct);

    /// <summary>Puts a stack in force at the next version; its history tells since when.</summary>
    /// <returns>What is in force now, as later readers see it.</returns>
    public async Task<Stack> WriteAsync(OrgTransaction transaction, AccountKey key, Stack stack, CancellationToken ct)
    {
        var row = (await transaction.QueryAsync<StackRow>("""
            with written as (
                insert into metadata.stacks (org_id, account_id, version, packages, private_digest, places)
                values (@Org, @Account, @Version, @Packages::jsonb, @PrivateLayer, @Places::jsonb)
                on conflict (org_id, account_id) do update set version = excluded.version, packages = excluded.packages,
                    private_digest = excluded.private_digest, places = excluded.places
                returning *),
            told as (
                insert into metadata.stack_history (org_id, account_id, version, at, packages, private_digest, places)
                select org_id, account_id, version, clock_timestamp(), packages, private_digest, places from written)
            select version, packages::text as packages, private_digest as "PrivateLayer", places::text as places
            from written
            """, new
        {
            Org = key.Org.Value, Account = key.Account.Value, Version = stack.Version + 1,
            Packages = JsonSerializer.Serialize(stack.Packages, JsonSerializerOptions.Web),
            stack.PrivateLayer, stack.Places,
        }, ct))[0];
        return ToStack(row, stack.Standard);
    }

    /// <summary>Moves the one row of the standard release; its history tells since when.</summary>
    public Task WriteStandardAsync(OrgTransaction transaction, Standard standard, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            with written as (
                update metadata.standard set version = version + 1, packages = @Packages::jsonb,
                    places = @Places::jsonb, global_digest = @Global, idc_digest = @Idc, group_digest = @Group
                where id = 1 returning *)
            insert into metadata.standard_history (version, at, global_digest, idc_digest, group_digest, places)
            select version, clock_timestamp(), global_digest, idc_digest, group_digest, places from written
            """, new
        {
            Packages = JsonSerializer.Serialize(standard.Packages, JsonSerializerOptions.Web),
            standard.Places,
            Global = DigestOf(standard, "global"), Idc = DigestOf(standard, "idc"), Group = DigestOf(standard, "group"),
        }, ct);

    /// <summary>The release that an org is pinned to; null where it has the cell's.</summary>
    public async Task<ReleasedPackage?> ReadPinAsync(OrgTransaction transaction, OrgId org, CancellationToken ct) =>
        ToPin(await transaction.QuerySingleOrDefaultAsync<string>("""
            select package::text from metadata.pins where org_id = @Org order by version desc limit 1
            """, new { Org = org.Value }, ct));

    /// <summary>Pins an org from a version of the standard release on, or ends that.</summary>
    public Task WritePinAsync(
        OrgTransaction transaction, OrgId org, long version, ReleasedPackage? package, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into metadata.pins (org_id, version, at, package, group_digest)
            values (@Org, @version, clock_timestamp(), @package::jsonb, @digest)
            """, new
        {
            Org = org.Value, version, digest = package?.Digest,
            package = package is null ? null : JsonSerializer.Serialize(package, JsonSerializerOptions.Web),
        }, ct);

    private const string ReadStack = """
        select i.package as "Pinned", n.version as "StandardVersion", n.packages::text as "StandardPackages",
            n.places::text as "StandardPlaces",
            s.version, s.packages::text as packages,
            s.private_digest as "PrivateLayer", s.places::text as places
        from metadata.standard n left join metadata.stacks s on s.org_id = @Org and s.account_id = @Account
        left join lateral (
            select p.package::text from metadata.pins p where p.org_id = @Org order by p.version desc limit 1) i on true
        where n.id = 1
        """;

    private static string? DigestOf(Standard standard, string layer) =>
        standard.Packages.FirstOrDefault(package => package.Layer == layer)?.Digest;

    private static object Of(AccountKey key) => new { Org = key.Org.Value, Account = key.Account.Value };

    private static Standard ToStandard(StandardRow row) => new Standard(
        row.StandardVersion,
            JsonSerializer.Deserialize<ReleasedPackage[]>(row.StandardPackages, JsonSerializerOptions.Web)!,
        row.StandardPlaces).With(ToPin(row.Pinned));

    private static ReleasedPackage? ToPin(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<ReleasedPackage>(json, JsonSerializerOptions.Web);

    private static Stack ToStack(StackRow row, Standard? standard = null)
    {
        standard ??= ToStandard(row);
        return row.Version is not { } version ? Stack.Bare(standard) : new Stack(
            standard, version, JsonSerializer.Deserialize<StackPackage[]>(row.Packages!, JsonSerializerOptions.Web)!,
            row.PrivateLayer, row.Places!);
    }

    private record StandardRow
    {
        public long StandardVersion { get; init; }
        public string StandardPackages { get; init; } = "[]";
        public string StandardPlaces { get; init; } = "{}";
        public string? Pinned { get; init; }
    }

    private sealed record StackRow : StandardRow
    {
        public long? Version { get; init; }
        public string? Packages { get; init; }
        public string? PrivateLayer { get; init; }
        public string? Places { get; init; }
    }
}
