using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>A migrated database, told as it must be on a Citus coordinator.</summary>
/// <param name="Sql">To be run there once, over the same migrations and no data; empty where something is
/// illegal.</param>
/// <param name="Findings">Everything that Citus would refuse.</param>
public sealed record CitusLayout(string Sql, IReadOnlyList<string> Findings);

/// <summary>Reads the catalog of a database that was migrated as always, and writes what distributes it.</summary>
/// <remarks>
/// So no migration is written twice, and none knows of Citus. A table with <c>org_id</c> is distributed by it, all of
/// them co-located; its hash partitions go, for Citus' shards are partitions of the same kind: see
/// docs/operations/citus.md. One without is a reference table, a copy on every node; one whose name ends in
/// <c>tickets</c> is a queue and stays on the coordinator. Only reads; thread-safe.
/// </remarks>
public static partial class CitusScript
{
    /// <param name="connectionString">Of the migration role.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<CitusLayout> ReadAsync(string connectionString, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        var catalog = new CitusCatalog(connection);
        var tables = await catalog.TablesAsync(ct);
        var functions = (await catalog.SettingFunctionsAsync(ct)).ToList();
        var findings = await FindAsync(catalog, tables, functions, ct);
        return new CitusLayout(
            findings.Count > 0 ? "" : await WriteAsync(catalog, tables, functions, ct), findings);
    }

    private static async Task<List<string>> FindAsync(
        CitusCatalog catalog, IReadOnlyList<CitusTable> tables, List<string> functions, CancellationToken ct)
    {
        var findings = new List<string>();
        foreach (var table in tables)
        {
            if (!table.IsOfOrgs)
            {
                findings.AddRange((await catalog.ReferenceFindingsAsync(table, ct)).Select(f => $"{table.Name} {f}"));
                continue;
            }
            if (table.OrgColumn != "bigint not null")
                findings.Add($"{table.Name}: org_id is {table.OrgColumn}, and bigint not null in the others");
            if (table.PartitionKey is not (null or "HASH (org_id)"))
                findings.Add($"{table.Name}: it is partitioned by {table.PartitionKey}, not by HASH (org_id)");
            findings.AddRange((await catalog.FindingsAsync(table, ct)).Select(f => $"{table.Name}: {f}"));
        }
        findings.AddRange(
            from function in functions
            where Localized(function).Contains("set_config(", StringComparison.Ordinal)
            select $"{function.ReplaceLineEndings("\n").Split('\n')[0]}: set_config that cannot become set local");
        return findings;
    }

    private static async Task<string> WriteAsync(
        CitusCatalog catalog, IReadOnlyList<CitusTable> tables, List<string> functions, CancellationToken ct)
    {
        var sql = new StringBuilder("""
            -- Distributes a database that the migrations have made, on a Citus coordinator, before there is any data.
            -- Made by `migrate --citus` from the catalog of a migrated PostgreSQL; see docs/operations/citus.md.
            begin;
            set local citus.multi_shard_modify_mode = 'sequential';

            -- What every connection of a serving role must have: the org goes to the workers with the transaction.
            do $$
            begin
                execute format('alter database %I set citus.propagate_set_commands = %L', current_database(), 'local');
            end $$;

            """).AppendLine();
        foreach (var table in tables.Where(table => !table.IsOfOrgs))
            sql.AppendLine(IsQueue(table)
                ? $"-- {table.Name} is a queue and stays on the coordinator."
                : $"select create_reference_table({Literal(table.Name)});");
        string? first = null;
        foreach (var table in tables.Where(table => table.IsOfOrgs))
        {
            sql.AppendLine();
            if (table.PartitionKey is not null) await ReplaceAsync(sql, catalog, table, ct);
            sql.AppendLine($"select create_distributed_table({Literal(table.Name)}, 'org_id', "
                + $"colocate_with => {Literal(first ?? "none")});");
            first ??= table.Name;
        }
        foreach (var function in functions)
            sql.AppendLine().Append(Localized(function).TrimEnd()).AppendLine(";");
        return sql.AppendLine().AppendLine("commit;").ToString();
    }

    /// <summary>Puts a plain table in the place of one with hash partitions, the same in all else.</summary>
    private static async Task ReplaceAsync(
        StringBuilder sql, CitusCatalog catalog, CitusTable table, CancellationToken ct)
    {
        var options = string.Join(", ", await catalog.StorageAsync(table, ct));
        var storage = options.Length == 0 ? "" : $"\n    with ({options})";
        var members = string.Join(",\n    ", await catalog.MembersAsync(table, ct));
        sql.AppendLine($"""
            do $$
            begin
                if exists (select from {table.Name}) then
                    raise exception '{table.Name} has rows: distribute before there is any data';
                end if;
            end $$;
            drop table {table.Name};
            create table {table.Name} (
                {members}){storage};
            """);
        foreach (var statement in await catalog.FollowingAsync(table, ct)) sql.Append(statement).AppendLine(";");
    }

    /// <summary>A function that makes its settings in the way that reaches the workers.</summary>
    private static string Localized(string function) =>
        SetConfig.Replace(function, "execute format('set local ${name} = %L', ${value});");

    private static bool IsQueue(CitusTable table) => table.PlainName.EndsWith("tickets", StringComparison.Ordinal);

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"perform set_config\('(?<name>[\w.]+)', (?<value>[^;]+), true\);",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SetConfig { get; }
}
