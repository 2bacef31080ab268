using System.Net;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>Fields that become another type, with data in them and with an index.</summary>
public sealed class TypeChangeTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Key = """{"name":"key","type":"text","length":40},""";

    private static string Before(string index) => Key + $$"""
        {"name":"code","type":"text","length":40{{index}}},{"name":"size","type":"integer"{{index}}},
        {"name":"tier","type":"picklist","values":[{"value":"gold"},{"value":"tin"}]{{index}}},
        {"name":"mail","type":"email"{{index}}},{"name":"price","type":"number","precision":10,"scale":2{{index}}}
        """;

    private static string After(string index) => Key + $$"""
        {"name":"code","type":"longText"},{"name":"size","type":"number","precision":12,"scale":3{{index}}},
        {"name":"tier","type":"text"{{index}}},{"name":"mail","type":"text","length":300{{index}}},
        {"name":"price","type":"currency","precision":12,"scale":2{{index}}}
        """;

    [Fact]
    public async Task What_is_there_is_found_as_before_and_what_comes_is_found_beside_it()
    {
        var plain = await LiveAccount.NewAsync(cell, Before(""));
        var indexed = await LiveAccount.NewAsync(cell, Before(""","indexed":true"""));
        foreach (var account in (LiveAccount[])[plain, indexed])
            await account.ImportAsync(Enumerable.Range(0, 60).Select(i => new
            {
                key = $"a{i:00}", code = $"c{i % 20}", size = i % 9, tier = i % 2 == 0 ? "gold" : "tin",
                mail = $"m{i % 7}@example.com", price = i % 5 + 0.25m,
            }));
        var reads = await AnswersAsync(plain);
        Assert.Equal(reads, await AnswersAsync(indexed));

        await plain.PublishAsync(After(""));
        await indexed.PublishAsync(After(""","indexed":true"""));
        Assert.Equal(reads, await AnswersAsync(plain));
        Assert.Equal(reads, await AnswersAsync(indexed));
        foreach (var account in (LiveAccount[])[plain, indexed])
        {
            await account.Caller.NewAsync(LiveAccount.Thing, """
                {"key":"b1","code":"c3","size":4.125,"tier":"lead","mail":"no address","price":1.25}
                """);
            var first = (await account.Caller.GetAsync(
                $"/v1/objects/{LiveAccount.Thing}/records?filter=key%20%3D%20%27a04%27")).Expect(HttpStatusCode.OK)
                .Json.GetProperty("records")[0];
            Assert.Equal(4, first.GetProperty("size").GetInt32());
            (await account.Caller.PatchAsync("/v1/records/" + first.GetProperty("id").GetString(),
                """{"size":4.5,"tier":"copper"}""")).Expect(HttpStatusCode.OK);
        }
        await indexed.SettledAsync();
        var now = await AnswersAsync(plain);
        Assert.NotEqual(reads, now);
        Assert.Equal(now, await AnswersAsync(indexed));
        Assert.Equal(["b1"], await indexed.KeysAsync("size = 4.125"));
        Assert.Equal(["a04"], await indexed.KeysAsync("tier = 'copper'"));
    }

    private static async Task<List<string>> AnswersAsync(LiveAccount account)
    {
        var answers = new List<string>();
        foreach (var where in (string[])
        [
            "code = 'c3'", "code LIKE 'c1%'", "code > 'c15'", "size > 3 AND size <= 4.5", "size = 4", "NOT size > 4",
            "tier = 'gold'", "tier != 'gold'", "mail IN ('m1@example.com', 'no address')",
            "price >= 3.25", "price = 1.25",
        ])
            answers.Add(where + ": " + string.Join(' ', await account.KeysAsync(where)));
        return answers;
    }
}
