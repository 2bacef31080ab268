using Npgsql;
using Xingchen.Delivery.Installations;
using Xingchen.Storage;

namespace Xingchen.Delivery.Rollouts;

/// <summary>An account that was upgraded and is watched.</summary>
/// <param name="Context">JSON of the <see cref="OrgContext"/> to call in its name.</param>
/// <param name="OverSeconds">Seconds since its bake time ended; negative before.</param>
/// <param name="SilentSeconds">Since a gateway reported last; null where none ever did.</param>
public sealed record WatchedAccount(
    long OrgId, int AccountId, string Context, double OverSeconds, double? SilentSeconds,
    long Requests, long Failures, long Refusals, long Milliseconds,
    long RequestsBefore, long FailuresBefore, long RefusalsBefore, long MillisecondsBefore)
{
    public HealthSums Now => new(Requests, Failures, Refusals, Milliseconds);

    public HealthSums Before => new(RequestsBefore, FailuresBefore, RefusalsBefore, MillisecondsBefore);
}

/// <summary>Why an account goes back.</summary>
/// <param name="Reason">What its publisher may know too.</param>
/// <param name="Detail">What only the org and the operator may; null for nothing.</param>
public sealed record Wrong(string Reason, string? Detail = null);

/// <summary>The worker's side of rollouts.</summary>
/// <remarks>Each step moves rows from one status to the next under their lock, so that two workers, or one that was
/// killed and began anew, never do a thing twice. An act is written in the transaction that says so of its account.
/// </remarks>
public sealed class RolloutJournalStore(NpgsqlDataSource source)
{
    /// <summary>Takes the rollout that was looked at least recently; null where none is due.</summary>
    public async Task<Rollout?> ClaimAsync(double seconds, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var claimed = await transaction.QuerySingleOrDefaultAsync<Rollout>($"""
            update delivery.rollouts set next_at = now() + make_interval(secs => @seconds)
            where id = (
                select id from delivery.rollouts where moving and next_at <= now()
                order by next_at limit 1 for update skip locked)
            returning {RolloutStore.Columns}
            """, new { seconds }, ct);
        await transaction.CommitAsync(ct);
        return claimed;
    }

