using System.Text.Json;
using Dapr.Client;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>The directory's version, and what it stands for: who must be refused from now on.</summary>
/// <remarks>
/// <b>Invariant</b>: the version is raised in the transaction that revokes or suspends, so whoever reads it after the
/// commit sees both. The published hint only saves gateways some of a poll's wait; it may be lost.
/// </remarks>
public sealed class VersionStore(NpgsqlDataSource source, DaprClient dapr, ILogger<VersionStore> logger)
{
    /// <summary>How long a revocation is remembered: a token's life and the clocks' difference.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(TokenClaims.LifetimeSeconds + 300);

    public static async Task<long> RaiseAsync(OrgTransaction transaction, CancellationToken ct) =>
        await transaction.QuerySingleOrDefaultAsync<long>(
            "update directory.version set version = version + 1 returning version", null, ct);

    /// <summary>One consistent snapshot: one statement.</summary>
    /// <param name="known">The version that the caller has: of that the time zones are not told again, and only
    /// what was granted since.</param>
    /// <param name="ct">Ends the reading.</param>
    public async Task<Revocations> ReadAsync(long known, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var row = (await transaction.QuerySingleOrDefaultAsync<Row>("""
            select version Version,
                array(select client_id from directory.clients where revoked_at > now() - @Remembered
                      union all select user_id from directory.users where deleted_at > now() - @Remembered
                      order by 1) Clients,
                array(select org_id from directory.orgs where status = 'suspended'
                      union select org_id from directory.erasures where erased_at > now() - @Remembered order by 1)
                          Orgs,
                array(select code from directory.groups order by code) GroupCodes,
                array(select idc from directory.groups order by code) Idcs,
                array(select org_id from directory.orgs where requests_per_second is not null order by org_id)
                    LimitedOrgs,
                array(select requests_per_second from directory.orgs where requests_per_second is not null order by
                    org_id) Rates,
                (select jsonb_agg(jsonb_build_object('org', org_id, 'account', account_id, 'zone', time_zone))
                    from directory.accounts where time_zone <> 'UTC' and version <> @known)::text TimeZones,
                (select jsonb_agg(jsonb_build_object('subject', g.id, 'sets', g.sets, 'attributes', g.attributes::text))
                    from (
                        select client_id id, to_jsonb(permission_sets) sets, attributes from directory.clients
                        where granted_version > @known and granted_at > now() - @Remembered
                        union all
                        select user_id, to_jsonb(permission_sets), attributes from directory.users
                        where granted_version > @known and granted_at > now() - @Remembered) g)::text Grants
            from directory.version
            """, new { Remembered, known }, ct))!;
        IReadOnlyList<AccountTimeZone>? zones = row.Version == known ? null : row.TimeZones is null ? []
            : JsonSerializer.Deserialize<AccountTimeZone[]>(row.TimeZones, JsonSerializerOptions.Web);
        return new Revocations(
            row.Version, row.Clients, row.Orgs,
            row.GroupCodes.Zip(row.Idcs).ToDictionary(pair => pair.First, pair => pair.Second),
            row.LimitedOrgs.Zip(row.Rates).ToDictionary(pair => pair.First, pair => new OrgLimits(pair.Second)),
            zones, row.Grants is null ? null
                : JsonSerializer.Deserialize<SubjectGrants[]>(row.Grants, JsonSerializerOptions.Web));
    }

    /// <summary>Tells whoever listens, without waiting for it.</summary>
    public void Announce(long? version)
    {
        if (version is not { } value) return;
        _ = Task.Run(async () =>
        {
            try
            {
                using var late = new CancellationTokenSource(TimeSpan.FromSeconds(2));
                await dapr.PublishEventAsync(Topics.PubSub, Topics.DirectoryChanged, new DirectoryChanged(value),
                    late.Token);
            }
            catch (Exception exception)
            {
                logger.LogDebug(exception, "The hint of version {Version} was not published", value);
            }
        });
    }

    private sealed class Row
    {
        public long Version { get; init; }
        public string[] Clients { get; init; } = [];
        public long[] Orgs { get; init; } = [];
        public string[] GroupCodes { get; init; } = [];
        public string[] Idcs { get; init; } = [];
        public long[] LimitedOrgs { get; init; } = [];
        public int[] Rates { get; init; } = [];
        public string? TimeZones { get; init; }
        public string? Grants { get; init; }
    }
}
