using Npgsql;
using Xingchen.Organization.Tokens;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>Writes what <see cref="Bootstrap"/> makes, where it is not there yet: all of it or nothing.</summary>
public sealed class BootstrapStore(NpgsqlDataSource source)
{
    public const string OperatorId = "platform-operator";
    private const long LockKey = 0x5849_424F_4F54;

    /// <param name="idc">The first site.</param>
    /// <param name="group">Its group.</param>
    /// <param name="secret">Of the operator.</param>
    /// <param name="iterations">Of PBKDF2 for that secret.</param>
    /// <param name="ct">Before the commit: nothing was done.</param>
    public async Task EnsureAsync(string idc, string group, string secret, int iterations, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey }, ct);
        await transaction.ExecuteAsync("""
            insert into directory.idcs (code, name) values (@idc, @idc) on conflict do nothing;
            insert into directory.groups (code, idc, name) values (@group, @idc, @group) on conflict do nothing;
            insert into directory.orgs (org_id, code, name, group_code) values (1, 'platform', 'Platform', @group)
            on conflict do nothing;
            insert into directory.accounts (org_id, account_id, code, name) values (1, 1, 'main', 'Main')
            on conflict do nothing;
            """, new { idc, group }, ct);
        await OperatorAsync(transaction, secret, iterations, ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task OperatorAsync(OrgTransaction transaction, string text, int iterations,
        CancellationToken ct)
    {
        var known = await transaction.QueryAsync<(byte[] Salt, byte[] Hash, int Iterations)>("""
            select salt, hash, iterations from directory.clients where org_id = 1 and client_id = @OperatorId
            """, new { OperatorId }, ct);
        if (known is [var row]
            && ClientSecret.Verify(new ClientSecret(row.Salt, row.Hash, row.Iterations), text)) return;
        var secret = ClientSecret.Of(text, iterations);
        if (known.Count == 0)
        {
            var client = new NewClient(OperatorId, "Operator", [Scopes.Platform], null, secret);
            await MemberStore.InsertAsync(transaction, OrgId.Platform, client, ct);
            return;
        }
        await transaction.ExecuteAsync("""
            update directory.clients set salt = @Salt, hash = @Hash, iterations = @Iterations, revoked_at = null
            where org_id = 1 and client_id = @OperatorId
            """, new { secret.Salt, secret.Hash, secret.Iterations, OperatorId }, ct);
        await VersionStore.RaiseAsync(transaction, ct);
    }
}
