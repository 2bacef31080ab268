using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>Indexes that come after the data: in the background, under traffic, killed half-way.</summary>
public sealed class IndexTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Key = """{"name":"key","type":"text","length":40}""";

    private static readonly string Plain = Key + """
        ,{"name":"code","type":"text","length":40},{"name":"size","type":"number","precision":10,"scale":2},
        {"name":"words","type":"longText"}
        """;

    private static readonly string Indexed = Key + """
        ,{"name":"code","type":"text","length":40,"unique":true},
        {"name":"size","type":"number","precision":10,"scale":2,"indexed":true},
        {"name":"words","type":"longText","searchable":true}
        """;

    private static readonly string[] Questions =
        ["size > 40", "size = 7.25", "code = 'c12'", "words CONTAINS '星7'", "words LIKE '%rd1%'", "NOT size > 40"];

    [Fact]
    public async Task Indexes_are_filled_under_traffic_and_answers_stay_the_same()
    {
        var account = await LiveAccount.NewAsync(cell, Plain);
        await account.ImportAsync(Enumerable.Range(0, 400).Select(One));
        var expected = await AnswersAsync(account);
        Assert.All(expected.Take(5), Assert.NotEmpty);
        using var stop = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, 3)
            .Select(worker => TrafficAsync(account.Caller, worker, stop.Token)).ToList();
        await account.PublishAsync(Indexed);
        List<string> indexes;
        do
        {
            Assert.Equal(expected, await AnswersAsync(account));
            indexes = await account.IndexesAsync();
        }
        while (indexes.Exists(index => index.EndsWith("building", StringComparison.Ordinal)));
        await stop.CancelAsync();
        await Task.WhenAll(traffic);
        Assert.Equal(
            ["code index ready", "code unique ready", "size index ready", "words search ready"], indexes);
        Assert.Equal(expected, await AnswersAsync(account));
        await AssertFilledAsync(account.Caller);
        await account.ImportAsync(Enumerable.Range(10_000, 5_000).Select(One)); // so many that an index pays
        await cell.ExecuteAsync("analyze records.records, records.search_grams");
        Assert.Contains("by size", await account.PlanAsync("size = 7.25"));
        Assert.Contains("by code", await account.PlanAsync("code = 'c12'"));
        Assert.Contains("look up parts of texts", await account.PlanAsync("words CONTAINS '星7'"));
    }

    [Fact]
    public async Task A_fill_that_is_killed_goes_on_where_it_was()
    {
        var account = await LiveAccount.NewAsync(cell, Plain);
        await account.ImportAsync(Enumerable.Range(0, 900).Select(One));
        await account.PublishAsync(Indexed);
        await account.IndexesAsync(); // the first request after the publication wakes the worker
        for (var i = 0; i < 2; i++)
        {
            await Task.Delay(150);
            await cell.KillAsync();
            await cell.RestartAsync();
            await account.IndexesAsync();
        }
        Assert.All(await account.SettledAsync(), index => Assert.EndsWith("ready", index));
        await AssertFilledAsync(account.Caller);
    }

    [Fact]
    public async Task Equal_values_keep_a_field_from_being_unique_until_they_are_mended()
    {
        var account = await LiveAccount.NewAsync(cell, Plain);
        var caller = account.Caller;
        var one = await caller.NewAsync(LiveAccount.Thing, """{"key":"1","code":"same"}""");
        var two = await caller.NewAsync(LiveAccount.Thing, """{"key":"2","code":"same"}""");
        await account.PublishAsync(Indexed);
        Assert.Contains("code unique failed", await account.SettledAsync());
        var told = (await caller.GetAsync($"/v1/objects/{LiveAccount.Thing}/indexes")).Json.GetProperty("indexes")
            .EnumerateArray().Single(index => index.GetProperty("status").GetString() == "failed");
        var duplicate = told.GetProperty("duplicates")[0];
        Assert.Equal("same", duplicate.GetProperty("value").GetString());
        Assert.Equal([one, two], duplicate.GetProperty("records").EnumerateArray().Select(id => id.GetString()));
        var by = $"/v1/objects/{LiveAccount.Thing}/records/by/code/new";
        (await caller.PutAsync(by, """{"key":"3"}""")).Expect(HttpStatusCode.Conflict, "conflict");
        // What is written is told apart already: from what was written since, and from what is entered.
        (await caller.PostAsync($"/v1/objects/{LiveAccount.Thing}/records", """{"key":"4","code":"same"}"""))
            .Expect(HttpStatusCode.Conflict, "value-taken");
        (await caller.PatchAsync("/v1/records/" + two, """{"code":"other"}""")).Expect(HttpStatusCode.OK);
        for (var i = 0; i < 600 && (await account.IndexesAsync()).Contains("code unique failed"); i++)
            await Task.Delay(100);
        Assert.Contains("code unique ready", await account.SettledAsync());
        (await caller.PutAsync(by, """{"key":"3"}""")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_stranger_sees_no_progress_and_no_object_of_mine()
    {
        var mine = await LiveAccount.NewAsync(cell, Plain);
        await mine.Caller.NewAsync(LiveAccount.Thing, """{"key":"1","code":"canary-7","words":"canary-7"}""");
        await mine.PublishAsync(Indexed);
        await mine.SettledAsync();
        var sibling = await cell.SiblingAsync(mine.Caller);
        var theirs = (await sibling.GetAsync($"/v1/objects/{LiveAccount.Thing}/indexes")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("canary", theirs.Body);
        Assert.DoesNotContain("building", theirs.Body);
        var absent = await sibling.GetAsync("/v1/objects/shop__Nothing/indexes");
        absent.Expect(HttpStatusCode.NotFound, "not-found");
        Assert.Empty((await sibling.PostAsync("/v1/query", JsonSerializer.Serialize(
            new { q = $"SELECT id FROM {LiveAccount.Thing} WHERE long CONTAINS 'canary'" })))
            .Expect(HttpStatusCode.OK).Json.GetProperty("records").EnumerateArray());
    }

    private static object One(int i) =>
        new { key = $"k{i:0000}", code = $"c{i}", size = i % 90 + 0.25 * (i % 4), words = $"词星{i % 50} word{i} 辰" };

    /// <summary>What is asked of records that no traffic touches.</summary>
    private static async Task<List<List<string>>> AnswersAsync(LiveAccount account)
    {
        var answers = new List<List<string>>();
        foreach (var question in Questions) answers.Add(await account.KeysAsync($"key LIKE 'k%' AND ({question})"));
        return answers;
    }

    /// <summary>Makes, changes and deletes records of its own, and touches the others without changing
    /// answers.</summary>
    private static async Task TrafficAsync(RecordsCaller caller, int worker, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var id = await caller.NewAsync(LiveAccount.Thing, $$"""
                {"key":"t{{worker}}-{{i}}","code":"t{{worker}}-{{i}}","size":7,"words":"星7 traffic"}
                """);
            var change = $$"""{"code":"u{{worker}}-{{i}}","words":"changed 星8"}""";
            (await caller.PatchAsync("/v1/records/" + id, change)).Expect(HttpStatusCode.OK);
            if (i % 2 == 0) (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
            if (i % 4 == 0) (await caller.PostAsync($"/v1/records/{id}/restore")).Expect(HttpStatusCode.OK);
            if (i % 8 == 0)
                (await caller.DeleteAsync($"/v1/records/{id}?purge=true")).Expect(HttpStatusCode.NoContent);
        }
    }

    /// <summary>Slots, unique values and grams hold what the bodies say, no more and no less.</summary>
    private async Task AssertFilledAsync(RecordsCaller caller)
    {
        const string Mine = "org_id = $1 and account_id = $2";
        Assert.Empty(await cell.AskAsync<long>($"""
            select id from records.records where {Mine}
                and (n1 is distinct from (body->>'_3')::float8 or t1 is distinct from body->>'_2')
            """, caller.Org, caller.Account));
        Assert.Empty(await cell.AskAsync<long>($"""
            (select id from records.records r where {Mine} and deleted_at is null and not exists (
                select 1 from records.unique_values v where v.org_id = r.org_id and v.account_id = r.account_id
                    and v.kp = r.kp and v.field_key = '_2#1' and v.value = r.body->>'_2' and v.record_id = r.id))
            union all
            (select record_id from records.unique_values v where {Mine} and v.field_key = '_2#1' and not exists (
                select 1 from records.records r where r.org_id = v.org_id and r.account_id = v.account_id
                    and r.id = v.record_id and r.deleted_at is null and r.body->>'_2' = v.value))
            """, caller.Org, caller.Account));
        const string Wanted = """
            select distinct id, substr(body->>'_4', i, 3) collate "C" from records.records,
                generate_series(1, length(body->>'_4')) i where org_id = $1 and account_id = $2
            """;
        const string There = """
            select record_id, gram from records.search_grams
            where org_id = $1 and account_id = $2 and field_key = '_4#1'
            """;
        Assert.Empty(await cell.AskAsync<long>(
            $"select id from (({Wanted} except {There}) union all ({There} except {Wanted})) d(id, gram)",
            caller.Org, caller.Account));
    }
}
