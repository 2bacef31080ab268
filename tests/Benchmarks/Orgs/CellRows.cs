using Npgsql;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>What the databases of the whole system hold, asked as their owner.</summary>
/// <param name="cell">Connection string of the cell's database.</param>
/// <param name="directory">Of the directory's.</param>
internal sealed class CellRows(string cell, string directory)
{
    /// <summary>Orgs, the platform's own left out, with what distinguishes their stack.</summary>
    public async Task<IReadOnlyList<(long Org, bool IsPlain)>> OrgsAsync()
    {
        var own = (await AskAsync(cell, "select distinct org_id from metadata.stacks", row => row.GetInt64(0)))
            .ToHashSet();
        var all = await AskAsync(directory, "select org_id from directory.orgs where org_id > 1 order by org_id",
            row => row.GetInt64(0));
        return [.. all.Select(org => (org, !own.Contains(org)))];
    }

    /// <summary>The org that was created last.</summary>
    public async Task<long> NewestAsync() =>
        (await AskAsync(directory, "select max(org_id) from directory.orgs", row => row.GetInt64(0))).Single();

    /// <summary>The org whose own layer is longest.</summary>
    public async Task<long> LargestAsync() => (await AskAsync(cell, """
        select org_id from metadata.private_layers order by length(content) desc limit 1
        """, row => row.GetInt64(0))).Single();

    /// <summary>Rows that the last release of the standard product wrote, by table: those of tables about orgs, and
    /// others.</summary>
    /// <remarks>Known by their transaction, the one that wrote the release's line of history; so what goes on beside it
    /// is not counted.</remarks>
    public async Task<(Dictionary<string, long> OfOrgs, Dictionary<string, long> Others)> WrittenByReleaseAsync()
    {
        var tables = await AskAsync(cell, """
            select c.oid::regclass::text, exists (
                select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname in ('metadata', 'records')
            """, row => (Name: row.GetString(0), OfOrg: row.GetBoolean(1)));
        var counts = (await AskAsync(cell, string.Join(" union all ", tables.Select(table => $"""
            select '{table.Name}', count(*) from {table.Name} where xmin = (
                select h.xmin from metadata.standard_history h order by version desc limit 1)
            """)), row => (Name: row.GetString(0), Rows: row.GetInt64(1))))
            .Where(count => count.Rows > 0).ToDictionary(count => count.Name, count => count.Rows);
        var ofOrg = tables.Where(table => table.OfOrg).Select(table => table.Name).ToHashSet();
        return (counts.Where(count => ofOrg.Contains(count.Key)).ToDictionary(),
            counts.Where(count => !ofOrg.Contains(count.Key)).ToDictionary());
    }

    private static async Task<List<T>> AskAsync<T>(string database, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }
}