    /// <summary>Takes over how acts have ended. One that was refused halts the rollout.</summary>
    public async Task CollectAsync(Rollout rollout, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            with ended as (
                select a.org_id, a.account_id, i.problem->>'detail' as detail, case
                    when i.status = 'active' and a.status = 'upgrading' then 'baking'
                    when i.status = 'active' then 'rolled-back'
                    when n.version is distinct from case when a.status = 'upgrading' then a.former else @Version end
                        then 'skipped'
                    when a.status = 'upgrading' then 'failed' else 'stuck' end as status
                from delivery.rollout_accounts a
                join delivery.installations i on i.org_id = a.org_id and i.id = a.installation
                left join delivery.installed n
                    on n.org_id = a.org_id and n.account_id = a.account_id and n.package = @Package
                where a.rollout = @Id and a.status in ('upgrading', 'rolling-back') and i.status in ('active', 'failed')
                for update of a skip locked),
            moved as (
                update delivery.rollout_accounts a set status = e.status,
                    baking_since = case when e.status = 'baking' then now() else a.baking_since end,
                    detail = coalesce(e.detail, a.detail),
                    reason = case e.status when 'failed' then 'The upgrade was refused.'
                        when 'stuck' then concat_ws(' ', a.reason, 'The way back was refused.') else a.reason end
                from ended e
                where a.rollout = @Id and a.org_id = e.org_id and a.account_id = e.account_id
                returning a.status)
            update delivery.rollouts set status = 'halted', reason = (
                select case status when 'failed' then 'An upgrade was refused.' else 'A way back was refused.' end
                from moved where status in ('failed', 'stuck') limit 1)
            where id = @Id and status in ('running', 'paused')
                and exists (select from moved where status in ('failed', 'stuck'))
            """, new { rollout.Id, rollout.Package, rollout.Version }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>The accounts that are watched, with how they fare and fared.</summary>
    public async Task<IReadOnlyList<WatchedAccount>> WatchedAsync(Rollout rollout, CancellationToken ct)
    {
        // A report tells of the seconds before it: what came within the first piece may be of the former version.
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<WatchedAccount>("""
            select a.org_id as OrgId, a.account_id as AccountId, i.context::text as Context,
                extract(epoch from now() - a.baking_since)::float8 - @BakeSeconds as OverSeconds,
                (select extract(epoch from now() - max(at))::float8 from delivery.gateways) as SilentSeconds,
                n.*, b.*
            from delivery.rollout_accounts a
            join delivery.installations i on i.org_id = a.org_id and i.id = a.installation
            cross join lateral (
                select coalesce(sum(requests), 0)::bigint as Requests, coalesce(sum(failures), 0)::bigint as Failures,
                    coalesce(sum(refusals), 0)::bigint as Refusals,
                    coalesce(sum(milliseconds), 0)::bigint as Milliseconds
                from delivery.health h where h.org_id = a.org_id and h.account_id = a.account_id
                    and h.at > a.baking_since) n
            cross join lateral (
                select coalesce(sum(requests), 0)::bigint as RequestsBefore,
                    coalesce(sum(failures), 0)::bigint as FailuresBefore,
                    coalesce(sum(refusals), 0)::bigint as RefusalsBefore,
                    coalesce(sum(milliseconds), 0)::bigint as MillisecondsBefore
                from delivery.health h where h.org_id = a.org_id and h.account_id = a.account_id
                    and h.at < a.started_at - interval '2 seconds' and h.at > a.started_at - interval '1 hour') b
            where a.rollout = @Id and a.status = 'baking'
            """, new { rollout.Id, rollout.BakeSeconds }, ct);
    }

    /// <summary>Marks watched accounts as healthy.</summary>
    public async Task PassAsync(Rollout rollout, IReadOnlyCollection<AccountKey> accounts, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            update delivery.rollout_accounts a set status = 'healthy'
            from unnest(@orgs, @accounts) k (org, account)
            where a.rollout = @Id and a.org_id = k.org and a.account_id = k.account and a.status = 'baking'
            """, Keys(rollout, accounts), ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Halts a rollout and takes an account back to the version it had.</summary>
    public async Task BreachAsync(Rollout rollout, AccountKey account, Wrong wrong, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            update delivery.rollouts set status = 'halted', reason = @reason
            where id = @Id and status in ('running', 'paused')
            """, new { rollout.Id, reason = "An account fared worse and was taken back: " + wrong.Reason }, ct);
        await transaction.ExecuteAsync("""
            update delivery.rollout_accounts set reason = @Reason, detail = @Detail
            where rollout = @Id and org_id = @Org and account_id = @Account and status = 'baking'
            """, new
        {
            rollout.Id, Org = account.Org.Value, Account = account.Account.Value, wrong.Reason, wrong.Detail,
        }, ct);
        await AddActsAsync(transaction, rollout, Step.Back, [account], 1, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Starts the upgrade of accounts of the wave that is under way.</summary>
    /// <param name="most">How many may be in the works at once.</param>
    /// <returns>How many were started.</returns>
    public async Task<int> UpgradeAsync(Rollout rollout, int most, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        // Under the rollout's lock: whoever pauses it or halts it comes before this or after it.
        var room = await transaction.QuerySingleOrDefaultAsync<int>("""
            select @most - (select count(*)::int from delivery.rollout_accounts
                where rollout = @Id and status = 'upgrading')
            from delivery.rollouts where id = @Id and status = 'running' for update
            """, new { rollout.Id, most }, ct);
        var started = room <= 0 ? 0 : await AddActsAsync(transaction, rollout, Step.Upgrade, null, room, ct);
        await transaction.CommitAsync(ct);
        return started;
    }

    /// <summary>Starts the way back of all accounts that have the version, after an abort that asks for it.</summary>
    public async Task<int> RollBackAsync(Rollout rollout, int most, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var started = await transaction.QuerySingleOrDefaultAsync<bool>(
            "select status = 'aborted' and backwards from delivery.rollouts where id = @Id for update",
            new { rollout.Id }, ct) ? await AddActsAsync(transaction, rollout, Step.Back, null, most, ct) : 0;
        await transaction.CommitAsync(ct);
        return started;
    }

    /// <summary>Goes on to the next wave where all accounts of this one are done; ends the rollout after the last, and
    /// lets it rest where nothing moves.</summary>
    public async Task AdvanceAsync(Rollout rollout, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            update delivery.rollouts r set
                wave = least(wave + 1, jsonb_array_length(waves) - 1),
                status = case when wave + 1 < jsonb_array_length(waves) then status else 'completed' end,
                ended_at = case when wave + 1 < jsonb_array_length(waves) then ended_at else now() end
            where id = @Id and status = 'running' and not exists (
                select from delivery.rollout_accounts a where a.rollout = @Id and a.wave <= r.wave
                    and a.status in ('waiting', 'upgrading', 'baking', 'rolling-back'))
            """, new { rollout.Id }, ct);
        await transaction.ExecuteAsync("""
            update delivery.rollouts r set moving = false
            where id = @Id and status <> 'running' and not exists (
                select from delivery.rollout_accounts a where a.rollout = @Id
                    and (a.status in ('upgrading', 'baking', 'rolling-back')
                        or (r.status = 'aborted' and r.backwards and a.status = 'healthy')))
            """, new { rollout.Id }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Writes down acts on accounts, in the order in which those of an account must stand.</summary>
    /// <param name="only">These accounts; null for all that the step is for.</param>
    private static async Task<int> AddActsAsync(
        OrgTransaction transaction, Rollout rollout, Step step, IReadOnlyCollection<AccountKey>? only, int most,
        CancellationToken ct)
    {
        var next = await transaction.QueryAsync<Candidate>("""
            select a.org_id as OrgId, a.account_id as AccountId, a.former, n.version as Present,
                i.context::text as Context
            from delivery.rollout_accounts a
            left join delivery.installed n
                on n.org_id = a.org_id and n.account_id = a.account_id and n.package = @Package
            left join delivery.installations i on i.org_id = n.org_id and i.id = n.installation
            where a.rollout = @Id and a.status = any(@from) and (@all or (a.org_id, a.account_id) in (
                    select * from unnest(@orgs, @accounts)))
                and (not @forth or a.wave = (select wave from delivery.rollouts where id = @Id))
            order by a.org_id, a.account_id limit @most for update of a skip locked
            """, new
        {
            rollout.Id, rollout.Package, from = step.From, all = only is null, step.Forth, most,
            orgs = (only ?? []).Select(k => k.Org.Value).ToArray(),
            accounts = (only ?? []).Select(k => k.Account.Value).ToArray(),
        }, ct);
        var (there, gone) = (next.Where(c => c.Present == Expected(c)).ToList(),
            next.Where(c => c.Present != Expected(c)).Select(c => c.Key).ToList());
        await transaction.ExecuteAsync("""
            update delivery.rollout_accounts a set status = 'skipped'
            from unnest(@orgs, @accounts) k (org, account)
            where a.rollout = @Id and a.org_id = k.org and a.account_id = k.account
            """, Keys(rollout, gone), ct);
        // As whoever adds an act by hand does it: one at a time for an account, so that numbers follow commits.
        foreach (var candidate in there)
            await transaction.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(@key, 0))",
                new { key = InstallationStore.LockOf(candidate.Key) }, ct);
        await transaction.ExecuteAsync("""
            with acts as (
                insert into delivery.installations (org_id, id, account_id, package, version, act, status, context,
                    grants, expected, created_at, created_by)
                select k.org, replace(gen_random_uuid()::text, '-', ''), k.account, @Package, k.version, @Act,
                    'pending', k.context::jsonb, '[]', k.expected, now(), 'rollout ' || @Id
                from unnest(@orgs, @accounts, @versions, @expected, @contexts)
                    k (org, account, version, expected, context)
                returning org_id, account_id, id)
            update delivery.rollout_accounts a set status = @to, installation = acts.id,
                started_at = case when @Forth then now() else a.started_at end
            from acts
            where a.rollout = @Id and a.org_id = acts.org_id and a.account_id = acts.account_id
            """, new
        {
            rollout.Id, rollout.Package, step.Act, to = step.To, step.Forth,
            orgs = there.Select(c => c.OrgId).ToArray(), accounts = there.Select(c => c.AccountId).ToArray(),
            versions = there.Select(c => step.Forth ? rollout.Version : c.Former).ToArray(),
            expected = there.Select(Expected).ToArray(), contexts = there.Select(c => c.Context).ToArray(),
        }, ct);
        return there.Count;

        string Expected(Candidate candidate) => step.Forth ? candidate.Former : rollout.Version;
    }

    private static object Keys(Rollout rollout, IReadOnlyCollection<AccountKey> accounts) => new
    {
        rollout.Id, orgs = accounts.Select(k => k.Org.Value).ToArray(),
        accounts = accounts.Select(k => k.Account.Value).ToArray(),
    };

    private sealed record Step(string Act, bool Forth, string[] From, string To)
    {
        public static readonly Step Upgrade = new(
            Acts.Upgrade, true, [AccountStatuses.Waiting], AccountStatuses.Upgrading);

        public static readonly Step Back = new(Acts.Rollback, false,
            [AccountStatuses.Baking, AccountStatuses.Healthy], AccountStatuses.RollingBack);
    }

    /// <param name="Present">The version that is installed now; null for none.</param>
    private sealed record Candidate(long OrgId, int AccountId, string Former, string? Present, string? Context)
    {
        public AccountKey Key => new(new OrgId(OrgId), new AccountId(AccountId));
    }
}
