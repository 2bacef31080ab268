using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Organization.Tokens;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>Makes the platform's own org, its site and group, and the operator's client, where an operator secret is given.</summary>
/// <remarks>
/// At every start, before anything listens; again changes nothing. A changed secret takes effect, and only that brings back an
/// operator's client that was revoked. The secret: <c>XINGCHEN_OPERATOR_SECRET</c>, else <c>operator-secret</c> of the Dapr
/// secret store; without either nobody is made.
/// </remarks>
public sealed class Bootstrap(
    NpgsqlDataSource source, KeyStore keys, DaprClient dapr, IConfiguration configuration,
    IOptions<ServiceOptions> service, IOptions<OrganizationOptions> options, ILogger<Bootstrap> logger) : IHostedService
{
    public const string OperatorId = "platform-operator";
    private const long LockKey = 0x5849_424F_4F54;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.CurrentAsync(cancellationToken);
        if (await ReadSecretAsync(cancellationToken) is not { } secret)
        {
            logger.LogWarning("No operator secret is given: no operator was made");
            return;
        }
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, cancellationToken);
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(@LockKey)", new { LockKey }, cancellationToken);
        await PlaceAsync(transaction, cancellationToken);
        await OperatorAsync(transaction, secret, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task<int> PlaceAsync(OrgTransaction transaction, CancellationToken ct) => transaction.ExecuteAsync("""
        insert into directory.idcs (code, name) values (@Idc, @Idc) on conflict do nothing;
        insert into directory.groups (code, idc, name) values (@Group, @Idc, @Group) on conflict do nothing;
        insert into directory.orgs (org_id, code, name, group_code) values (1, 'platform', 'Platform', @Group) on conflict do nothing;
        insert into directory.accounts (org_id, account_id, code, name) values (1, 1, 'main', 'Main') on conflict do nothing;
        """, new { service.Value.Idc, service.Value.Group }, ct);

    private async Task OperatorAsync(OrgTransaction transaction, string text, CancellationToken ct)
    {
        var known = await transaction.QueryAsync<(byte[] Salt, byte[] Hash, int Iterations)>(
            "select salt, hash, iterations from directory.clients where org_id = 1 and client_id = @OperatorId", new { OperatorId }, ct);
        if (known is [var row] && ClientSecret.Verify(new ClientSecret(row.Salt, row.Hash, row.Iterations), text)) return;
        var secret = ClientSecret.Of(text, options.Value.ChosenSecretIterations);
        if (known.Count == 0)
        {
            await new NewClient(OperatorId, "Operator", [Scopes.Platform], null, secret).InsertAsync(transaction, OrgId.Platform, ct);
            return;
        }
        await transaction.ExecuteAsync("""
            update directory.clients set salt = @Salt, hash = @Hash, iterations = @Iterations, revoked_at = null
            where org_id = 1 and client_id = @OperatorId
            """, new { secret.Salt, secret.Hash, secret.Iterations, OperatorId }, ct);
        await DirectoryVersion.RaiseAsync(transaction, ct);
    }

    private async Task<string?> ReadSecretAsync(CancellationToken ct)
    {
        if (configuration["XINGCHEN_OPERATOR_SECRET"] is { Length: > 0 } given) return given;
        try
        {
            var secret = await dapr.GetSecretAsync(SecretConfiguration.Store, "operator-secret", cancellationToken: ct);
            return secret.Values.FirstOrDefault(value => value.Length > 0);
        }
        catch (DaprException)
        {
            return null; // no sidecar, no store or no such secret
        }
    }
}
