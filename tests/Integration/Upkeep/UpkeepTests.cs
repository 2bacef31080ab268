using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Records.Upkeep;
using Xingchen.Storage;
using Xingchen.Tests.Integration.Indexes;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Upkeep;

/// <summary>What the worker does for an account, and what it costs where there is nothing to do.</summary>
public sealed class UpkeepTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_visit_with_nothing_to_do_is_one_round_trip_and_no_schema()
    {
        await using var bench = new Bench(cell);
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        await account.ImportAsync(Enumerable.Range(0, 1_200).Select(LiveAccount.One));
        var key = Key(account);
        Assert.InRange(await RoundTripsAsync(() => bench.SettleAsync(key)), 10, int.MaxValue);
        Assert.Equal(1, await RoundTripsAsync(() => bench.Worker.VisitAsync(key, Ct)));
        Assert.Equal(1, await RoundTripsAsync(() => bench.Worker.VisitAsync(key, Ct)));
        // An account that nobody has ever written to.
        var sibling = await cell.SiblingAsync(account.Caller);
        var quiet = new AccountKey(new OrgId(sibling.Org), new AccountId(sibling.Account));
        await bench.SettleAsync(quiet);
        Assert.Equal(1, await RoundTripsAsync(() => bench.Worker.VisitAsync(quiet, Ct)));
    }

    [Fact]
    public async Task Statistics_are_there_before_a_query_and_follow_what_grows_and_shrinks()
    {
        await using var bench = new Bench(cell);
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Indexed);
        var key = Key(account);
        await account.ImportAsync(Enumerable.Range(0, 999).Select(LiveAccount.One));
        Assert.Empty(await VisitedAsync());
        await account.ImportAsync(Enumerable.Range(999, 1).Select(LiveAccount.One));
        Assert.Equal([1_000L], await VisitedAsync());
        // A few changes, and then many that leave it nearly as large: not looked at, and looked at and left as it is.
        await account.ImportAsync(Enumerable.Range(1_000, 100).Select(LiveAccount.One));
        Assert.Equal([1_000L], await VisitedAsync());
        await ChangeAsync("update records.records set version = version + 1", "updated", 1_000);
        Assert.Equal([1_000L], await VisitedAsync());
        Assert.Equal([1_100L], await AskAsync("select records from records.statistics_looks"));
        await account.ImportAsync(Enumerable.Range(1_100, 1_000).Select(LiveAccount.One));
        Assert.Equal([2_100L], await VisitedAsync());
        await ChangeAsync("update records.records set version = version + 1, deleted_at = now()", "deleted", 1_000);
        Assert.Equal([1_100L], await VisitedAsync());
        await ChangeAsync("update records.records set version = version + 1, deleted_at = now()", "deleted", 1_000);
        Assert.Empty(await VisitedAsync());

        async Task<List<long>> VisitedAsync()
        {
            await AskAsync("""
                with aged as (update records.statistics_looks set looked_at = looked_at - interval '1 hour' returning *)
                select org_id from aged
                """);
            await bench.SettleAsync(key);
            return await AskAsync("select records from records.statistics");
        }

        Task<List<long>> AskAsync(string sql) => cell.AskAsync<long>(sql.Contains("with", StringComparison.Ordinal)
            ? sql.Replace("returning", $"where org_id = {key.Org.Value} returning", StringComparison.Ordinal)
            : $"{sql} where org_id = {key.Org.Value}");

        Task<int> ChangeAsync(string change, string kind, int count) => cell.ExecuteAsync($"""
            with chosen as (
                select id from records.records where org_id = $1 and deleted_at is null order by id limit {count}),
            changed as (
                {change} where org_id = $1 and id in (select id from chosen) returning *)
            insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace)
            select org_id, account_id, id, version, kp, now(), '{kind}', 'x', '' from changed
            """, key.Org.Value);
    }

    private static AccountKey Key(LiveAccount account) =>
        new(new OrgId(account.Caller.Org), new AccountId(account.Caller.Account));

    /// <summary>How often the database was asked, as Npgsql's tracing tells.</summary>
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

    /// <summary>A worker with every task of the service, to be led by hand.</summary>
    private sealed class Bench : IAsyncDisposable
    {
        private readonly CellDatabase database;
        private readonly UpkeepQueue queue = new();

        public Bench(RecordsCell cell)
        {
            database = CellDatabase.Open(cell.Serving, new CellOptions());
            var (options, fills) = (Options.Create(new UpkeepOptions()), new FillStore(database));
            Worker = new UpkeepWorker(queue,
                [
                    new IndexTask(fills, database, options, TimeProvider.System),
                    new SweepTask(fills, TimeProvider.System),
                    new StatisticsTask(new StatisticsCollector(database, TimeProvider.System)),
                    new RecordRetention(database, Options.Create(new RetentionOptions()), TimeProvider.System),
                ],
                new UpkeepStore(database), new SchemaCache(database, Options.Create(new CellOptions())), options,
                TimeProvider.System, NullLogger<UpkeepWorker>.Instance);
        }

        public UpkeepWorker Worker { get; }

        /// <summary>Visits an account as often as it takes.</summary>
        public async Task SettleAsync(AccountKey account)
        {
            queue.Want(account);
            do await Worker.VisitAsync(await queue.NextAsync(Ct), Ct);
            while (queue.HasWishes);
        }

        public async ValueTask DisposeAsync()
        {
            Worker.Dispose();
            queue.Dispose();
            await database.DisposeAsync();
        }
    }
}
