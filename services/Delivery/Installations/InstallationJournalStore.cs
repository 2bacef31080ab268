using System.Text.Json;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Storage;

namespace Xingchen.Delivery.Installations;

/// <summary>The worker's side of the acts: claiming, journaling and finishing them.</summary>
/// <remarks>A claim is a lease with a fresh number. Every write names it, so that an instance that was thought dead and
/// comes back writes nothing. Of an account only the oldest open act can be claimed.</remarks>
public sealed class InstallationJournalStore(NpgsqlDataSource source)
{
    /// <summary>Takes the oldest act that is due and that nobody holds; null where there is none.</summary>
    public async Task<Installation?> ClaimAsync(Guid lease, int seconds, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var claimed = await transaction.QuerySingleOrDefaultAsync<Installation>($"""
            update delivery.installations set
                status = case status when 'removing' then status else 'activating' end, attempts = attempts + 1,
                lease = @lease,
                lease_until = now() + make_interval(secs => @seconds)
            where (org_id, id) = (
                select org_id, id from delivery.installations i
                where status in ('pending', 'activating', 'removing') and next_at <= now()
                    and (lease_until is null or lease_until < now())
                    and not exists (
                        select from delivery.installations e
                        where e.org_id = i.org_id and e.account_id = i.account_id and e.seq < i.seq
                            and e.status in ('pending', 'activating', 'removing'))
                order by seq limit 1 for update skip locked)
            returning {InstallationStore.Columns}
            """, new { lease, seconds }, ct);
        await transaction.CommitAsync(ct);
        return claimed;
    }

    /// <summary>Keeps a claim; false where it was lost.</summary>
    public Task<bool> RenewAsync(Installation act, Guid lease, int seconds, CancellationToken ct) => UpdateAsync(
        "lease_until = now() + make_interval(secs => @seconds)", new { act.OrgId, act.Id, lease, seconds }, ct);

    /// <summary>The journal: what shall be in force, before it is.</summary>
    public Task<bool> WriteTargetAsync(
        Installation act, Guid lease, InstallationTarget target, CancellationToken ct) =>
        UpdateAsync("target = @target::jsonb", new
        {
            act.OrgId, act.Id, lease, target = JsonSerializer.Serialize(target, JsonSerializerOptions.Web),
        }, ct);

    /// <summary>Gives a claim back, to try again after a while.</summary>
    public Task<bool> ReleaseAsync(Installation act, Guid lease, double seconds, CancellationToken ct) => UpdateAsync(
        "lease = null, lease_until = null, next_at = now() + make_interval(secs => @seconds)",
        new { act.OrgId, act.Id, lease, seconds }, ct);

    /// <summary>Notes how far the removal of data is, and gives the claim back: to look again after a while, or for
    /// ever where it is done.</summary>
    public Task<bool> WriteRemovalAsync(
        Installation act, Guid lease, RemovalState removal, double seconds, CancellationToken ct) => UpdateAsync("""
            removal = @removal::jsonb, status = @status, lease = null, lease_until = null,
            next_at = now() + make_interval(secs => @seconds)
            """, new
        {
            act.OrgId, act.Id, lease, seconds, status = removal.IsDone ? Statuses.Removed : Statuses.Removing,
            removal = JsonSerializer.Serialize(removal, JsonSerializerOptions.Web),
        }, ct);

    public Task<bool> FailAsync(
        Installation act, Guid lease, InstallationProblem problem, CancellationToken ct) =>
        UpdateAsync("status = 'failed', lease = null, lease_until = null, problem = @problem::jsonb", new
        {
            act.OrgId, act.Id, lease, problem = JsonSerializer.Serialize(problem, JsonSerializerOptions.Web),
        }, ct);

