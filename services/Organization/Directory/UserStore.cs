using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>The users of an org.</summary>
/// <remarks>A change of grants raises the directory's version in its own transaction and stands in the row with it, so
/// that a gateway which knows an older version is told.</remarks>
public sealed partial class UserStore(NpgsqlDataSource source)
{
    private const string Columns = """
        user_id Id, name Name, email Email, attributes::text Attributes, permission_sets PermissionSets,
        created_at CreatedAt
        """;

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UserId { get; }

    /// <exception cref="ProblemException"><c>email-taken</c>, <c>content-invalid</c>.</exception>
    public async Task<UserView> AddAsync(OrgId org, string name, string email, GrantBody grants, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        var id = "us_" + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 22);
        var row = await WriteAsync(transaction, $"""
            insert into directory.users (org_id, user_id, name, email, attributes, permission_sets)
            values (@Org, @id, @name, @email, @attributes::jsonb, @sets) returning {Columns}
            """, new
        {
            Org = org.Value, id, name, email, attributes = grants.Merge("{}"),
            sets = (grants.Sets ?? []).ToArray(),
        }, ct);
        await transaction.CommitAsync(ct);
        return row!.ToView();
    }

    /// <summary>Live users by id, after <paramref name="after"/>; one more than a page where there is more.</summary>
    public async Task<IReadOnlyList<UserView>> ListAsync(
        OrgId org, string after, int limit, string? only, CancellationToken ct)
    {
        if (only is not null && !UserId.IsMatch(only)) return [];
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        var rows = await transaction.QueryAsync<UserRow>($"""
            select {Columns} from directory.users
            where org_id = @Org and deleted_at is null and user_id > @after
                and (@only::text is null or user_id = @only)
            order by user_id limit @limit
            """, new { Org = org.Value, after, limit = limit + 1, only }, ct);
        return [.. rows.Select(row => row.ToView())];
    }

    /// <summary>Changes a user; null leaves as it is. Gives the directory's new version where gateways must know of
    /// it.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, <c>email-taken</c>, <c>content-invalid</c>.</exception>
    public async Task<(UserView View, long? Version)> ChangeAsync(
        OrgId org, string id, string? name, string? email, GrantBody grants, CancellationToken ct)
    {
        if (!UserId.IsMatch(id)) throw Reach.Nothing();
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        var before = await transaction.QuerySingleOrDefaultAsync<string>("""
            select attributes::text from directory.users
            where org_id = @Org and user_id = @id and deleted_at is null for update
            """, new { Org = org.Value, id }, ct) ?? throw Reach.Nothing();
        long? version = grants.IsNone ? null : await VersionStore.RaiseAsync(transaction, ct);
        var row = await WriteAsync(transaction, $"""
            update directory.users set name = coalesce(@name, name), email = coalesce(@email, email),
                attributes = @attributes::jsonb, permission_sets = coalesce(@sets, permission_sets),
                granted_version = coalesce(@version, granted_version),
                granted_at = case when @version::bigint is null then granted_at else now() end
            where org_id = @Org and user_id = @id returning {Columns}
            """, new
        {
            Org = org.Value, id, name, email, attributes = grants.Merge(before), sets = grants.Sets?.ToArray(), version,
        }, ct);
        await transaction.CommitAsync(ct);
        return (row!.ToView(), version);
    }

    /// <summary>Deletes a user: his tokens are refused from now on, his e-mail address is free.</summary>
    /// <exception cref="ProblemException"><c>not-found</c>, also for one that was deleted before.</exception>
    public async Task<long> DeleteAsync(OrgId org, string id, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        var deleted = !UserId.IsMatch(id) ? 0 : await transaction.ExecuteAsync("""
            update directory.users set deleted_at = now()
            where org_id = @Org and user_id = @id and deleted_at is null
            """, new { Org = org.Value, id }, ct);
        if (deleted == 0) throw Reach.Nothing();
        var version = await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return version;
    }

    /// <summary>What a live user is granted; null where there is no such user.</summary>
    public async Task<Grants?> FindGrantsAsync(OrgId org, string id, CancellationToken ct)
    {
        if (!UserId.IsMatch(id)) return null;
        await using var transaction = await OrgTransaction.BeginAsync(source, org, ct);
        return (await transaction.QuerySingleOrDefaultAsync<UserRow>($"""
            select {Columns} from directory.users where org_id = @Org and user_id = @id and deleted_at is null
            """, new { Org = org.Value, id }, ct)) is { } row ? new Grants(row.PermissionSets, row.Attributes) : null;
    }

    private static async Task<UserRow?> WriteAsync(
        OrgTransaction transaction, string sql, object parameters, CancellationToken ct)
    {
        try
        {
            return await transaction.QuerySingleOrDefaultAsync<UserRow>(sql, parameters, ct);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new ProblemException(Problems.EmailTaken, "A user of this organization has this e-mail address.",
                [new Finding(Problems.EmailTaken.Slug, "Choose another.", "/email")]);
        }
    }

    private sealed class UserRow
    {
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string Email { get; init; } = "";
        public string Attributes { get; init; } = "{}";
        public string[] PermissionSets { get; init; } = [];
        public DateTime CreatedAt { get; init; }

        public UserView ToView() => new(Id, Name, Email, Views.Attributes(Attributes), PermissionSets, CreatedAt);
    }
}
