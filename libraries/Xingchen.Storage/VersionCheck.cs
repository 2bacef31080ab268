using System.Collections.Concurrent;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>Refuses (<c>XC001</c>) what was compiled for versions of metadata that are no longer in force: plain SQL
/// over two rows, by their keys.</summary>
public static class VersionCheck
{
    private static readonly ConcurrentDictionary<int, string> Statements = new();

    /// <summary>The value that is there only where the check holds; it asks <see cref="From"/>.</summary>
    /// <param name="first">The number of the first of its four parameters, <see cref="Parameters"/>.</param>
    public static string Column(int first) =>
        $"case when x.version = ${first + 3} and coalesce(k.version, 0) = ${first + 2} then 0 "
        + "else metadata.stale() end";

    /// <summary>One row, with the standard release as <c>x</c> and the account's stack as <c>k</c>; more may be joined
    /// to it from the left, and <c>x.id = 1</c> must be among the conditions of the whole.</summary>
    public static string From(StackVersions versions, int first) => $"""
        metadata.standard x
        left join {versions.Table("metadata.stacks")} k on k.org_id = ${first} and k.account_id = ${first + 1}
        """;

    /// <summary>The check as a condition of a statement that depends on no row of it: it is looked at once, before any
    /// row.</summary>
    /// <param name="first">As of <see cref="Column"/>.</param>
    public static string Filter(StackVersions versions, int first) =>
        Filter(versions, [$"${first}", $"${first + 1}", $"${first + 2}", $"${first + 3}"]);

    /// <param name="parameters">Where <see cref="Parameters"/> stand.</param>
    /// <inheritdoc cref="Filter(StackVersions, int)"/>
    public static string Filter(StackVersions versions, string[] parameters) => $"""
        (select case when x.version = {parameters[3]} and coalesce(k.version, 0) = {parameters[2]} then 0
            else metadata.stale() end
        from metadata.standard x left join {versions.Table("metadata.stacks")} k
            on k.org_id = {parameters[0]} and k.account_id = {parameters[1]}
        where x.id = 1) = 0
        """;

    /// <summary>The check as a statement.</summary>
    internal static string Statement(StackVersions versions) => Statements.GetOrAdd(versions.Partition ?? -1,
        static (_, of) => $"select {Column(1)} from {From(of, 1)} where x.id = 1", versions);

    /// <param name="caller">Org and account of the verified identity.</param>
    /// <param name="versions">What was compiled for.</param>
    public static NpgsqlParameter[] Parameters(AccountKey caller, StackVersions versions) =>
    [
        OrgBatch.Parameter(caller.Org.Value), OrgBatch.Parameter(caller.Account.Value),
        OrgBatch.Parameter(versions.Stack), OrgBatch.Parameter(versions.Standard),
    ];
}
