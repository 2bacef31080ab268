using System.Reflection;
using Npgsql;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Isolation;

/// <summary>What the catalogs of every database say of its tables and roles, whatever a migration has added: promise 2
/// of docs/concepts/isolation.md.</summary>
public sealed class CatalogTests(MigratedDatabases databases) : IClassFixture<MigratedDatabases>
{
    private const string OrgTables = """
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnum > 0)
        """;

    public static TheoryData<string> Names => [.. MigratedDatabases.Services.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_table_of_orgs_and_every_partition_has_security_forced_and_asks_for_the_org(string name)
    {
        Assert.NotEmpty(await AskAsync(name, "select c.relname::text " + OrgTables));
        Assert.Empty(await AskAsync(name,
            $"select c.relname::text {OrgTables} and not (c.relrowsecurity and c.relforcerowsecurity)"));
        Assert.Empty(await AskAsync(name, $"""
            select c.relname::text {OrgTables} and not exists (
                select from pg_policies p where p.schemaname = n.nspname and p.tablename = c.relname
                    and p.qual like '%org_id = %current_setting(''xingchen.org_id''%')
            """));
        Assert.Empty(await AskAsync(name, $"""
            select c.relname::text {OrgTables} and not exists (
                select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                where i.indrelid = c.oid and i.indisprimary and a.attname = 'org_id')
            """));
    }

    /// <summary>In a cell no policy lets the platform pass where records are.</summary>
    [Fact]
    public async Task No_policy_on_records_has_an_escape() => Assert.Empty(await AskAsync("cell", """
        select tablename::text from pg_policies where schemaname = 'records'
            and (permissive <> 'PERMISSIVE' or cmd <> 'ALL' or with_check is not null or qual
                <> '(org_id = (NULLIF(current_setting(''xingchen.org_id''::text, true), ''''::text))::bigint)')
        """));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Serving_roles_own_nothing_bypass_nothing_and_make_nothing(string name)
    {
        var roles = MigratedDatabases.Services[name].Select(service => "xingchen_" + service.ToLowerInvariant())
            .ToArray();
        Assert.Equal(roles.Length, (await AskAsync(name, "select rolname::text from pg_roles where rolname = any ($1)",
            (object)roles)).Count);
        Assert.Empty(await AskAsync(name, """
            select rolname::text from pg_roles where rolname = any ($1) and (rolsuper or rolbypassrls or rolcreatedb
                or rolcreaterole or rolreplication
                or exists (select from pg_auth_members m where m.member = pg_roles.oid))
            """, (object)roles));
        Assert.Empty(await AskAsync(name, """
            select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any ($1)
            union all select p.proname::text from pg_proc p join pg_roles r on r.oid = p.proowner
                where r.rolname = any ($1)
            union all select n.nspname::text from pg_namespace n join pg_roles r on r.oid = n.nspowner
                where r.rolname = any ($1)
            union all select n.nspname::text from pg_namespace n, unnest($1) role
                where has_schema_privilege(role, n.oid, 'create')
            union all select d.datname::text from pg_database d, unnest($1) role
                where d.datname = current_database() and has_database_privilege(role, d.oid, 'create')
            """, (object)roles));
        // TRUNCATE and foreign keys go past policies.
        Assert.Empty(await AskAsync(name, $"""
            select c.relname::text {OrgTables} and exists (select from unnest($1) role
                where has_table_privilege(role, c.oid, 'truncate') or has_table_privilege(role, c.oid, 'references')
                    or has_table_privilege(role, c.oid, 'trigger'))
            """, (object)roles));
    }

    private async Task<List<string>> AskAsync(string name, string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(databases.Owners[name]);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) rows.Add(reader.GetString(0));
        return rows;
    }
}

/// <summary>Every database of the system, migrated.</summary>
public sealed class MigratedDatabases : IAsyncLifetime
{
    /// <summary>By database, the services whose schemas are in it, in the order in which they migrate.</summary>
    public static IReadOnlyDictionary<string, string[]> Services { get; } = new Dictionary<string, string[]>
    {
        ["cell"] = ["Metadata", "Records"], ["organization"] = ["Organization"], ["delivery"] = ["Delivery"],
    };

    /// <summary>The owner's connection strings.</summary>
    public Dictionary<string, string> Owners { get; } = [];

    public async ValueTask InitializeAsync()
    {
        foreach (var (name, services) in Services)
        {
            Owners[name] = await TestPostgres.CreateDatabaseAsync();
            foreach (var service in services)
                await TestPostgres.MigrateAsync(
                    Owners[name], Assembly.Load("Xingchen." + service), "xingchen_" + service.ToLowerInvariant());
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
