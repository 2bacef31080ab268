using Npgsql;
using Xingchen.Contracts;
using Xingchen.Storage;

namespace Xingchen.Delivery.Rollouts;

/// <summary>What gateways report of accounts that have packages installed.</summary>
public sealed class HealthStore(NpgsqlDataSource source)
{
    /// <summary>Adds a report to the piece of time that is under way.</summary>
    public async Task AddAsync(HealthReport report, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            insert into delivery.gateways (instance, at) values (@Instance, now())
            on conflict (instance) do update set at = excluded.at
            """, new { report.Instance }, ct);
        var accounts = report.Accounts;
        if (accounts.Count > 0)
            await transaction.ExecuteAsync("""
                insert into delivery.health as h
                    (org_id, account_id, at, requests, failures, refusals, milliseconds)
                select r.org, r.account,
                    date_bin(case when exists (
                        select from delivery.rollout_accounts a where a.org_id = r.org and a.account_id = r.account
                            and a.status in ('upgrading', 'baking'))
                        then interval '2 seconds' else interval '1 minute' end, now(), timestamptz '2000-01-01'),
                    sum(r.requests), sum(r.failures), sum(r.refusals), sum(r.milliseconds)
                from unnest(@orgs, @accounts, @requests, @failures, @refusals, @milliseconds)
                    r (org, account, requests, failures, refusals, milliseconds)
                where exists (select from delivery.installed i where i.org_id = r.org and i.account_id = r.account)
                group by r.org, r.account
                order by r.org, r.account
                on conflict (org_id, account_id, at) do update set
                    requests = h.requests + excluded.requests, failures = h.failures + excluded.failures,
                    refusals = h.refusals + excluded.refusals, milliseconds = h.milliseconds + excluded.milliseconds
                """, new
            {
                orgs = accounts.Select(a => a.Org).ToArray(), accounts = accounts.Select(a => a.Account).ToArray(),
                requests = accounts.Select(a => a.Requests).ToArray(),
                failures = accounts.Select(a => a.Failures).ToArray(),
                refusals = accounts.Select(a => a.Refusals).ToArray(),
                milliseconds = accounts.Select(a => a.Milliseconds).ToArray(),
            }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Forgets what is too old to compare with.</summary>
    public async Task TrimAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("delete from delivery.health where at < now() - interval '2 hours'", null, ct);
        await transaction.ExecuteAsync("delete from delivery.gateways where at < now() - interval '1 day'", null, ct);
        await transaction.CommitAsync(ct);
    }
}
