using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Delivery.Rollouts;

/// <summary>Rollouts, for those who start and watch them.</summary>
/// <remarks>Which accounts have a package is other orgs' data: what is given of them is numbers, and names only where
/// the caller may see them.</remarks>
public sealed class RolloutStore(NpgsqlDataSource source)
{
    internal const string Columns = """
        id, org_id as OrgId, package, version, environment, groups::text as Groups, waves::text as Waves,
        bake_seconds as BakeSeconds,
        limits::text as Limits, status, wave, reason, created_at as CreatedAt, created_by as CreatedBy,
        ended_at as EndedAt
        """;

    /// <summary>Writes a rollout down, with the wave of every account that has a version to be replaced.</summary>
    /// <param name="rollout">To add.</param>
    /// <param name="isReplaced">Whether a version is to be replaced.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The id of an open rollout of the package that is in its way; null where it was added.</returns>
    public async Task<string?> AddAsync(Rollout rollout, Func<string, bool> isReplaced, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(@key, 0))",
            new { key = $"rollout {rollout.Package}" }, ct);
        if (await OpenAsync(transaction, rollout.Package, rollout.Groups, ct) is { } open) return open.Id;
        await transaction.ExecuteAsync("""
            insert into delivery.rollouts (id, org_id, package, version, environment, groups, waves, bake_seconds,
                limits, status, created_at, created_by)
            values (@Id, @OrgId, @Package, @Version, @Environment, @Groups::jsonb, @Waves::jsonb, @BakeSeconds,
                @Limits::jsonb, @Status, now(), @CreatedBy)
            """, rollout, ct);
        var versions = (await transaction.QueryAsync<string>(
            "select distinct version from delivery.installed where package = @Package", rollout, ct)).Where(isReplaced);
        // The order of orgs is drawn anew for each rollout, so that not always the same come first.
        await transaction.ExecuteAsync("""
            with holders as (
                select n.org_id, n.account_id, n.version, i.context->>'orgCode' as code,
                    dense_rank() over (order by hashtextextended(@Id || n.org_id, 0), n.org_id) as place
                from delivery.installed n
                join delivery.installations i on i.org_id = n.org_id and i.id = n.installation
                where n.package = @Package and n.version = any(@versions)
                    and (@Groups::jsonb is null or jsonb_exists(@Groups::jsonb, i.context->>'group')))
            insert into delivery.rollout_accounts (rollout, org_id, account_id, wave, former, status)
            select @Id, h.org_id, h.account_id, w.wave, h.version, 'waiting'
            from holders h cross join lateral (
                select min(w.number) - 1 as wave
                from jsonb_array_elements(@Waves::jsonb) with ordinality w (wave, number)
                where ((w.wave->>'own')::boolean and h.org_id = @OrgId) or jsonb_exists(w.wave->'orgs', h.code)
                    or h.place <= ceil((select max(place) from holders) * (w.wave->>'percent')::numeric / 100)) w
            where w.wave is not null
            """, new
        {
            rollout.Id, rollout.OrgId, rollout.Package, rollout.Groups, rollout.Waves, versions = versions.ToArray(),
        }, ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>The rollout that is in the way of another of the package; null where none is.</summary>
    /// <param name="groups">JSON: the cells that the other is for; null for all.</param>
    public async Task<Rollout?> OpenAsync(string package, string? groups, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await OpenAsync(transaction, package, groups, ct);
    }

    /// <param name="owner">Whose; null for anybody's.</param>
    public async Task<Rollout?> FindAsync(OrgId? owner, string id, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(owner, ct);
        return await transaction.QuerySingleOrDefaultAsync<Rollout>(
            $"select {Columns} from delivery.rollouts where id = @id and (@owner::bigint is null or org_id = @owner)",
            new { id, owner = owner?.Value }, ct);
    }

    /// <summary>The newest first.</summary>
    /// <param name="before">Ids below this one; null from the newest on.</param>
    public async Task<IReadOnlyList<Rollout>> ListAsync(
        OrgId? owner, string? package, string? before, int limit, CancellationToken ct)
    {
        await using var transaction = await BeginAsync(owner, ct);
        return await transaction.QueryAsync<Rollout>($"""
            select {Columns} from delivery.rollouts
            where (@owner::bigint is null or org_id = @owner) and (@package::text is null or package = @package)
                and (@before::text is null or id < @before)
            order by id desc limit @limit
            """, new { owner = owner?.Value, package, before, limit }, ct);
    }

    /// <summary>How many accounts of which wave are how far.</summary>
    public async Task<IReadOnlyList<WaveCount>> CountsAsync(string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<WaveCount>("""
            select wave, status, count(*) as Accounts, count(distinct org_id) as Orgs
            from delivery.rollout_accounts where rollout = @id group by wave, status order by wave, status
            """, new { id }, ct);
    }

    /// <summary>Accounts of which there is something to say.</summary>
    public async Task<IReadOnlyList<RolloutTrouble>> TroublesAsync(string id, int limit, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<RolloutTrouble>("""
            select a.org_id as OrgId, i.context->>'orgCode' as Org, i.context->>'accountCode' as Account, a.wave,
                a.status, a.reason, a.detail
            from delivery.rollout_accounts a
            left join delivery.installations i on i.org_id = a.org_id and i.id = a.installation
            where a.rollout = @id and a.reason is not null order by a.wave, a.org_id, a.account_id limit @limit
            """, new { id, limit }, ct);
    }

    /// <summary>Changes how a rollout stands; false where it stood otherwise.</summary>
    /// <param name="backwards">Whether all that have the new version go back.</param>
    public async Task<bool> MoveAsync(
        string id, IReadOnlyCollection<string> from, string to, bool backwards, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var moved = await transaction.ExecuteAsync("""
            update delivery.rollouts set status = @to, backwards = @backwards, moving = true, next_at = now(),
                reason = case when @to = 'running' then null else reason end,
                ended_at = case when @to = 'aborted' then now() end
            where id = @id and status = any(@from)
            """, new { id, from = from.ToArray(), to, backwards }, ct);
        await transaction.CommitAsync(ct);
        return moved == 1;
    }

    private static Task<Rollout?> OpenAsync(
        OrgTransaction transaction, string package, string? groups, CancellationToken ct) =>
        transaction.QuerySingleOrDefaultAsync<Rollout>($"""
            select {Columns} from delivery.rollouts
            where package = @package and (status in ('running', 'paused', 'halted') or moving)
                and (groups is null or @groups::jsonb is null
                    or jsonb_exists_any(groups, array(select jsonb_array_elements_text(@groups::jsonb))))
            order by id limit 1
            """, new { package, groups }, ct);

    private Task<OrgTransaction> BeginAsync(OrgId? owner, CancellationToken ct) => owner is { } org
        ? OrgTransaction.BeginAsync(source, org, ct) : OrgTransaction.BeginPlatformAsync(source, ct);
}

/// <summary>Accounts of a wave that are equally far.</summary>
public sealed record WaveCount(int Wave, string Status, long Accounts, long Orgs);

/// <param name="Org">Its code.</param>
/// <param name="Account">Its code.</param>
/// <param name="Detail">Of the org's own affairs: what else it has installed, what its metadata says.</param>
public sealed record RolloutTrouble(long OrgId, string? Org, string? Account, int Wave, string Status, string Reason,
    string? Detail);
