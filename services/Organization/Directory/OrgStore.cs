using Npgsql;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>An org to be created.</summary>
public sealed record NewOrg(string Code, string Name, string? Group, string? Namespace, string TimeZone);

/// <summary>What a PATCH changes; null leaves as it is.</summary>
/// <param name="Standard">With <paramref name="SetsStandard"/>: the release to pin it to, or null for its
/// group's.</param>
public sealed record OrgChange(string? Name, string? Status, bool SetsLimits, int? RequestsPerSecond,
    bool SetsStandard = false, string? Standard = null);

/// <summary>Where an org lives.</summary>
public sealed record OrgPlace(OrgId Org, string Idc, string Group);

/// <summary>Orgs in the directory.</summary>
public sealed class OrgStore(NpgsqlDataSource source)
{
    private const string Select = """
        select o.org_id OrgId, o.code Code, o.name Name, o.group_code GroupCode, g.idc Idc, o.status Status,
               o.namespace Namespace, o.requests_per_second RequestsPerSecond, o.standard Standard,
               o.created_at CreatedAt,
               array(select a.code from directory.accounts a where a.org_id = o.org_id order by a.account_id)
                   AccountCodes,
               array(select a.name from directory.accounts a where a.org_id = o.org_id order by a.account_id)
                   AccountNames,
               array(select a.time_zone from directory.accounts a where a.org_id = o.org_id order by a.account_id)
                   AccountZones
        from directory.orgs o join directory.groups g on g.code = o.group_code

        """;

