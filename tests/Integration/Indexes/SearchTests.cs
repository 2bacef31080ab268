#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>CONTAINS by an index and without one: the same answers, whatever the texts are.</summary>
public sealed class SearchTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Fields = """
        {"name":"key","type":"text","length":40},
        {"name":"found","type":"text","length":200,"caseSensitive":false,"searchable":true},
        {"name":"read","type":"text","length":200,"caseSensitive":false},
        {"name":"exactFound","type":"longText","searchable":true},
        {"name":"exactRead","type":"longText"}
        """;

    private static readonly string[] Letters =
        ["a", "B", "c", "星", "辰", "科", "😀", "🎈", "%", "_", "'", "\\", "İ", "Σ", "ς", "K", "ß", " ", "É"];

    [Fact]
    public async Task Generated_texts_are_found_by_grams_as_they_are_by_reading()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        var account = await LiveAccount.NewAsync(cell, Fields);
        var texts = Enumerable.Range(0, 300).Select(_ => Text(random, 14)).ToList();
        await account.ImportAsync(texts.Select((text, i) => Record($"k{i:000}", text)));
        await ChangeAsync(account, texts, random);
        for (var i = 0; i < 60; i++)
        {
            var part = i % 3 == 0 ? Part(random, texts[random.Next(texts.Count)]) : Text(random, 4);
            var (quoted, pattern) = (part.Replace("'", "''"),
                part.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_").Replace("'", "''"));
            foreach (var (found, read) in new[] { ("found", "read"), ("exactFound", "exactRead") })
                foreach (var condition in new[]
                {
                    $"CONTAINS '{quoted}'", $"LIKE '%{pattern}%'", $"LIKE '{pattern}_%'", $"NOT CONTAINS '{quoted}'",
                })
                {
                    var wanted = await account.KeysAsync($"{read} {condition}");
                    var got = await account.KeysAsync($"{found} {condition}");
                    Assert.True(wanted.SequenceEqual(got), $"seed {seed}: {found} {condition}");
                }
        }
    }

    [Fact]
    public async Task A_text_that_is_too_long_for_grams_is_found_all_the_same()
    {
        var account = await LiveAccount.NewAsync(cell, Fields);
        await account.Caller.NewAsync(LiveAccount.Thing, JsonSerializer.Serialize(
            new { key = "long", exactFound = new string('x', 12_000) + "星辰末" }));
        await account.Caller.NewAsync(LiveAccount.Thing, """{"key":"short","exactFound":"一星辰末"}""");
        Assert.Equal(["long", "short"], await account.KeysAsync("exactFound CONTAINS '星辰'"));
        Assert.Equal(["long", "short"], await account.KeysAsync("exactFound CONTAINS '星辰末'"));
        Assert.Equal(["short"], await account.KeysAsync("exactFound CONTAINS '一星辰末'"));
    }

    private static object Record(string key, string text) =>
        new { key, found = text, read = text, exactFound = text, exactRead = text };

    private static async Task ChangeAsync(LiveAccount account, List<string> texts, Random random)
    {
        var all = (await account.Caller.GetAsync(
            $"/v1/objects/{LiveAccount.Thing}/records?select=id&limit=60")).Expect(HttpStatusCode.OK);
        var n = 0;
        foreach (var record in all.Json.GetProperty("records").EnumerateArray())
        {
            var path = "/v1/records/" + record.GetProperty("id").GetString();
            if (n++ % 3 == 0) (await account.Caller.DeleteAsync(path)).Expect(HttpStatusCode.NoContent);
            else if (n % 3 == 0)
                (await account.Caller.PatchAsync(path, """
                    {"found":null,"read":null,"exactFound":null,"exactRead":null}
                    """)).Expect(HttpStatusCode.OK);
            else
            {
                texts.Add(Text(random, 14));
                (await account.Caller.PatchAsync(path, JsonSerializer.Serialize(Record("p" + n, texts[^1]))))
                    .Expect(HttpStatusCode.OK);
            }
        }
    }

    private static string Text(Random random, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => Letters[random.Next(Letters.Length)]));

    private static string Part(Random random, string text)
    {
        var runes = text.EnumerateRunes().ToList();
        return string.Concat(runes.Skip(random.Next(runes.Count)).Take(random.Next(1, 6)));
    }
}
