using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Organization.Directory;

/// <summary>Sites (IDCs) and their groups. A few, seen by the platform only.</summary>
public sealed class SiteStore(NpgsqlDataSource source)
{
    /// <exception cref="ProblemException"><c>code-taken</c>.</exception>
    public async Task<IdcView> AddIdcAsync(string code, string name, CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var added = await transaction.ExecuteAsync(
            "insert into directory.idcs (code, name) values (@code, @name) on conflict do nothing", new { code, name },
                ct);
        if (added == 0) throw Taken("IDC");
        await transaction.CommitAsync(ct);
        return new IdcView(code, name, []);
    }

    /// <exception cref="ProblemException"><c>code-taken</c>; <c>content-invalid</c> for an unknown IDC.</exception>
    public async Task<(GroupView View, long Version)> AddGroupAsync(string code, string name, string idc,
        CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var known = await transaction.QuerySingleOrDefaultAsync<string>(
            "select code from directory.idcs where code = @idc for share", new { idc }, ct);
        if (known is null)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.",
                [new Finding("idc-unknown", "There is no such IDC.", "/idc")]);
        var added = await transaction.ExecuteAsync(
            "insert into directory.groups (code, idc, name) values (@code, @idc, @name) on conflict do nothing",
                new { code, idc, name }, ct);
        if (added == 0) throw Taken("group");
        var version = await VersionStore.RaiseAsync(transaction, ct);
        await transaction.CommitAsync(ct);
        return (new GroupView(code, name, idc), version);
    }

    public async Task<IReadOnlyList<IdcView>> ListIdcsAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var rows = await transaction.QueryAsync<(string Code, string Name, string[] Groups)>("""
            select i.code, i.name, array(select g.code from directory.groups g where g.idc = i.code order by g.code)
            from directory.idcs i order by i.created_at, i.code
            """, null, ct);
        return [.. rows.Select(row => new IdcView(row.Code, row.Name, row.Groups))];
    }

    public async Task<IReadOnlyList<GroupView>> ListGroupsAsync(CancellationToken ct)
    {
        await using var transaction = await OrgTransaction.BeginPlatformAsync(source, ct);
        var rows = await transaction.QueryAsync<(string Code, string Name, string Idc)>(
            "select code, name, idc from directory.groups order by created_at, code", null, ct);
        return [.. rows.Select(row => new GroupView(row.Code, row.Name, row.Idc))];
    }

    private static ProblemException Taken(string what) =>
        new(Problems.CodeTaken, $"There is a {what} of that code.",
            [new Finding(Problems.CodeTaken.Slug, "Choose another.", "/code")]);
}
