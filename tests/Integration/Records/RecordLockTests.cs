using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Values;
using Xingchen.Storage;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Three locks between orgs: each holds alone. Every mutant is one lock taken away.</summary>
public sealed class RecordLockTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static readonly string[] Tables =
    [
        "records", "unique_values", "changes", "counters", "imports", "import_chunks", "import_failures", "fills",
        "settled", "search_grams",
    ];

    [Fact]
    public async Task A_statement_planned_for_another_org_or_account_finds_nothing()
    {
        var (mine, theirs, id) = await TwoAsync();
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var sibling = await cell.SiblingAsync(mine);
        Assert.Null(await ReadAsync(database, caller: Key(mine), planned: Key(theirs), id));
        Assert.Null(await ReadAsync(database, caller: Key(sibling), planned: Key(sibling), id));
        Assert.NotNull(await ReadAsync(database, caller: Key(theirs), planned: Key(theirs), id));
    }

    [Fact]
    public async Task Without_row_level_security_the_predicate_holds()
    {
        var (mine, theirs, id) = await TwoAsync();
        await using var database = CellDatabase.Open(cell.Owner, new CellOptions()); // a superuser: no policy applies
        Assert.Null(await ReadAsync(database, caller: Key(mine), planned: Key(mine), id));
        Assert.NotNull(await ReadAsync(database, caller: Key(theirs), planned: Key(theirs), id));
    }

    [Fact]
    public async Task Without_either_what_was_read_is_refused()
    {
        var (mine, theirs, id) = await TwoAsync();
        await using var database = CellDatabase.Open(cell.Owner, new CellOptions());
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ReadAsync(database, caller: Key(mine), planned: Key(theirs), id));
    }

    [Fact]
    public async Task A_statement_without_a_predicate_sees_its_own_org_only()
    {
        var (mine, theirs, _) = await TwoAsync();
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        foreach (var table in Tables)
        {
            await using var batch = OrgBatch.Enter(source, Key(mine), new StackVersions(1, 0), write: false);
            batch.Add($"select count(*) from records.{table} where org_id <> {mine.Org}");
            await using var reader = await batch.ReadAsync(CancellationToken.None);
            await reader.ReadAsync();
            Assert.Equal(0, reader.GetInt64(0));
        }
        foreach (var write in new[] { "update records.records set version = 0", "delete from records.records" })
        {
            await using var batch = OrgBatch.Enter(source, Key(mine), new StackVersions(1, 0), write: true);
            batch.Add($"{write} where org_id = {theirs.Org}");
            await using var reader = await batch.ReadAsync(CancellationToken.None);
            Assert.Equal(0, reader.RecordsAffected);
        }
        foreach (var partition in Enumerable.Range(0, 16)) // past the parent: each has a policy of its own
        {
            await using var batch = OrgBatch.Enter(source, Key(mine), new StackVersions(1, 0), write: false);
            batch.Add($"select count(*) from records.records_{partition:00} where org_id <> {mine.Org}");
            await using var reader = await batch.ReadAsync(CancellationToken.None);
            await reader.ReadAsync();
            Assert.Equal(0, reader.GetInt64(0));
        }
        var past = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var batch = OrgBatch.Enter(source, Key(mine), new StackVersions(1, 0), write: true);
            batch.Add("delete from records.records_00"); // to read is granted, to write is not
            await batch.ExecuteAsync(CancellationToken.None);
        });
        Assert.Equal("42501", past.SqlState);
        var moved = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var batch = OrgBatch.Enter(source, Key(mine), new StackVersions(1, 0), write: true);
            batch.Add($"update records.records set org_id = {theirs.Org}");
            await batch.ExecuteAsync(CancellationToken.None);
        });
        Assert.Equal("42501", moved.SqlState);
    }

    [Theory]
    [InlineData("select 1")]
    [InlineData("select set_config('xingchen.org_id', '', true)")]
    [InlineData("select set_config('xingchen.platform', 'on', true)")]
    public async Task Without_an_entry_nothing_is_seen(string first)
    {
        await TwoAsync();
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        foreach (var table in Tables)
        {
            await using var batch = source.CreateBatch();
            batch.BatchCommands.Add(new NpgsqlBatchCommand(first));
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"select count(*) from records.{table}"));
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            await reader.ReadAsync();
            Assert.Equal(0, reader.GetInt64(0));
        }
    }

    [Fact]
    public async Task The_setting_is_gone_after_the_batch()
    {
        var (mine, _, id) = await TwoAsync();
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions { RecordConnections = 1 });
        await ReadAsync(database, Key(mine), Key(mine), id);
        await using var command = database.Records.CreateCommand(
            "select coalesce(current_setting('xingchen.org_id', true), '') || count(*) from records.records");
        Assert.Equal("0", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Every_table_of_orgs_is_behind_forced_security_and_the_role_owns_nothing()
    {
        const string OrgTables = """
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('records', 'metadata') and c.relkind in ('r', 'p')
                and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id')
            """;
        Assert.NotEmpty(await cell.AskAsync<string>("select c.relname::text " + OrgTables));
        Assert.Empty(await cell.AskAsync<string>(
            $"select c.relname::text {OrgTables} and not (c.relrowsecurity and c.relforcerowsecurity)"));
        Assert.Empty(await cell.AskAsync<string>(
            $"select c.relname::text {OrgTables} and not exists (select from pg_policy p where p.polrelid = c.oid)"));
        Assert.Empty(await cell.AskAsync<string>("""
            select tablename::text from pg_policies
            where schemaname = 'records' and qual
                <> '(org_id = (NULLIF(current_setting(''xingchen.org_id''::text, true), ''''::text))::bigint)'
            """));
        Assert.Empty(await cell.AskAsync<string>($"""
            select c.relname::text {OrgTables} and not exists (
                select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
                where i.indrelid = c.oid and i.indisprimary and a.attname = 'org_id')
            """));
        Assert.Empty(await cell.AskAsync<string>("""
            select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner
                where r.rolname = 'xingchen_records'
            union all select p.proname::text from pg_proc p join pg_roles r on r.oid = p.proowner
                where r.rolname = 'xingchen_records'
            union all select n.nspname::text from pg_namespace n join pg_roles r on r.oid = n.nspowner
                where r.rolname = 'xingchen_records'
            union all select rolname::text from pg_roles
                where rolname = 'xingchen_records' and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)
            """));
    }

    private async Task<(RecordsCaller Mine, RecordsCaller Theirs, long Id)> TwoAsync()
    {
        var mine = await cell.NewAccountAsync();
        var theirs = await cell.NewAccountAsync();
        // In one partition, where nothing but the locks parts them.
        while (await PartitionAsync(theirs) != await PartitionAsync(mine)) theirs = await cell.NewAccountAsync();
        await mine.NewAsync(Customer, """{"code":"same","name":"mine"}""");
        var id = await theirs.NewAsync(Customer, """{"code":"same","name":"canary"}""");
        return (mine, theirs, RecordId.TryParse(id, out var parsed) ? parsed.Value : 0);
    }

    private async Task<int> PartitionAsync(RecordsCaller caller) => (await cell.AskAsync<int>($"""
        select i from generate_series(0, 15) i
        where satisfies_hash_partition('records.records'::regclass, 16, i, {caller.Org}::bigint)
        """)).Single();

    private static AccountKey Key(RecordsCaller caller) => new(new OrgId(caller.Org), new AccountId(caller.Account));

    private static async Task<object?> ReadAsync(CellDatabase database, AccountKey caller, AccountKey planned, long id)
    {
        var schemas = new SchemaCache(database, Options.Create(new CellOptions()));
        using var numbers = new RecordNumbers(database);
        var engine = new RecordEngine(database, numbers, TimeProvider.System);
        var current = await schemas.GetAsync(caller, CancellationToken.None);
        var view = RecordView.Whole(current.Schema.Find(Customer)!);
        return await engine.ReadAsync(caller, planned, current, view, id, CancellationToken.None);
    }
}
