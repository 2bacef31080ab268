using System.Text.Json;
using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Delivery.Installations;

/// <summary>Acts and what is installed, in the name of one org.</summary>
public sealed class InstallationStore(NpgsqlDataSource source)
{
    internal const string Columns = """
        org_id as OrgId, id, account_id as AccountId, package, version, act, status, context::text as Context,
        grants::text as Grants, target::text as Target, problem::text as Problem, attempts, created_at as CreatedAt,
        created_by as CreatedBy, expected, delete_data as DeleteData, removal::text as Removal
        """;

    internal const string InstalledColumns = """
        package, version, namespace, layer, requested, installation, former, asked::text as Asked,
        grants::text as Grants
        """;

    /// <summary>What is locked while an act is added to those of an account.</summary>
    internal static string LockOf(AccountKey account) => $"installations {account}";

    public async Task<Installation?> FindAsync(AccountKey account, string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, account.Org, ct);
        return await transaction.QuerySingleOrDefaultAsync<Installation>(
            $"select {Columns} from delivery.installations where org_id = @Org and account_id = @Account and id = @id",
            new { Org = account.Org.Value, Account = account.Account.Value, id }, ct);
    }

    /// <summary>The acts that brought what is installed, and the last of a package that goes on or has
    /// failed.</summary>
    public async Task<IReadOnlyList<Installation>> ListAsync(AccountKey account, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, account.Org, ct);
        return await transaction.QueryAsync<Installation>($"""
            select {Columns} from delivery.installations i
            where org_id = @Org and account_id = @Account and (
                exists (select from delivery.installed n
                    where n.org_id = @Org and n.account_id = @Account and n.installation = i.id)
                or (status in ('pending', 'activating', 'removing', 'failed') and not exists (
                    select from delivery.installations l
                    where l.org_id = @Org and l.account_id = @Account and l.package = i.package and l.seq > i.seq)))
            order by package, seq
            """, new { Org = account.Org.Value, Account = account.Account.Value }, ct);
    }

    public async Task<IReadOnlyList<InstalledPackage>> InstalledAsync(AccountKey account, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, account.Org, ct);
        return await transaction.QueryAsync<InstalledPackage>($"""
            select {InstalledColumns} from delivery.installed
            where org_id = @Org and account_id = @Account order by package
            """, new { Org = account.Org.Value, Account = account.Account.Value }, ct);
    }

    /// <summary>Adds an act behind those of its account; where the last one is the same and open, gives that
    /// instead.</summary>
    public async Task<Installation> AddAsync(Installation act, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, act.Key.Org, ct);
        // One at a time for an account, so that the order of seq is the order of commits.
        await transaction.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(@key, 0))",
            new { key = LockOf(act.Key) }, ct);
        var same = await transaction.QuerySingleOrDefaultAsync<Installation>($"""
            select {Columns} from (
                select * from delivery.installations
                where org_id = @OrgId and account_id = @AccountId and package = @Package order by seq desc limit 1) last
            where version = @Version and act = @Act and delete_data = @DeleteData
                and status in ('pending', 'activating', 'removing')
            """, act, ct);
        if (same is not null) return same;
        await transaction.ExecuteAsync("""
            insert into delivery.installations (org_id, id, account_id, package, version, act, status, context, grants,
                created_at, created_by, delete_data)
            values (@OrgId, @Id, @AccountId, @Package, @Version, @Act, @Status, @Context::jsonb, @Grants::jsonb,
                @CreatedAt, @CreatedBy, @DeleteData)
            """, act, ct);
        await transaction.CommitAsync(ct);
        return act;
    }

    /// <summary>Marks what came as a dependency as asked for by name, so that it stays when nobody depends on
    /// it.</summary>
    public async Task RequestAsync(AccountKey account, string package, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, account.Org, ct);
        await transaction.ExecuteAsync("""
            update delivery.installed set requested = true
            where org_id = @Org and account_id = @Account and package = @package and not requested
            """, new { Org = account.Org.Value, Account = account.Account.Value, package }, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Grants permissions to the code of a package that is installed.</summary>
    /// <param name="choose">What shall be granted, after what is now; may throw, and nothing is changed then.</param>
    /// <returns>The package as it is then; null where it is not installed.</returns>
    public async Task<InstalledPackage?> GrantAsync(
        AccountKey account, string package, Func<PackagePermissions, IReadOnlyList<string>> choose,
        CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, account.Org, ct);
        var key = new { Org = account.Org.Value, Account = account.Account.Value, package };
        // Held, so that what is asked for is what this version asks for until it is written.
        var present = await transaction.QuerySingleOrDefaultAsync<InstalledPackage>($"""
            select {InstalledColumns} from delivery.installed
            where org_id = @Org and account_id = @Account and package = @package for update
            """, key, ct);
        if (present is null) return null;
        var grants = JsonSerializer.Serialize(choose(present.ReadPermissions()).Distinct());
        await transaction.ExecuteAsync("""
            update delivery.installed set grants = @grants::jsonb
            where org_id = @Org and account_id = @Account and package = @package
            """, new { key.Org, key.Account, package, grants }, ct);
        await transaction.CommitAsync(ct);
        return present with { Grants = grants };
    }
}
