using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Delivery.Packages;

/// <summary>A public key with which a publisher signs.</summary>
/// <param name="Id">Of <see cref="Schema.Packages.PackageSignature.KeyId"/>.</param>
/// <param name="PublicKey">PEM.</param>
public sealed record PublisherKey(
    string Id, string Name, string PublicKey, DateTime CreatedAt, string CreatedBy, DateTime? RevokedAt);

/// <summary>The keys of publishers. An org sees its own alone, whatever a statement forgets to ask.</summary>
public sealed class PublisherKeyStore(NpgsqlDataSource source)
{
    private const string Columns = """
        id, name, public_key as PublicKey, created_at as CreatedAt, created_by as CreatedBy, revoked_at as RevokedAt
        """;

    public async Task<PublisherKey?> FindAsync(OrgId publisher, string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        return await transaction.QuerySingleOrDefaultAsync<PublisherKey>(
            $"select {Columns} from delivery.keys where publisher = @publisher and id = @id",
            new { publisher = publisher.Value, id }, ct);
    }

    /// <summary>All of them, revoked ones too, the newest first.</summary>
    public async Task<IReadOnlyList<PublisherKey>> ListAsync(OrgId publisher, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        return await transaction.QueryAsync<PublisherKey>(
            $"select {Columns} from delivery.keys where publisher = @publisher order by created_at desc, id",
            new { publisher = publisher.Value }, ct);
    }

    /// <returns>False where the publisher has it already.</returns>
    public async Task<bool> AddAsync(OrgId publisher, PublisherKey key, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        var added = await transaction.ExecuteAsync("""
            insert into delivery.keys (publisher, id, name, public_key, created_at, created_by)
            values (@publisher, @Id, @Name, @PublicKey, @CreatedAt, @CreatedBy) on conflict do nothing
            """,
            new { publisher = publisher.Value, key.Id, key.Name, key.PublicKey, key.CreatedAt, key.CreatedBy }, ct);
        await transaction.CommitAsync(ct);
        return added == 1;
    }

    /// <summary>From now on nothing that it signs is taken. What was taken stays.</summary>
    public async Task RevokeAsync(OrgId publisher, string id, DateTime at, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, publisher, ct);
        await transaction.ExecuteAsync("""
            update delivery.keys set revoked_at = @at
            where publisher = @publisher and id = @id and revoked_at is null
            """, new { publisher = publisher.Value, id, at }, ct);
        await transaction.CommitAsync(ct);
    }
}