    /// <summary>Creates an org with its account <c>main</c> and its first client, or nothing.</summary>
    /// <exception cref="ProblemException"><c>org-code-taken</c>, <c>namespace-taken</c> (with both findings where both
    /// are), <c>content-invalid</c> for an unknown group.</exception>
    public async Task<(OrgView View, long? Version)> CreateAsync(NewOrg org, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var group = await transaction.QuerySingleOrDefaultAsync<string>("""
            select code from directory.groups where @Group::text is null or code = @Group order by created_at,
                code limit 1
            """, new { org.Group }, ct)
            ?? throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new Finding("group-unknown", "There is no such group.", "/group")]);
        var claimed = org.Namespace is null || await transaction.ExecuteAsync(
            "insert into directory.namespaces (namespace) values (@Namespace) on conflict do nothing",
                new { org.Namespace }, ct) == 1;
        // Without its namespace while that is taken, so that both findings can be said at once; nothing is committed
        // then.
        var id = await transaction.QuerySingleOrDefaultAsync<long?>("""
            insert into directory.orgs (code, name, group_code, namespace) values (@Code, @Name, @group, @space)
            on conflict (code) do nothing returning org_id
            """, new { org.Code, org.Name, group, space = claimed ? org.Namespace : null }, ct);
        if (id is not { } value || !claimed) throw Taken(id is null, !claimed);
        var orgId = new OrgId(value);
        await AddAccountAsync(transaction, orgId, 1, new AccountView("main", "Main", org.TimeZone), ct);
        IReadOnlyList<string> scopes = org.Namespace is null
            ? [Scopes.Admin, Scopes.Data] : [Scopes.Admin, Scopes.Data, Scopes.Publisher];
        var (client, secret) = NewClient.Create("First client", scopes, null);
        await MemberStore.InsertAsync(transaction, orgId, client, ct);
        var created = await FindAsync(transaction, default, org.Code, ct);
        long? version = org.TimeZone == TimeZones.Default ? null : await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return (created!.ToView() with { Client = new NewClientView(client.ClientId, secret, Scopes: scopes) },
            version);
    }

    /// <summary>Orgs in the order of their creation, after <paramref name="after"/>; one more than a page where there
    /// is more.</summary>
    public async Task<IReadOnlyList<(long Id, OrgView View)>> ListAsync(long after, int limit, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var rows = await transaction.QueryAsync<OrgRow>(
            Select + "where o.org_id > @after order by o.org_id limit @limit", new { after, limit = limit + 1 }, ct);
        return [.. rows.Select(row => (row.OrgId, row.ToView()))];
    }

    /// <summary>Accounts of a group's orgs, in the order of org and account, after one of them.</summary>
    public async Task<CellAccounts> AccountsAsync(
        string group, long org, int account, int limit, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return new CellAccounts(await transaction.QueryAsync<CellAccount>("""
            select a.org_id Org, a.account_id Account
            from directory.accounts a join directory.orgs o on o.org_id = a.org_id
            where o.group_code = @group and (a.org_id, a.account_id) > (@org, @account)
            order by a.org_id, a.account_id limit @limit
            """, new { group, org, account, limit }, ct));
    }

    /// <exception cref="ProblemException"><c>not-found</c>, also for what the caller may not see.</exception>
    public async Task<OrgView> GetAsync(Reach reach, string code, CancellationToken ct)
    {
        await using var transaction = await reach.BeginAsync(source, ct);
        return (await FindAsync(transaction, reach, code, ct) ?? throw Reach.Nothing()).ToView();
    }

    /// <summary>Changes an org. Suspension raises the directory's version in the same transaction.</summary>
    /// <param name="code">Whose.</param>
    /// <param name="change">What.</param>
    /// <param name="pin">Has the cell pin the org, before the directory says so and while nobody else changes the org;
    /// cut off between the two, the same request again mends it.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="ProblemException"><c>not-found</c>; <c>conflict</c> for the platform's own org.</exception>
    public async Task<(OrgView View, long? Version)> ChangeAsync(
        string code, OrgChange change, Func<OrgPlace, Task> pin, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var id = await LockAsync(transaction, code, ct);
        if (id == OrgId.Platform.Value && change.Status == "suspended")
            throw new ProblemException(Problems.Conflict, "The platform's own org cannot be suspended.");
        if (change.SetsStandard && await FindAsync(transaction, default, code, ct) is { } org)
            await pin(new OrgPlace(new OrgId(id), org.Idc, org.GroupCode));
        await transaction.ExecuteAsync("""
            update directory.orgs set name = coalesce(@Name, name), status = coalesce(@Status, status),
                requests_per_second = case when @SetsLimits then @RequestsPerSecond else requests_per_second end,
                standard = case when @SetsStandard then @Standard else standard end
            where org_id = @id
            """, new
        {
            id, change.Name, change.Status, change.SetsLimits, change.RequestsPerSecond, change.SetsStandard,
            change.Standard,
        }, ct);
        long? version = change.Status is not null || change.SetsLimits ? await VersionStore.RaiseAsync(transaction, ct)
            : null;
        var changed = await FindAsync(transaction, default, code, ct);
        await transaction.CommitAsync(ct);
        return (changed!.ToView(), version);
    }

    /// <summary>Erases a suspended org from the directory: its accounts, its clients and itself.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>; <c>conflict</c> while it is not suspended.</exception>
    public async Task<(ErasureView Receipt, long Version)> EraseAsync(string code, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var id = await LockAsync(transaction, code, ct);
        var org = await FindAsync(transaction, default, code, ct);
        if (org!.Status != "suspended")
            throw new ProblemException(Problems.Conflict, "Suspend the organization first; then it can be erased.");
        await transaction.ExecuteAsync("delete from directory.users where org_id = @id", new { id }, ct);
        var clients =
            await transaction.ExecuteAsync("delete from directory.clients where org_id = @id", new { id }, ct);
        var accounts =
            await transaction.ExecuteAsync("delete from directory.accounts where org_id = @id", new { id }, ct);
        await transaction.ExecuteAsync("delete from directory.orgs where org_id = @id", new { id }, ct);
        var receipt = Guid.CreateVersion7();
        var at = await transaction.QuerySingleOrDefaultAsync<DateTime>("""
            insert into directory.erasures (org_id, receipt, code, accounts, clients)
            values (@id, @receipt, @code, @accounts, @clients) returning erased_at
            """, new { id, receipt, code, accounts, clients }, ct);
        var version = await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return (new ErasureView(receipt, code, at, accounts, clients), version);
    }

    internal static Task<int> AddAccountAsync(
        OrgTransaction transaction, OrgId org, int id, AccountView account, CancellationToken ct) =>
        transaction.ExecuteAsync("""
            insert into directory.accounts (org_id, account_id, code, name, time_zone)
            values (@org, @id, @Code, @Name, @TimeZone)
            """, new { org = org.Value, id, account.Code, account.Name, account.TimeZone }, ct);

    internal static Task<OrgRow?> FindAsync(OrgTransaction transaction, Reach reach, string code,
        CancellationToken ct) =>
        Names.OrgCode.IsMatch(code)
            ? transaction.QuerySingleOrDefaultAsync<OrgRow>(
                Select + "where o.code = @code and (@org::bigint is null or o.org_id = @org)",
                new { code, org = reach.OrgValue }, ct)
            : Task.FromResult<OrgRow?>(null);

    private static async Task<long> LockAsync(OrgTransaction transaction, string code, CancellationToken ct)
    {
        if (!Names.OrgCode.IsMatch(code)) throw Reach.Nothing();
        return await transaction.QuerySingleOrDefaultAsync<long?>(
            "select org_id from directory.orgs where code = @code for update", new { code }, ct)
                ?? throw Reach.Nothing();
    }

    private static ProblemException Taken(bool code, bool space)
    {
        var findings = new List<Finding>();
        if (code) findings.Add(new Finding(Problems.OrgCodeTaken.Slug, "Another organization has this code.", "/code"));
        if (space)
            findings.Add(
                new Finding(Problems.NamespaceTaken.Slug, "This namespace was given to a publisher.",
                    "/publisher/namespace"));
        return new ProblemException(code ? Problems.OrgCodeTaken : Problems.NamespaceTaken, "Choose another.",
            findings);
    }
}

/// <summary>A row of <see cref="OrgStore"/>. Set by column name.</summary>
internal sealed class OrgRow
{
    public long OrgId { get; init; }
    public string Code { get; init; } = "";
    public string Name { get; init; } = "";
    public string GroupCode { get; init; } = "";
    public string Idc { get; init; } = "";
    public string Status { get; init; } = "";
    public string? Namespace { get; init; }
    public int? RequestsPerSecond { get; init; }
    public string? Standard { get; init; }
    public DateTime CreatedAt { get; init; }
    public string[] AccountCodes { get; init; } = [];
    public string[] AccountNames { get; init; } = [];
    public string[] AccountZones { get; init; } = [];

    public OrgView ToView() => new(
        Code, Name, GroupCode, Idc, Status, Namespace is null ? null : new PublisherView(Namespace),
        [.. AccountCodes.Zip(AccountNames, AccountZones)
            .Select(account => new AccountView(account.First, account.Second, account.Third))],
        RequestsPerSecond is { } rate ? new LimitsView(rate) : null, CreatedAt,
        Standard);
}
