using System.Globalization;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Sql;
using Xingchen.Storage;
using Xingchen.Tests.Query;

namespace Xingchen.Tests.Integration.Query;

/// <summary>A small org whose values are not those of the large one in its partition: what PostgreSQL knows of the
/// partition misleads it there.</summary>
public sealed class QueryStatisticsTests(QueryWorld world) : IClassFixture<QueryWorld>, IAsyncLifetime
{
    private const int Orders = 20_000;

    private AccountKey account;
    private ObjectStatistics statistics = null!;

    public async ValueTask InitializeAsync()
    {
        // in one partition, as orgs are whose hashes are alike
        var orgs = (await world.AskAsync<long[]>("""
            select array(select org from generate_series(900000::bigint, 909999) org
                where satisfies_hash_partition('records.records'::regclass, 16, 3, org) limit 2)
            """))!;
        account = new AccountKey(new OrgId(orgs[0]), new AccountId(1));
        if (await world.AskAsync<long>($"select count(*) from records.records where org_id = {orgs[0]}") == 0)
        {
            await FillAsync(orgs[1], 100_000, "case when n % 2 = 0 then 'held' else 'x' || n % 100 end");
            await FillAsync(orgs[0], Orders,
                "case when n % 4000 = 0 then 'held' when n % 10 = 0 then 'done' else 'open' end");
            await world.AnalyzeAsync();
        }
        await world.Statistics.RefreshAsync(account, default, gather: true, CancellationToken.None);
        statistics = world.Statistics.Find(account, default, TradeSchema.Schema.Find("Order")!.Prefix)!;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<object?> FillAsync(long org, int orders, string status) => world.AskAsync<object>($$"""
        insert into records.records (org_id, account_id, kp, id, version, created_at, modified_at, created_by,
            modified_by, body, t1, t2, n1, d1)
        select {{org}}, 1, 3, {{RecordId.Range(new KeyPrefix(3)).First}} + n, 1, now(), now(), 'm', 'm',
            jsonb_build_object('1', 'N' || n, '3', n % 1000, '8', status, '5', to_char(at at time zone 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS"Z"')), 'N' || n, status, n % 1000, at
        from (select n, {{status}} as status, timestamptz '2026-01-01Z' + n * interval '1 minute' as at
            from generate_series(1, {{orders}}) n) made
        """);

    [Fact]
    public void A_sample_tells_what_the_account_holds()
    {
        Assert.Equal(Orders, statistics.Records);
        var status = statistics.Slots["t2"];
        Assert.Equal("open", status.Common[0].Value);
        Assert.InRange(status.Equal("open"), 0.87, 0.93);
        Assert.InRange(status.Equal("held"), 0, 0.002);
        Assert.InRange(statistics.Slots["t1"].Distinct, Orders * 0.8, Orders * 1.2);
        Assert.InRange(statistics.Slots["n1"].Distinct, 950, 1_050);
        Assert.InRange(statistics.Slots["n1"].Less(250.0, false), 0.2, 0.3);
        Assert.False(statistics.Slots.ContainsKey("r1"));
    }

    [Theory]
    [InlineData("SELECT number FROM Order WHERE status = 'held' ORDER BY orderedAt LIMIT 50", "status", 20)]
    [InlineData("SELECT number FROM Order WHERE status = 'open' ORDER BY orderedAt DESC LIMIT 50", "orderedAt", 1)]
    [InlineData("SELECT number FROM Order WHERE status = 'held' ORDER BY orderedAt DESC LIMIT 50", "status", 20)]
    [InlineData("SELECT number FROM Order WHERE status = 'open' AND number = 'N77' ORDER BY orderedAt", "number", 1)]
    [InlineData("SELECT COUNT() FROM Order WHERE status = 'open' AND total = 5", "total", 1)]
    public async Task What_the_account_holds_decides(string text, string drivenBy, int better)
    {
        var plan = Plan(text);
        var driver = QueryDriver.Choose(plan, statistics, plan.Limit ?? 2_001);
        Assert.Equal(drivenBy, driver?.Field?.Name);
        var left = await BlocksAsync(plan, null);
        var ours = await BlocksAsync(plan, driver);
        TestContext.Current.TestOutputHelper?.WriteLine($"{text}\n  PostgreSQL {left} blocks, driven {ours}");
        Assert.True(ours * better <= left + 20, $"{ours} blocks, {left} where PostgreSQL chooses");
    }

    [Theory]
    [InlineData("SELECT id FROM Order WHERE status = 'held' ORDER BY orderedAt DESC")]
    [InlineData("SELECT id FROM Order WHERE status IN ('held', 'x') AND total < 500 ORDER BY total, number LIMIT 300")]
    [InlineData("SELECT id FROM Order WHERE number LIKE 'N19%' AND status != 'open' ORDER BY status NULLS LAST")]
    [InlineData("SELECT id FROM Order WHERE orderedAt >= 2026-01-10 AND total = 7 ORDER BY id DESC")]
    [InlineData("SELECT id FROM Order WHERE customer = NULL AND number = 'N5' ORDER BY customer, due")]
    public async Task Whatever_drives_the_answer_is_the_same(string text)
    {
        var plan = Plan(text);
        var expected = await IdsAsync(plan, null);
        Assert.NotEmpty(expected);
        foreach (var field in plan.Root.Object.Fields.Where(field => field.Place.Slot is not null).Append(null))
            Assert.Equal(expected, await IdsAsync(plan, new QueryDriver(field, 0, 0)));
    }

    [Fact]
    public async Task What_reads_too_much_is_refused_with_what_would_help()
    {
        const string Text = "SELECT COUNT() FROM Order WHERE freight = 5";
        world.MostReads = Orders - 1;
        var refused = await Assert.ThrowsAsync<ProblemException>(() =>
            world.PageAsync(account, QueryWorld.Request(Text)));
        Assert.Equal("query-too-expensive", refused.Problem.Slug);
        Assert.Contains("20,000", refused.Message, StringComparison.Ordinal);
        Assert.Contains("freight", Assert.Single(refused.Errors!).Detail, StringComparison.Ordinal);
        var explained = await world.PageAsync(account, QueryWorld.Request(Text, explain: true));
        Assert.True(explained.GetProperty("refused").GetBoolean());
        Assert.Equal(Orders, explained.GetProperty("estimatedReads").GetInt64());
        world.MostReads = Orders;
        Assert.Single((await world.PageAsync(account, QueryWorld.Request(Text))).GetProperty("records")
            .EnumerateArray());
    }

    [Fact]
    public async Task Another_account_has_none_of_them()
    {
        var other = account with { Account = new AccountId(2) };
        await world.Statistics.RefreshAsync(other, default, gather: true, CancellationToken.None);
        Assert.Same(ObjectStatistics.Few,
            world.Statistics.Find(other, default, TradeSchema.Schema.Find("Order")!.Prefix));
        Assert.Equal(1, await world.AskAsync<long>(
            "select count(distinct (org_id, account_id)) from records.statistics"));
    }

    [Theory]
    [InlineData("SELECT number FROM Order WHERE total > :n ORDER BY total LIMIT 37")]
    [InlineData("SELECT status, COUNT() FROM Order WHERE total > :n GROUP BY status LIMIT 39")]
    [InlineData("SELECT number FROM Order WHERE total > :n AND customer.name = NULL LIMIT 38")]
    public async Task A_small_account_is_planned_once_for_all_values(string text)
    {
        await using var database = CellDatabase.Open(world.Serving, new CellOptions { QueryConnections = 1 });
        var small = account with { Account = new AccountId(3) };
        for (var i = 0; i < 3; i++) await world.AddAsync(small, "Order", ("total", i));
        await AskAsync();
        var before = await PlansAsync();
        await world.Statistics.RefreshAsync(small, default, gather: false, CancellationToken.None);
        await AskAsync();
        var after = await PlansAsync();
        var alone = QueryDriver.IsAlone(Plan(text.Replace(":n", "0")));
        Assert.Equal(alone, after.Custom == before.Custom);
        Assert.Equal(alone, after.Generic > before.Generic);

        async Task AskAsync()
        {
            for (var n = 0; n < 3; n++) // too few for PostgreSQL to find a generic plan by itself
                await world.PageAsync(small, QueryWorld.Request(text, $$"""{"n":{{n}}}"""), by: database);
        }

        async Task<(long Custom, long Generic)> PlansAsync()
        {
            await using var command = database.Queries.CreateCommand("select custom_plans, generic_plans "
                + $"from pg_prepared_statements where statement like '%limit {text[^2..]}'");
            await using var reader = await command.ExecuteReaderAsync();
            return await reader.ReadAsync() ? (reader.GetInt64(0), reader.GetInt64(1)) : (0, 0);
        }
    }

    private static SelectPlan Plan(string text) => QueryPlanner.Plan(QueryParser.ParseQuery(text), TradeSchema.Schema,
        new Dictionary<string, JsonElement>(), QueryClock.Utc(DateTimeOffset.UnixEpoch));

    /// <summary>Blocks that a statement looks at.</summary>
    private async Task<long> BlocksAsync(SelectPlan plan, QueryDriver? driver)
    {
        var statement = QuerySql.Build(plan, account, null, plan.Limit ?? 2_001, driver: driver);
        await using var batch = OrgBatch.Enter(world.Database.Queries, account, default, write: false);
        batch.Add("explain (analyze, buffers, timing off, format json) " + statement.Text, Parameters(statement));
        await using var reader = await batch.ReadAsync(CancellationToken.None);
        await reader.ReadAsync();
        using var explained = JsonDocument.Parse(reader.GetString(0));
        var top = explained.RootElement[0].GetProperty("Plan");
        return top.GetProperty("Shared Hit Blocks").GetInt64() + top.GetProperty("Shared Read Blocks").GetInt64();
    }

    private async Task<List<string>> IdsAsync(SelectPlan plan, QueryDriver? driver)
    {
        var statement = QuerySql.Build(plan, account, null, plan.Limit ?? 2_001, driver: driver);
        await using var batch = OrgBatch.Enter(world.Database.Queries, account, default, write: false);
        batch.Add(statement.Text, Parameters(statement));
        await using var reader = await batch.ReadAsync(CancellationToken.None);
        var ids = new List<string>();
        while (await reader.ReadAsync())
            ids.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.GetValue(1)}"));
        return ids;
    }

    private static Npgsql.NpgsqlParameter[] Parameters(QueryStatement statement) =>
        [.. statement.Parameters.Select(parameter => OrgBatch.Parameter(parameter.Value, parameter.Type))];
}
