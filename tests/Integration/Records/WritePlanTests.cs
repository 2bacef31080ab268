using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Plans of what writes: over the org's partitions alone, and good for a large account also where PostgreSQL
/// made them while the account was empty. Plans are generic and kept with a connection: a bad one stays.</summary>
public sealed class WritePlanTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Grown = 4_000;

    /// <summary>Rows that a statement about three records may look at.</summary>
    private const int Most = 60;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static WriteMark Mark(AccountKey key) =>
        new(key, "test", "", new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    private static readonly Dictionary<string, Action<OrgBatch, AccountKey, InForce, long[]>> Statements = new()
    {
        ["refer to records"] = (batch, key, current, ids) => batch.AddRequire(key, current.Versions, ids),
        ["refer to a version"] = (batch, key, current, ids) =>
            batch.AddRequireVersion(key, current.Versions, ids[0], 1),
        ["take values"] = (batch, key, current, ids) => batch.AddTake(key, current.Versions, Values(current, 9_000)),
        ["free values"] = (batch, key, current, ids) => batch.AddFree(key, current.Versions, Values(current, 1)),
        ["find who has values"] = (batch, key, current, ids) =>
            batch.AddFindTaken(key, current.Versions, Values(current, 1)),
        ["find by a value"] = (batch, key, current, ids) => batch.AddFindByUnique(
            key, current.Versions, current.Schema.Find(Customer)!.Prefix.Value, UniqueKey(current), ["1", "2", "3"]),
        ["find existing"] = (batch, key, current, ids) => batch.AddFindExisting(
            key, current.Versions, ids, current.Schema),
        ["insert"] = (batch, key, current, ids) => batch.AddInsert(Mark(key), current.Versions,
            ObjectLayout.Of(current.Schema.Find(Customer)!), [Draft(current, ids[0] + 100_000)]),
        ["update"] = (batch, key, current, ids) => batch.AddUpdate(
            Mark(key), current.Versions, Draft(current, ids[0]), 1, """{"a":1}""", "{}", "{}"),
        ["hold for an update"] = (batch, key, current, ids) => batch.AddHold(key, current.Versions, ids[0]),
        ["hold for a batch"] = (batch, key, current, ids) => batch.AddHold(key, current.Versions, ids,
            [(current.Schema.Find(Customer)!.Prefix.Value, UniqueKey(current), "7")]),
        ["hold to delete"] = (batch, key, current, ids) => batch.AddHoldLive(key, current.Versions, ids),
        ["find what refers"] = (batch, key, current, ids) =>
        {
            var layout = ObjectLayout.Of(current.Schema.Find(Customer)!);
            batch.AddReadChildren(key, layout, layout.Find("boss"), [ids[0]], 2_001,
                current.Versions.Table(RecordSql.Table), hold: true);
        },
        ["read"] = (batch, key, current, ids) => batch.AddCheckedRead(key, ids[1],
            RecordView.Parse(current.Schema, current.Schema.Find(Customer)!, "name,boss.boss.name", null), key,
            current.Versions, current.Schema),
        ["find what refers to several"] = (batch, key, current, ids) =>
        {
            var layout = ObjectLayout.Of(current.Schema.Find(Customer)!);
            batch.AddReadChildren(
                key, layout, layout.Find("boss"), ids, 2_001, current.Versions.Table(RecordSql.Table));
        },
        ["delete"] = (batch, key, current, ids) => batch.AddDelete(Mark(key), current.Versions, ids[0]),
        ["restore"] = (batch, key, current, ids) => batch.AddRestore(Mark(key), current.Versions, ids[0]),
    };

    public static MatrixTheoryData<string, bool> Names => new(Statements.Keys, [false, true]);

    /// <param name="name">Of the statement.</param>
    /// <param name="beside">Whether PostgreSQL knows another org of the partition when it plans, all of whose records
    /// refer to one: then whatever has an index seems to lead to all of them.</param>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_statement_reads_no_more_of_an_account_that_has_grown(string name, bool beside)
    {
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var caller = await cell.NewAccountAsync();
        var key = new AccountKey(new OrgId(caller.Org), new AccountId(caller.Account));
        var current = await new SchemaCache(database, Options.Create(new CellOptions())).GetAsync(key, Ct);
        await using var connection = await database.Records.OpenConnectionAsync(Ct);
        var prefix = current.Schema.Find(Customer)!.Prefix;
        if (beside) await GrowBesideAsync(current.Versions.Partition!.Value, prefix.Value);
        long[] ids = [.. Enumerable.Range(1, 3).Select(i => RecordId.Create(prefix, i).Value)];
        await RunAsync(ids[0] + 10_000); // prepared the second time, planned the third
        await RunAsync(ids[0] + 20_000);
        await RunAsync(ids[0] + 30_000);
        await GrowAsync(caller, prefix.Value, UniqueKey(current), ids[0] - 1);

        var (locked, rows) = await RunAsync(ids[0]);
        Assert.Equal([], locked.Where(table => !table.EndsWith($"_{current.Versions.Partition:00}",
            StringComparison.Ordinal)));
        Assert.InRange(rows, 0, Most);

        async Task<(string[], long)> RunAsync(long first)
        {
            await using var transaction = await connection.BeginTransactionAsync(Ct);
            await using (var batch = OrgBatch.Enter(connection, transaction, key, current.Versions, write: true))
            {
                Statements[name](batch, key, current, [first, first + 1, first + 2]);
                try
                {
                    await batch.ExecuteAsync(Ct);
                }
                catch (PostgresException refused) when (refused.SqlState.StartsWith("XR", StringComparison.Ordinal))
                {
                    return ([], 0); // nothing is there yet
                }
            }
            var tables = new List<string>();
            await using var asked = new NpgsqlCommand("""
                select c.relname, 0::bigint from pg_locks l join pg_class c on c.oid = l.relation
                where l.pid = pg_backend_pid() and c.relkind = 'r' and c.relnamespace = 'records'::regnamespace
                    and c.relname not in ('relay_tickets')
                group by 1
                union all
                select null, sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint
                from pg_stat_xact_user_tables where schemaname = 'records'
                """, connection, transaction);
            await using var reader = await asked.ExecuteReaderAsync(Ct);
            var read = 0L;
            while (await reader.ReadAsync(Ct))
            {
                if (reader.IsDBNull(0)) read = reader.GetInt64(1);
                else tables.Add(reader.GetString(0));
            }
            return ([.. tables.Order(StringComparer.Ordinal)], read);
        }
    }

    private Task<int> GrowAsync(RecordsCaller caller, int prefix, string uniqueKey, long before) =>
        cell.ExecuteAsync($"""
            with made as (
                insert into records.records (org_id, account_id, kp, id, version, created_at, modified_at, created_by,
                    modified_by, body, r1)
                select {caller.Org}, {caller.Account}, {prefix}, {before} + i, 1, now(), now(), 'x', 'x', '{"{}"}',
                    {before} + i / 2
                from generate_series(1, {Grown}) i returning org_id, account_id, kp, id)
            insert into records.unique_values (org_id, account_id, kp, field_key, value, record_id)
            select org_id, account_id, kp, '{uniqueKey}', id - {before}, id from made
            """);

    private async Task GrowBesideAsync(int partition, int prefix)
    {
        var other = (await cell.AskAsync<long>($"""
            select g::bigint from generate_series(9000000, 9001000) g
            where satisfies_hash_partition('records.records'::regclass, 16, {partition}, g::bigint) limit 1
            """)).Single();
        await cell.ExecuteAsync($"""
            insert into records.records (org_id, account_id, kp, id, version, created_at, modified_at, created_by,
                modified_by, body, r1)
            select {other}, 1, {prefix}, i, 1, now(), now(), 'x', 'x', '{"{}"}', 7 from generate_series(1, {Grown}) i
            on conflict do nothing
            """);
        await cell.ExecuteAsync("analyze records.records");
    }

    private static string UniqueKey(InForce current) =>
        current.Schema.Find(Customer)!.Fields.Single(field => field.Name == "code").Place.UniqueKey;

    private static RecordDraft Draft(InForce current, long id)
    {
        var layout = ObjectLayout.Of(current.Schema.Find(Customer)!);
        return new RecordDraft(layout, "") { Id = id };
    }

    private static List<UniqueValue> Values(InForce current, int first)
    {
        var draft = Draft(current, RecordId.Create(current.Schema.Find(Customer)!.Prefix, first).Value);
        var ordinal = draft.Layout.Find("code");
        draft.Values[ordinal] = TextCodec.Store(draft.Layout.Fields[ordinal].Field,
            first.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return [.. draft.UniqueValues()];
    }
}
