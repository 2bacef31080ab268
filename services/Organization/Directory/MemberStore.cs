using System.Text.RegularExpressions;
using Npgsql;
using Xingchen.Hosting;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>Accounts and clients of an org.</summary>
public sealed partial class MemberStore(NpgsqlDataSource source)
{
    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ClientId { get; }

    /// <summary>Adds an account; gives the directory's new version where gateways must know of it.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>account-code-taken</c>.</exception>
    public async Task<long?> AddAccountAsync(Reach reach, string org, AccountView account, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "for update", ct); // ids of accounts are counted per org
        var next = await transaction.QuerySingleOrDefaultAsync<int>(
            "select coalesce(max(account_id), 0) + 1 from directory.accounts where org_id = @id", new { id }, ct);
        try
        {
            await OrgStore.AddAccountAsync(transaction, new OrgId(id), next, account, ct);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new ProblemException(Problems.AccountCodeTaken, "This organization has an account of that code.",
                [new Finding(Problems.AccountCodeTaken.Slug, "Choose another.", "/code")]);
        }
        long? version = account.TimeZone == TimeZones.Default ? null : await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return version;
    }

    /// <summary>Changes an account; null leaves as it is. Gives the directory's new version where gateways must know of
    /// it.</summary>
    /// <exception cref="ProblemException"><c>not-found</c></exception>
    public async Task<(AccountView View, long? Version)> ChangeAccountAsync(
        Reach reach, string org, string code, string? name, string? zone, CancellationToken ct)
    {
        if (!Reach.Code.IsMatch(code)) throw Reach.Nothing();
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "", ct);
        var rows = await transaction.QueryAsync<(string Code, string Name, string Zone)>("""
            update directory.accounts set name = coalesce(@name, name), time_zone = coalesce(@zone, time_zone)
            where org_id = @id and code = @code returning code, name, time_zone
            """, new { id, code, name, zone }, ct);
        if (rows is not [var changed]) throw Reach.Nothing();
        long? version = zone is null ? null : await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return (new AccountView(changed.Code, changed.Name, changed.Zone), version);
    }

    /// <summary>Accounts by id, after the id <paramref name="after"/>; one more than a page where there is
    /// more.</summary>
    public async Task<IReadOnlyList<(int Id, AccountView View)>> ListAccountsAsync(
        Reach reach, string org, int after, int limit, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "", ct);
        var rows = await transaction.QueryAsync<(int Id, string Code, string Name, string Zone)>("""
            select account_id, code, name, time_zone from directory.accounts
            where org_id = @id and account_id > @after order by account_id limit @limit
            """, new { id, after, limit = limit + 1 }, ct);
        return [.. rows.Select(row => (row.Id, new AccountView(row.Code, row.Name, row.Zone)))];
    }

    /// <exception cref="ProblemException"><c>not-found</c>; <c>content-invalid</c> for an unknown account or a scope
    /// that this org's clients cannot have.</exception>
    public async Task<NewClientView> AddClientAsync(
        Reach reach, string org, string name, IReadOnlyList<string> scopes, string? account,
        bool actsForUsers, GrantBody grants, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var found = await OrgStore.FindAsync(transaction, reach, org, ct) ?? throw Reach.Nothing();
        var findings = new List<Finding>();
        if (scopes.Contains(Scopes.Publisher) && found.Namespace is null)
            findings.Add(
                new Finding("value-invalid", "Only an organization with a publisher namespace has publishers.",
                    "/scopes"));
        if (scopes.Contains(Scopes.Platform) && found.OrgId != OrgId.Platform.Value)
            findings.Add(
                new Finding("value-invalid", "Only the platform's own organization has operators.", "/scopes"));
        int? accountId = null;
        if (account is not null)
        {
            accountId = await transaction.QuerySingleOrDefaultAsync<int?>(
                "select account_id from directory.accounts where org_id = @OrgId and code = @account",
                    new { found.OrgId, account }, ct);
            if (accountId is null)
                findings.Add(
                    new Finding("account-unknown", "The organization has no account of that code.", "/account"));
        }
        if (actsForUsers && !scopes.Contains(Scopes.Data))
            findings.Add(new Finding("value-invalid", "What users do needs the scope data: add it.", "/scopes"));
        if (findings.Count > 0) throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
            findings);
        var (client, secret) = NewClient.Create(name, scopes, accountId);
        client = client with
        {
            ActsForUsers = actsForUsers, PermissionSets = grants.Sets, Attributes = grants.Merge("{}"),
        };
        await InsertAsync(transaction, new OrgId(found.OrgId), client, ct);
        await transaction.CommitAsync(ct);
        return new NewClientView(client.ClientId, secret, name, scopes, account);
    }

    /// <summary>Live clients by id, after <paramref name="after"/>; one more than a page where there is more.</summary>
    public async Task<IReadOnlyList<ClientView>> ListClientsAsync(
        Reach reach, string org, string after, int limit, string? only, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "", ct);
        if (only is not null && !ClientId.IsMatch(only)) return [];
        var rows = await transaction.QueryAsync<ClientRow>("""
            select c.client_id ClientId, c.name Name, c.scopes Scopes, a.code Account, c.created_at CreatedAt,
                c.acts_for_users ActsForUsers, c.permission_sets PermissionSets, c.attributes::text Attributes
            from directory.clients c left join directory.accounts a on a.org_id = c.org_id and a.account_id =
                c.account_id
            where c.org_id = @id and c.revoked_at is null and c.client_id > @after and (@only::text is null or
                c.client_id = @only)
            order by c.client_id limit @limit
            """, new { id, after, limit = limit + 1, only }, ct);
        return [.. rows.Select(row => row.ToView())];
    }

    /// <summary>Changes a client; null leaves as it is. Gives the directory's new version where gateways must know of
    /// it.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>content-invalid</c>.</exception>
    public async Task<(ClientView View, long? Version)> ChangeClientAsync(
        Reach reach, string org, string clientId, string? name, bool? actsForUsers, GrantBody grants,
        CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "", ct);
        var before = !ClientId.IsMatch(clientId) ? null : await transaction.QuerySingleOrDefaultAsync<string>("""
            select attributes::text from directory.clients
            where org_id = @id and client_id = @clientId and revoked_at is null for update
            """, new { id, clientId }, ct);
        if (before is null) throw Reach.Nothing();
        long? version = grants.IsNone ? null : await VersionStore.RaiseAsync(transaction, ct);
        var row = await transaction.QuerySingleOrDefaultAsync<ClientRow>("""
            update directory.clients c set name = coalesce(@name, name),
                acts_for_users = coalesce(@actsForUsers, acts_for_users), attributes = @attributes::jsonb,
                permission_sets = case when @SetsGiven then @sets::text[] else permission_sets end,
                granted_version = coalesce(@version, granted_version),
                granted_at = case when @version::bigint is null then granted_at else now() end
            where c.org_id = @id and c.client_id = @clientId
            returning c.client_id ClientId, c.name Name, c.scopes Scopes, c.created_at CreatedAt,
                c.acts_for_users ActsForUsers, c.permission_sets PermissionSets, c.attributes::text Attributes,
                (select a.code from directory.accounts a where a.org_id = c.org_id and a.account_id = c.account_id)
                    Account
            """, new
        {
            id, clientId, name, actsForUsers, grants.SetsGiven, sets = grants.Sets?.ToArray(),
            attributes = grants.Merge(before), version,
        }, ct);
        await transaction.CommitAsync(ct);
        return (row!.ToView(), version);
    }

    /// <summary>Revokes a client, and raises the directory's version in the same transaction.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, also for one that was revoked before.</exception>
    public async Task<long> RevokeAsync(Reach reach, string org, string clientId, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        var id = await OrgIdAsync(transaction, reach, org, "", ct);
        var revoked = !ClientId.IsMatch(clientId) ? 0 : await transaction.ExecuteAsync("""
            update directory.clients set revoked_at = now() where org_id = @id and client_id = @clientId and revoked_at
                is null
            """, new { id, clientId }, ct);
        if (revoked == 0) throw Reach.Nothing();
        var version = await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return version;
    }

    internal static Task<int> InsertAsync(OrgTransaction transaction, OrgId org, NewClient client,
        CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into directory.clients (org_id, client_id, name, scopes, account_id, salt, hash, iterations,
                acts_for_users, permission_sets, attributes)
            values (@Org, @ClientId, @Name, @Scopes, @AccountId, @Salt, @Hash, @Iterations,
                @ActsForUsers, @PermissionSets::text[], @Attributes::jsonb)
            """, new
        {
            Org = org.Value, client.ClientId, client.Name, Scopes = client.Scopes.ToArray(), client.AccountId,
            client.Secret.Salt, client.Secret.Hash, client.Secret.Iterations, client.ActsForUsers,
            PermissionSets = client.PermissionSets?.ToArray(), client.Attributes,
        }, ct);

    private static async Task<long> OrgIdAsync(OrgTransaction transaction, Reach reach, string org, string locking,
        CancellationToken ct)
    {
        if (!Names.OrgCode.IsMatch(org)) throw Reach.Nothing();
        return await transaction.QuerySingleOrDefaultAsync<long?>(
            "select org_id from directory.orgs"
            + " where code = @org and (@reach::bigint is null or org_id = @reach) " + locking,
            new { org, reach = reach.OrgValue }, ct) ?? throw Reach.Nothing();
    }

    private sealed class ClientRow
    {
        public string ClientId { get; init; } = "";
        public string Name { get; init; } = "";
        public string[] Scopes { get; init; } = [];
        public string? Account { get; init; }
        public DateTime CreatedAt { get; init; }
        public bool ActsForUsers { get; init; }
        public string[]? PermissionSets { get; init; }
        public string Attributes { get; init; } = "{}";

        public ClientView ToView() => new(ClientId, Name, Scopes, Account, ActsForUsers, PermissionSets,
            Views.Attributes(Attributes), CreatedAt);
    }
}
