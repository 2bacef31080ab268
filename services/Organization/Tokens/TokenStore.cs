using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Organization.Tokens;

/// <summary>A client with its org, as the token endpoint needs it. Set by column name.</summary>
public sealed class TokenClient
{
    public long OrgId { get; init; }
    public string OrgCode { get; init; } = "";
    public string Status { get; init; } = "";
    public string? Namespace { get; init; }
    public string Idc { get; init; } = "";
    public string GroupCode { get; init; } = "";
    public string[] Scopes { get; init; } = [];
    public int? AccountId { get; init; }
    public bool ActsForUsers { get; init; }
    public string[]? PermissionSets { get; init; }
    public string Attributes { get; init; } = "{}";
    public byte[] Salt { get; init; } = [];
    public byte[] Hash { get; init; } = [];
    public int Iterations { get; init; }

    public Grants? Grants => PermissionSets is null ? null : new Grants(PermissionSets, Attributes);

    public ClientSecret Secret => new(Salt, Hash, Iterations);
}

/// <summary>Reads clients for the token endpoint, which asks before it knows any org.</summary>
public sealed class TokenStore(NpgsqlDataSource source)
{
    /// <summary>The live client of this id, or null.</summary>
    public async Task<TokenClient?> FindAsync(string clientId, CancellationToken ct)
    {
        if (clientId.Contains('\0')) return null; // no text in PostgreSQL has it
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        return await transaction.QuerySingleOrDefaultAsync<TokenClient>("""
            select o.org_id OrgId, o.code OrgCode, o.status Status, o.namespace Namespace, g.idc Idc, g.code GroupCode,
                   c.scopes Scopes, c.account_id AccountId,
                   c.acts_for_users ActsForUsers, c.permission_sets PermissionSets, c.attributes::text Attributes,
                   c.salt Salt, c.hash Hash, c.iterations Iterations
            from directory.clients c
            join directory.orgs o on o.org_id = c.org_id
            join directory.groups g on g.code = o.group_code
            where c.client_id = @clientId and c.revoked_at is null
            """, new { clientId }, ct);
    }

    /// <summary>An account of the org, by code or, without one, by id.</summary>
    public async Task<(int AccountId, string Code)?> FindAccountAsync(OrgId org, string? code, int accountId,
        CancellationToken ct)
    {
        if (code?.Contains('\0') == true) return null;
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        var found = await transaction.QueryAsync<(int AccountId, string Code)>("""
            select account_id, code from directory.accounts
            where org_id = @org and (case when @code::text is null then account_id = @accountId else code = @code end)
            """, new { org = org.Value, code, accountId }, ct);
        return found is [var account] ? account : null;
    }
}
