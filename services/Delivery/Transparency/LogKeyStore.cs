using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Schema.Packages;
using Xingchen.Storage;

namespace Xingchen.Delivery.Transparency;

/// <summary>A key that signs heads of the log, or did.</summary>
/// <param name="Id">Of <see cref="PackageSignature.KeyId"/>.</param>
/// <param name="PublicKey">PEM.</param>
public sealed record LogKey(string Id, string PublicKey, DateTime CreatedAt);

/// <summary>The keys of the installation that sign heads of the log: the same for every instance, made by whichever
/// needs one first.</summary>
/// <remarks>The private halves rest sealed (see <see cref="SealedBytes"/>). After the context key was changed a new
/// pair is made, and the old public key stays published.</remarks>
public sealed class LogKeyStore(NpgsqlDataSource source, IOptions<ServiceOptions> options, TimeProvider time)
{
    private const long LockKey = 0x5849_4C4F_474B;
    private const string SealedAs = "xingchen log key";

    private readonly byte[] sealingKey = SealedBytes.Key(options.Value.ContextKey, "xingchen log key seal v1");

    private byte[]? current;

    /// <summary>The newest key that this installation can open; made where there is none. The caller disposes of
    /// it.</summary>
    public async Task<ECDsa> CurrentAsync(CancellationToken ct)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Volatile.Read(ref current) ?? await LoadAsync(ct), out _);
        return key;
    }

    /// <summary>All public keys, the newest first.</summary>
    public async Task<IReadOnlyList<LogKey>> ListAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<LogKey>("""
            select id, public_key as PublicKey, created_at as CreatedAt from delivery.log_keys
            order by created_at desc, id
            """, null, ct);
    }

    private async Task<byte[]> LoadAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        // Two instances at their first start: the second waits here and then finds the first one's key.
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey }, ct);
        var rows = await transaction.QueryAsync<byte[]>(
            "select sealed_private_key from delivery.log_keys order by created_at desc, id", null, ct);
        var opened = rows.Select(row => SealedBytes.Open(sealingKey, row, SealedAs))
            .FirstOrDefault(plain => plain is not null);
        if (opened is null)
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            opened = made.ExportPkcs8PrivateKey();
            await transaction.ExecuteAsync("""
                insert into delivery.log_keys (id, public_key, sealed_private_key, created_at)
                values (@id, @pem, @seal, @at)
                """, new
                {
                    id = PackageSignature.KeyId(made), pem = made.ExportSubjectPublicKeyInfoPem(),
                    seal = SealedBytes.Seal(sealingKey, [.. opened], SealedAs), at = time.GetUtcNow().UtcDateTime,
                }, ct);
        }
        await transaction.CommitAsync(ct);
        Volatile.Write(ref current, opened);
        return opened;
    }
}
