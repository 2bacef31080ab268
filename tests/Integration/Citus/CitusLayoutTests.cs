using System.Reflection;
using Npgsql;
using Xingchen.Storage;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Citus;

/// <summary>What the migrations make is a legal Citus layout, and <c>migrate --citus</c> says how.</summary>
/// <remarks>There is no Citus here: its functions are stood in for by ones that write down how they were called, so
/// that the script itself runs.</remarks>
public sealed class CitusLayoutTests
{
    private const string Tables = """
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('information_schema', 'migrations')
            and n.nspname not like 'pg\_%' and exists (
                select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id')
        """;

    private const string StandIns = """
        create schema citus;
        create table citus.calls (relation text, distribution text, colocated text);
        create function public.create_distributed_table(relation regclass, distribution text, colocate_with text)
            returns void language sql as
            $$ insert into citus.calls values (relation::text, distribution, colocate_with) $$;
        create function public.create_reference_table(relation regclass)
            returns void language sql as $$ insert into citus.calls values (relation::text, null, null) $$;
        create function metadata.shows_org(p_org bigint) returns void language plpgsql as $$
        begin
            perform set_config('xingchen.org_id', p_org::text, true);
        end $$;
        """;

    /// <summary>All that the layout must keep: columns, keys, checks, indexes, policies, grants.</summary>
    private const string Shape = """
        select format('%s.%s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
            a.attcollation, a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where n.nspname in ('metadata', 'records') and c.relkind in ('r', 'p') and not c.relispartition
            and a.attnum > 0 and not a.attisdropped
        union all
        select format('%s %s %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('metadata', 'records') and not c.relispartition and k.contype in ('p', 'u', 'c', 'f')
        union all
        select replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('metadata', 'records') and not c.relispartition
        union all
        select format('%s %s %s %s %s', c.oid::regclass, c.relrowsecurity, c.relforcerowsecurity, p.polname,
            pg_get_expr(p.polqual, p.polrelid))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_policy p on p.polrelid = c.oid
        where n.nspname in ('metadata', 'records') and not c.relispartition
        union all
        select format('%s %s %s', c.oid::regclass, x.grantee::regrole, x.privilege_type)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) x
        where n.nspname in ('metadata', 'records') and not c.relispartition and c.relkind in ('r', 'p')
            and x.grantee <> c.relowner
        union all
        select format('%s.%s %s %s', a.attrelid::regclass, a.attname, x.grantee::regrole, x.privilege_type)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        cross join lateral aclexplode(a.attacl) x
        where n.nspname in ('metadata', 'records') and not c.relispartition
        """;

