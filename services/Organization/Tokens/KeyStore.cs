using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Storage;

namespace Xingchen.Organization.Tokens;

/// <summary>The signing keys of the installation: the same for every instance, made by whichever starts
/// first.</summary>
/// <remarks>
/// Private keys rest sealed with a key derived from the context key, which lives in the secret store: a copy of the
/// database signs nothing. After the context key was changed a new pair is made, and the old public key stays
/// published.
/// </remarks>
public sealed class KeyStore(NpgsqlDataSource source, IOptions<ServiceOptions> options)
{
    private const long LockKey = 0x5849_4B45_5953;

    private readonly byte[] sealingKey =
        SealedBytes.Key(options.Value.ContextKey, "xingchen signing key seal v1");

    private volatile SigningKey? current;

    /// <summary>The newest key that this installation can open; made where there is none.</summary>
    public async Task<SigningKey> CurrentAsync(CancellationToken ct)
    {
        if (current is { } known) return known;
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        // Two instances at their first start: the second waits here and then finds the first one's key.
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey }, ct);
        var sealedKeys = await transaction.QueryAsync<byte[]>(
            "select sealed_private_key from directory.signing_keys order by created_at desc, kid", null, ct);
        var key = sealedKeys.Select(bytes => SigningKey.Unseal(bytes, sealingKey))
            .FirstOrDefault(opened => opened is not null);
        if (key is null)
        {
            key = SigningKey.Create();
            await transaction.ExecuteAsync(
                """
                insert into directory.signing_keys (kid, public_key, sealed_private_key)
                values (@Kid, @Public, @Sealed)
                """,
                new { key.Public.Kid, Public = key.ExportPublic(), Sealed = key.Seal(sealingKey) }, ct);
        }
        await transaction.CommitAsync(ct);
        return current = key;
    }

    /// <summary>Every public key that a live token may be signed with.</summary>
    public async Task<Jwks> PublicAsync(CancellationToken ct)
    {
        await CurrentAsync(ct);
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var keys = await transaction.QueryAsync<byte[]>(
            "select public_key from directory.signing_keys order by created_at desc, kid", null, ct);
        return new Jwks([.. keys.Select(SigningKey.ReadPublic)]);
    }
}
