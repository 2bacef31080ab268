using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Delivery.Deployments;

/// <summary>Deployment packages, environments, and what shall run in them.</summary>
public sealed class DeploymentStore(NpgsqlDataSource source)
{
    private const string Packages = """
        name, version, packages::text as Packages, created_at as CreatedAt, created_by as CreatedBy
        """;

    private const string Environments = """
        select e.name, e.idc, e.groups::text as Groups, e.waves::text as Waves, e.bake_seconds as BakeSeconds,
            d.revision, d.package, d.version, d.set_at as Since, d.set_by as By, d.why
        from delivery.environments e
        left join lateral (
            select * from delivery.deployments d where d.environment = e.name order by revision desc limit 1) d on true
        """;

    /// <summary>Adds a deployment package; where it is there already, gives what is there.</summary>
    public async Task<DeploymentPackage> AddAsync(DeploymentPackage package, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            insert into delivery.deployment_packages (name, version, packages, created_at, created_by)
            values (@Name, @Version, @Packages::jsonb, @CreatedAt, @CreatedBy) on conflict do nothing
            """, package, ct);
        var found = await FindAsync(transaction, package.Name, package.Version, ct);
        await transaction.CommitAsync(ct);
        return found!;
    }

    public async Task<DeploymentPackage?> FindAsync(string name, string version, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await FindAsync(transaction, name, version, ct);
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<DeploymentPackage>> ListAsync(int limit, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<DeploymentPackage>(
            $"select {Packages} from delivery.deployment_packages order by created_at desc, name, version limit @limit",
            new { limit }, ct);
    }

    /// <summary>Adds an environment, or changes where it is and how rollouts in it go.</summary>
    public async Task PutAsync(DeploymentEnvironment environment, string by, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync("""
            insert into delivery.environments (name, idc, groups, waves, bake_seconds, created_at, created_by)
            values (@Name, @Idc, @Groups::jsonb, @Waves::jsonb, @BakeSeconds, now(), @by)
            on conflict (name) do update set idc = excluded.idc, groups = excluded.groups, waves = excluded.waves,
                bake_seconds = excluded.bake_seconds, next_at = now()
            """, new
        {
            environment.Name, environment.Idc, environment.Groups, environment.Waves, environment.BakeSeconds, by,
        }, ct);
        await transaction.CommitAsync(ct);
    }

    public async Task<IReadOnlyList<DeploymentEnvironment>> EnvironmentsAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<DeploymentEnvironment>(Environments + " order by e.name", null, ct);
    }

    public async Task<DeploymentEnvironment?> EnvironmentAsync(string name, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QuerySingleOrDefaultAsync<DeploymentEnvironment>(
            Environments + " where e.name = @name", new { name }, ct);
    }

    /// <summary>Says what shall run in an environment; nothing where that is said already.</summary>
    public async Task DeployAsync(
        string environment, string package, string version, string by, string why, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        await transaction.ExecuteAsync(
            "update delivery.environments set next_at = now() where name = @environment", new { environment }, ct);
        await transaction.ExecuteAsync("""
            insert into delivery.deployments (environment, revision, package, version, set_at, set_by, why)
            select @environment, coalesce(max(revision), 0) + 1, @package, @version, now(), @by, @why
            from delivery.deployments where environment = @environment
            having not coalesce((array_agg((package, version) = (@package, @version) order by revision desc))[1], false)
            """, new { environment, package, version, by, why }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>What was to run in an environment before; null where it was never anything else.</summary>
    public async Task<(string Package, string Version)?> FormerAsync(string environment, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var found = await transaction.QueryAsync<(string, string)>("""
            select package, version from delivery.deployments where environment = @environment
            order by revision desc offset 1 limit 1
            """, new { environment }, ct);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Takes the environment that was looked at least recently; null where none is due.</summary>
    public async Task<DeploymentEnvironment?> ClaimAsync(double seconds, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var name = await transaction.QuerySingleOrDefaultAsync<string>("""
            update delivery.environments set next_at = now() + make_interval(secs => @seconds)
            where name = (
                select name from delivery.environments e where next_at <= now()
                    and exists (select from delivery.deployments d where d.environment = e.name)
                order by next_at limit 1 for update skip locked)
            returning name
            """, new { seconds }, ct);
        var found = name is null ? null : await transaction.QuerySingleOrDefaultAsync<DeploymentEnvironment>(
            Environments + " where e.name = @name", new { name }, ct);
        await transaction.CommitAsync(ct);
        return found;
    }

    /// <summary>How many accounts of some cells have which version of a package.</summary>
    public async Task<IReadOnlyList<ObservedVersion>> ObservedAsync(
        string package, IReadOnlyCollection<string> groups, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QueryAsync<ObservedVersion>("""
            select n.version, count(*) as Count from delivery.installed n
            join delivery.installations i on i.org_id = n.org_id and i.id = n.installation
            where n.package = @package and i.context->>'group' = any(@groups)
            group by n.version order by n.version
            """, new { package, groups = groups.ToArray() }, ct);
    }

    /// <summary>The last rollout of a version for an environment since a time.</summary>
    public async Task<Rollouts.Rollout?> RolloutAsync(
        string environment, string package, string version, DateTime since, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QuerySingleOrDefaultAsync<Rollouts.Rollout>($"""
            select {Rollouts.RolloutStore.Columns} from delivery.rollouts
            where environment = @environment and package = @package and version = @version and created_at >= @since
            order by id desc limit 1
            """, new { environment, package, version, since }, ct);
    }

    private static Task<DeploymentPackage?> FindAsync(
        OrgTransaction transaction, string name, string version, CancellationToken ct) =>
        transaction.QuerySingleOrDefaultAsync<DeploymentPackage>(
            $"select {Packages} from delivery.deployment_packages where name = @name and version = @version",
            new { name, version }, ct);
}