    [Fact]
    public async Task A_cell_is_distributed_whole_and_keeps_its_shape()
    {
        var owner = await CellAsync();
        var (code, script, errors) = await ServiceProcess.RunAsync("Records", ["migrate", "--citus"],
            new Dictionary<string, string> { ["ConnectionStrings__cell"] = owner });
        Assert.True(code == 0, errors);
        var mine = await AskAsync(owner, Tables);
        Assert.Contains("records.records", mine);
        Assert.All(mine, table => Assert.Contains($"create_distributed_table('{table}', 'org_id'", script));
        Assert.DoesNotContain("partition of", script, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("partition by", script, StringComparison.OrdinalIgnoreCase);

        var other = await CellAsync(); // as on a coordinator: the same migrations, then the script
        await RunAsync(other, StandIns);
        var before = await AskAsync(other, Shape);
        await RunAsync(other, (await CitusScript.ReadAsync(other, CancellationToken.None)).Sql
            .Replace("select create_reference_table('citus.calls');", "", StringComparison.Ordinal));
        Assert.Equal(before.Order(), (await AskAsync(other, Shape)).Order());
        Assert.Equal(mine.Order(), (await AskAsync(other, Tables)).Order());
        Assert.Empty(await AskAsync(other, "select oid::regclass::text from pg_class where relkind = 'p'"));
        Assert.Equal(mine.Order(), (await AskAsync(
            other, "select relation from citus.calls where distribution = 'org_id'")).Order());
        Assert.Single(await AskAsync(other, "select relation from citus.calls where colocated = 'none'"));
        Assert.Single(await AskAsync(other,
            "select distinct colocated from citus.calls where distribution is not null and colocated <> 'none'"));
        Assert.Contains("metadata.layers", await AskAsync(
            other, "select relation from citus.calls where distribution is null"));
        Assert.DoesNotContain("records.tickets", await AskAsync(other, "select relation from citus.calls"));
        Assert.Contains("set local xingchen.org_id", (await AskAsync(
            other, "select pg_get_functiondef('metadata.shows_org'::regproc)")).Single());
    }

    [Fact]
    public async Task Delivery_is_legal_and_the_directory_says_why_it_is_not()
    {
        var delivery = await TestPostgres.CreateDatabaseAsync();
        await TestPostgres.MigrateAsync(delivery, Assembly.Load("Xingchen.Delivery"), "xingchen_delivery");
        var layout = await CitusScript.ReadAsync(delivery, CancellationToken.None);
        Assert.Empty(layout.Findings);
        Assert.All(await AskAsync(delivery, Tables),
            table => Assert.Contains($"create_distributed_table('{table}', 'org_id'", layout.Sql));
        var directory = await TestPostgres.CreateDatabaseAsync();
        await TestPostgres.MigrateAsync(directory, Assembly.Load("Xingchen.Organization"), "xingchen_organization");
        layout = await CitusScript.ReadAsync(directory, CancellationToken.None);
        Assert.Equal("", layout.Sql);
        Assert.Equal(
        [
            "directory.clients: its unique index directory.clients_client_id_key lacks org_id",
            "directory.orgs: its unique index directory.orgs_code_key lacks org_id",
            "directory.orgs: its unique index directory.orgs_namespace_key lacks org_id",
        ], layout.Findings.Order());
    }

    [Fact]
    public async Task Everything_illegal_is_said_at_once()
    {
        var owner = await CellAsync();
        await RunAsync(owner, """
            create function records.noop() returns trigger language plpgsql as $$ begin return null; end $$;
            create table records.bad (
                org_id bigint, id int generated always as identity, name text unique, span int4range, stack_org bigint,
                stack_account int, exclude using gist (span with &&),
                constraint foreign_stack foreign key (stack_org, stack_account) references metadata.stacks);
            create trigger noted after insert on records.bad for each row execute function records.noop();
            create table records.ranged (org_id bigint not null, id bigint not null, primary key (org_id, id))
                partition by range (id);
            create table records.shared (id bigint primary key, org bigint, account int,
                constraint to_stack foreign key (org, account) references metadata.stacks);
            create function metadata.quietly() returns void language plpgsql as $$
                begin perform set_config('xingchen.org_id', '1', false); end $$;
            """);
        var (code, script, errors) = await ServiceProcess.RunAsync("Records", ["migrate", "--citus"],
            new Dictionary<string, string> { ["ConnectionStrings__cell"] = owner });
        Assert.Equal((1, ""), (code, script));
        string[] expected =
        [
            "records.bad: org_id is bigint, and bigint not null in the others",
            "records.bad: its unique index records.bad_name_key lacks org_id",
            "records.bad: its exclusion constraint bad_span_excl", "records.bad: its trigger noted",
            "records.bad: its foreign key foreign_stack to metadata.stacks does not pair org_id with org_id",
            "records.bad: its column id draws numbers and is no bigint",
            "records.ranged: it is partitioned by RANGE (id), not by HASH (org_id)",
            "records.shared has no org_id, and its foreign key to_stack refers to metadata.stacks, which has",
            "metadata.quietly(): set_config that cannot become set local",
        ];
        Assert.All(expected, finding => Assert.Contains(finding, errors));
        Assert.Equal("", string.Join("\n", errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !expected.Any(line.Contains))));
    }

    [Fact]
    public async Task An_unknown_word_is_told_what_there_is()
    {
        var (code, _, errors) = await ServiceProcess.RunAsync("Records", ["migrate", "--print"],
            new Dictionary<string, string>());
        Assert.Equal(1, code);
        Assert.Contains("migrate --citus", errors);
    }

    private static async Task<string> CellAsync()
    {
        var owner = await TestPostgres.CreateDatabaseAsync();
        await TestPostgres.MigrateAsync(owner, Assembly.Load("Xingchen.Metadata"), "xingchen_metadata");
        await TestPostgres.MigrateAsync(owner, Assembly.Load("Xingchen.Records"), "xingchen_records");
        return owner;
    }

    private static async Task RunAsync(string owner, string sql)
    {
        await using var source = NpgsqlDataSource.Create(owner);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> AskAsync(string owner, string sql)
    {
        await using var source = NpgsqlDataSource.Create(owner);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
