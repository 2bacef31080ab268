using System.Globalization;
using System.Net;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Batches.BatchReplies;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Batches;

/// <summary>A batch whose service dies, and batches that run into each other: all of one or nothing of it.</summary>
public sealed class BatchCrashTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task A_crash_in_the_middle_leaves_all_or_nothing()
    {
        const int Size = 100;
        var caller = await cell.NewAccountAsync();
        var acknowledged = new List<int>();
        var batch = 0;
        for (var crash = 0; crash < 3; crash++)
        {
            var first = batch;
            batch += 12;
            var running = Enumerable.Range(first, 12).Select(number => Task.Run(async () =>
            {
                try
                {
                    var reply = await caller.BatchAsync([.. Enumerable.Range(0, Size).Select(i =>
                        i % 10 == 9 ? Update($"@o{i - 1}.id", """{"long":"changed"}""")
                            : Create(Thing, $$"""{"whole":{{number}}}""", $"o{i}"))]);
                    if (reply.Status != HttpStatusCode.OK) return;
                    lock (acknowledged) acknowledged.Add(number);
                }
                catch (Exception gone) when (gone is HttpRequestException or IOException)
                {
                    // The service died under it.
                }
            })).ToList();
            // In the midst of writing, however fast that is here: some of it is in the tables, perhaps uncommitted.
            await Task.WhenAny(running);
            await cell.KillAsync();
            await Task.WhenAll(running);
            await cell.RestartAsync();
        }
        var key = (await cell.AskAsync<string>(
            "select distinct k from records.records, jsonb_object_keys(body) k where org_id = $1", caller.Org));
        var counts = (await cell.AskAsync<string>($"""
            select v || ' ' || count(*) from (select body->>k as v from records.records, unnest($2::text[]) k
                where org_id = $1 and body->>k ~ '^[0-9]+$') x group by v
            """, caller.Org, key.ToArray()))
            .Select(row => row.Split(' ')).ToDictionary(
                row => int.Parse(row[0], CultureInfo.InvariantCulture), row => row[1]);
        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, number => Assert.Contains(number, counts));
        Assert.All(counts.Values, count => Assert.Equal("90", count));
        Assert.Equal([counts.Count * 100L], await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1", caller.Org));
    }

    [Fact]
    public async Task Batches_that_want_the_same_records_in_another_order_all_get_through()
    {
        var caller = await cell.NewAccountAsync();
        var made = (await caller.BatchAsync([.. Enumerable.Range(0, 20).Select(i =>
            Create(Customer, $$"""{"code":"c{{i}}","name":"n"}"""))])).Results().ConvertAll(result => result.Id());
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(number =>
        {
            var order = number % 2 == 0 ? made : Enumerable.Reverse(made).ToList();
            return caller.BatchAsync([.. order.Select((id, i) => i % 3 == 0
                ? Upsert(Customer, "code", $$"""{"code":"c{{made.IndexOf(id)}}","name":"b{{number}}"}""")
                : Update(id, $$"""{"name":"b{{number}}"}""")),
                Upsert(Customer, "code", $$"""{"code":"new","name":"b{{number}}"}""")]);
        }));
        Assert.All(replies, reply => Assert.All(reply.Results(), result =>
            Assert.InRange(result.GetProperty("status").GetInt32(), 200, 201)));
        Assert.Equal(1, replies.Count(reply => reply.Results()[^1].GetProperty("status").GetInt32() == 201));
        var names = new HashSet<string>();
        foreach (var id in made) names.Add((await caller.GetAsync("/v1/records/" + id)).Text("name"));
        Assert.Single(names); // all of the last one's, and nothing of another's
    }
}