    /// <summary>What is installed becomes the target, and the act is done: both or neither.</summary>
    /// <param name="newId">Makes ids for the acts of what came along.</param>
    /// <returns>False where the claim was lost: another has taken the act over.</returns>
    public async Task<bool> CompleteAsync(
        Installation act, Guid lease, InstallationTarget target, Func<string> newId, CancellationToken ct)
    {
        var status = act switch
        {
            { Act: Acts.Uninstall, DeleteData: true } => Statuses.Removing,
            { Act: Acts.Uninstall } => Statuses.Removed,
            _ => Statuses.Active,
        };
        await using var transaction = await OrgTransaction.BeginAsync(source, act.Key.Org, ct);
        var own = await transaction.ExecuteAsync("""
            update delivery.installations set status = @status, lease = null, lease_until = null
            where org_id = @OrgId and id = @Id and lease = @lease
            """, new { act.OrgId, act.Id, lease, status }, ct);
        if (own == 0) return false;
        var account = new { act.OrgId, act.AccountId, names = target.Packages.Select(p => p.Name).ToArray() };
        await transaction.ExecuteAsync("""
            delete from delivery.installed
            where org_id = @OrgId and account_id = @AccountId and package <> all(@names)
            """, account, ct);
        var before = (await transaction.QueryAsync<InstalledPackage>($"""
            select {InstallationStore.InstalledColumns} from delivery.installed
            where org_id = @OrgId and account_id = @AccountId
            """, account, ct)).ToDictionary(package => package.Package);
        foreach (var package in target.Packages)
        {
            var known = before.GetValueOrDefault(package.Name);
            if (known?.Version == package.Version && known.Requested == package.Requested) continue;
            var id = package.Name == act.Package ? act.Id : newId();
            if (package.Name != act.Package) await AddDependencyAsync(transaction, act, id, package, ct);
            await PutAsync(transaction, act, id, package, ct);
        }
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>What came along has an act of its own, so that it can be looked up like what was asked for.</summary>
    private static Task<int> AddDependencyAsync(
        OrgTransaction transaction, Installation act, string id, TargetPackage package, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into delivery.installations (org_id, id, account_id, package, version, act, status, context, grants,
                created_at, created_by)
            values (@OrgId, @id, @AccountId, @Name, @Version, 'install', 'active', @Context::jsonb, '[]',
                @CreatedAt, @CreatedBy)
            """, new
        {
            act.OrgId, id, act.AccountId, package.Name, package.Version, act.Context, act.CreatedAt, act.CreatedBy,
        }, ct);

    /// <remarks>What was granted stays granted while the version before or this one asks for it, so that the way back
    /// finds it again; what neither asks for lapses.</remarks>
    private static Task<int> PutAsync(
        OrgTransaction transaction, Installation act, string id, TargetPackage package, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into delivery.installed as i
                (org_id, account_id, package, version, namespace, layer, requested, asked, grants, installation)
            values (@OrgId, @AccountId, @Name, @Version, @Namespace, @Layer, @Requested, @asked::jsonb, @grants::jsonb,
                @id)
            on conflict (org_id, account_id, package) do update set
                former = case when i.version = excluded.version then i.former else i.version end,
                version = excluded.version, namespace = excluded.namespace, layer = excluded.layer,
                requested = excluded.requested, installation = excluded.installation, asked = excluded.asked,
                grants = (
                    select coalesce(jsonb_agg(g), '[]') from (
                        select g from jsonb_array_elements(i.grants) g where i.asked @> g or excluded.asked @> g
                        union select g from jsonb_array_elements(excluded.grants) g) kept)
            """, new
        {
            act.OrgId, act.AccountId, package.Name, package.Version, package.Namespace, package.Layer,
                package.Requested, id,
            asked = JsonSerializer.Serialize(package.Permissions),
            grants = package.Name == act.Package ? act.Grants : "[]",
        }, ct);

    private async Task<bool> UpdateAsync(string set, object parameters, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var changed = await transaction.ExecuteAsync(
            $"update delivery.installations set {set} where org_id = @OrgId and id = @Id and lease = @lease",
            parameters, ct);
        await transaction.CommitAsync(ct);
        return changed == 1;
    }
}
