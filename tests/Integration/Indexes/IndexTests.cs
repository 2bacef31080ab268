using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>Indexes that come after the data: in the background, under traffic, killed half-way.</summary>
public sealed class IndexTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static readonly string[] Questions =
        ["size > 40", "size = 7.25", "code = 'c12'", "words CONTAINS '星7'", "words LIKE '%rd1%'", "NOT size > 40"];

    [Fact]
    public async Task Indexes_are_filled_under_traffic_and_answers_stay_the_same()
    {
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        await account.ImportAsync(Enumerable.Range(0, 400).Select(LiveAccount.One));
        var expected = await AnswersAsync(account);
        Assert.All(expected.Take(5), Assert.NotEmpty);
        using var stop = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, 3)
            .Select(worker => LiveAccount.TrafficAsync(account.Caller, worker, stop.Token)).ToList();
        await account.PublishAsync(LiveAccount.Indexed);
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
        await account.AssertFilledAsync();
        await account.ImportAsync(Enumerable.Range(10_000, 5_000).Select(LiveAccount.One)); // an index pays
        await cell.ExecuteAsync("analyze records.records, records.search_grams");
        Assert.Contains("by size", await account.PlanAsync("size = 7.25"));
        Assert.Contains("by code", await account.PlanAsync("code = 'c12'"));
        Assert.Contains("look up parts of texts", await account.PlanAsync("words CONTAINS '星7'"));
    }

    [Fact]
    public async Task A_fill_that_is_killed_goes_on_where_it_was()
    {
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        await account.ImportAsync(Enumerable.Range(0, 900).Select(LiveAccount.One));
        await account.PublishAsync(LiveAccount.Indexed);
        await account.IndexesAsync(); // the first request after the publication wakes the worker
        for (var i = 0; i < 2; i++)
        {
            await Task.Delay(150);
            await cell.KillAsync();
            await cell.RestartAsync();
            await account.IndexesAsync();
        }
        Assert.All(await account.SettledAsync(), index => Assert.EndsWith("ready", index));
        await account.AssertFilledAsync();
    }

    [Fact]
    public async Task Equal_values_keep_a_field_from_being_unique_until_they_are_mended()
    {
        var account = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        var caller = account.Caller;
        var one = await caller.NewAsync(LiveAccount.Thing, """{"key":"1","code":"same"}""");
        var two = await caller.NewAsync(LiveAccount.Thing, """{"key":"2","code":"same"}""");
        await account.PublishAsync(LiveAccount.Indexed);
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
        var mine = await LiveAccount.NewAsync(cell, LiveAccount.Plain);
        await mine.Caller.NewAsync(LiveAccount.Thing, """{"key":"1","code":"canary-7","words":"canary-7"}""");
        await mine.PublishAsync(LiveAccount.Indexed);
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

    /// <summary>What is asked of records that no traffic touches.</summary>
    private static async Task<List<List<string>>> AnswersAsync(LiveAccount account)
    {
        var answers = new List<List<string>>();
        foreach (var question in Questions) answers.Add(await account.KeysAsync($"key LIKE 'k%' AND ({question})"));
        return answers;
    }
}
