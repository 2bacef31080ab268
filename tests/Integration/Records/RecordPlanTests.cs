using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Records.Values;
using Xingchen.Storage;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>What a request costs the database, held by what PostgreSQL itself tells: which tables it locked, how often
/// it was asked.</summary>
public sealed class RecordPlanTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_with_parents_and_children_is_read_from_no_partition_but_its_orgs()
    {
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var (key, current) = await AccountAsync(database);
        var view = RecordView.Parse(current.Schema, current.Schema.Find(Order)!, "number,customer.boss.name", "lines");
        var lines = ObjectLayout.Of(current.Schema.Find(Line)!);
        var id = RecordId.Create(current.Schema.Find(Order)!.Prefix, 1).Value;
        var locked = await LockedAsync(database.Records, key, current, batch =>
        {
            batch.AddCheckedRead(key, id, view, key, current.Versions, current.Schema);
            batch.AddReadChildren(key, lines, lines.Find("order"), [id], 10, current.Versions.Table(RecordSql.Table));
        });
        Assert.Equal(Own(current), locked);
    }

    [Theory]
    [InlineData("SELECT number FROM shop__Order WHERE at >= 2026-01-01T00:00:00Z ORDER BY at DESC LIMIT 50")]
    [InlineData("SELECT status, COUNT() FROM shop__Order GROUP BY status")]
    [InlineData("SELECT number, customer.boss.name, (SELECT product FROM lines) FROM shop__Order "
        + "WHERE customer IN (SELECT id FROM shop__Customer WHERE code = 'x')")]
    public async Task A_query_is_planned_and_run_over_no_partition_but_its_orgs(string text)
    {
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var (key, current) = await AccountAsync(database);
        var plan = QueryPlanner.Plan(QueryParser.ParseQuery(text), current.Schema,
            new Dictionary<string, JsonElement>(), QueryClock.Utc(DateTimeOffset.UnixEpoch));
        var statement = QuerySql.Build(plan, key, null, 51, current.Versions.Table(RecordSql.Table));
        var locked = await LockedAsync(database.Queries, key, current, batch => batch.Add(statement.Text,
            [.. statement.Parameters.Select(value => OrgBatch.Parameter(value.Value, value.Type))]));
        Assert.Equal(Own(current), locked);
    }

    [Fact]
    public async Task To_read_or_create_a_record_takes_one_round_trip_and_to_change_one_two()
    {
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        using var numbers = new RecordNumbers(database);
        var engine = new RecordEngine(database, numbers, TimeProvider.System);
        var (key, current) = await AccountAsync(database);
        var mark = new WriteMark(key, "test", "", new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var item = current.Schema.Find(Customer)!;
        var id = (await CreateAsync("first")).Id; // takes a block of numbers and opens the connection

        Assert.Equal(1, await RoundTripsAsync(() => CreateAsync("second")));
        Assert.Equal(1, await RoundTripsAsync(
            async () => Assert.NotNull(await engine.ReadAsync(key, key, current, RecordView.Whole(item), id, Ct))));
        using var change = JsonDocument.Parse("""{"code":"third","name":"changed"}""");
        Assert.Equal(2, await RoundTripsAsync(() => engine.PatchAsync(
            new DefaultHttpContext(), key, mark, current, RecordView.Whole(item), id, change.RootElement, Ct)));

        async Task<RecordDraft> CreateAsync(string code)
        {
            using var body = JsonDocument.Parse($$"""{"code":"{{code}}","name":"x"}""");
            var draft = new RecordPlanner(current.Schema, new RecordFindings(), mark).Create(item, body.RootElement);
            await engine.CreateAsync(key, mark, current, draft, Ct);
            return draft;
        }
    }

    private async Task<(AccountKey Key, InForce Current)> AccountAsync(CellDatabase database)
    {
        var caller = await cell.NewAccountAsync();
        var key = new AccountKey(new OrgId(caller.Org), new AccountId(caller.Account));
        return (key, await new SchemaCache(database, Options.Create(new CellOptions())).GetAsync(key, Ct));
    }

    private static string[] Own(InForce current) =>
    [
        $"records.records_{current.Versions.Partition:00}", "metadata.standard",
        $"metadata.stacks_{current.Versions.Partition:00}",
    ];

    /// <summary>The tables that a transaction has locked after a batch: all that it planned over or ran on, and no
    /// other.</summary>
    private static async Task<string[]> LockedAsync(
        NpgsqlDataSource source, AccountKey key, InForce current, Action<OrgBatch> add)
    {
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using (var batch = OrgBatch.Enter(connection, transaction, key, current.Versions, write: false))
        {
            add(batch);
            await batch.ExecuteAsync(Ct);
        }
        await using var asked = new NpgsqlCommand("""
            select n.nspname || '.' || c.relname from pg_locks l
            join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
            where l.pid = pg_backend_pid() and c.relkind in ('r', 'p') and n.nspname in ('records', 'metadata')
            group by 1
            """, connection, transaction);
        await using var reader = await asked.ExecuteReaderAsync(Ct);
        var tables = new List<string>();
        while (await reader.ReadAsync(Ct)) tables.Add(reader.GetString(0));
        return [.. tables.OrderByDescending(table => table, StringComparer.Ordinal)];
    }

    /// <summary>How many batches or commands of its own an act sent, as Npgsql's tracing tells.</summary>
    private static async Task<int> RoundTripsAsync(Func<Task> act)
    {
        using var root = new Activity(nameof(RoundTripsAsync)).Start();
        var (trace, sent) = (root.TraceId, 0);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => Interlocked.Add(ref sent, activity.TraceId == trace ? 1 : 0),
        };
        ActivitySource.AddActivityListener(listener);
        await act();
        return sent;
    }
}
