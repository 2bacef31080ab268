using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Query;

/// <summary>Queries over HTTP, through the service as it runs.</summary>
public sealed class QueryRouteTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static string Address(string text) => "/v1/query?q=" + Uri.EscapeDataString(text);

    private static string Body(string text, string parameters = "{}") =>
        $$"""{"q":{{JsonSerializer.Serialize(text)}},"params":{{parameters}}}""";

    private static List<string> Names(RecordsReply reply) =>
    [
        .. reply.Json.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("name").GetString()!),
    ];

    private async Task<RecordsCaller> FilledAsync(int customers)
    {
        var caller = await cell.NewAccountAsync();
        for (var i = 0; i < customers; i++)
            await caller.NewAsync(Customer, $$"""{"code":"c{{i:000}}","name":"n{{i:000}}"}""");
        return caller;
    }

    [Fact]
    public async Task A_list_goes_on_by_its_cursor()
    {
        var caller = await FilledAsync(5);
        var list = $"/v1/objects/{Customer}/records?orderBy=name&select=name&limit=2&count=true";
        var first = (await caller.GetAsync(list)).Expect(HttpStatusCode.OK);
        Assert.Equal(5, first.Json.GetProperty("count").GetInt32());
        var second = await caller.GetAsync($"{list}&cursor={Uri.EscapeDataString(first.Text("next"))}");
        var third = await caller.GetAsync(
            $"/v1/objects/{Customer}/records?limit=2&cursor={Uri.EscapeDataString(second.Text("next"))}");
        Assert.Equal(["n000", "n001", "n002", "n003", "n004"], [.. Names(first), .. Names(second), .. Names(third)]);
        (await caller.GetAsync("/v1/query?cursor=" + Uri.EscapeDataString(first.Text("next"))))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
    }

    [Fact]
    public async Task Parameters_come_with_a_posted_query()
    {
        var caller = await FilledAsync(5);
        var reply = await caller.PostAsync("/v1/query", Body(
            $"SELECT name FROM {Customer} WHERE name >= :least AND name NOT IN :without ORDER BY name DESC LIMIT :most",
            """{"least":"n001","without":["n003"],"most":2}"""));
        Assert.Equal(["n004", "n002"], Names(reply.Expect(HttpStatusCode.OK)));
        Assert.Equal(JsonValueKind.Null, reply.Json.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_page_is_full_at_two_thousand_and_the_rest_follows()
    {
        var caller = await FilledAsync(1);
        await cell.ExecuteAsync("""
            insert into records.records
                (org_id, account_id, kp, id, version, created_at, modified_at, created_by, modified_by, body, t1)
            select org_id, account_id, kp, id + n, 1, created_at, modified_at, created_by, modified_by, body, t1
            from records.records, generate_series(1, 2000) n where org_id = $1
            """, caller.Org);
        var text = $"SELECT id, name FROM {Customer}";
        var first = (await caller.GetAsync(Address(text))).Expect(HttpStatusCode.OK);
        Assert.Equal(2_000, Names(first).Count);
        var next = first.Text("next");
        foreach (var rest in new[]
        {
            await caller.GetAsync("/v1/query?cursor=" + Uri.EscapeDataString(next)),
            await caller.PostAsync("/v1/query", $$"""{"cursor":"{{next}}"}"""),
            await caller.PostAsync("/v1/query", $$"""{"cursor":"{{next}}","q":"{{text}}"}"""),
        })
            Assert.Single(Names(rest.Expect(HttpStatusCode.OK)));
        var sibling = await cell.SiblingAsync(caller);
        foreach (var (other, cursor) in new[]
        {
            (sibling, next), (await cell.NewAccountAsync(), next), (caller, next[..^4]), (caller, "x" + next),
            (caller, new string('A', 5_000)), (caller, ""),
        })
            (await other.GetAsync("/v1/query?cursor=" + Uri.EscapeDataString(cursor)))
                .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        (await caller.PostAsync("/v1/query", $$"""{"cursor":"{{next}}","q":"SELECT name FROM {{Customer}}"}"""))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        (await caller.GetAsync($"/v1/objects/{Customer}/records?cursor={Uri.EscapeDataString(next)}"))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
    }

    [Fact]
    public async Task A_reference_to_several_objects_tells_its_object()
    {
        var caller = await FilledAsync(1);
        var customer = (await caller.GetAsync(Address($"SELECT id FROM {Customer}"))).Json.GetProperty("records")[0]
            .GetProperty("id").GetString();
        await caller.NewAsync(Note, $$"""{"text":"x","about":"{{customer}}"}""");
        var found = await caller.GetAsync(Address($"SELECT about.id, about.object FROM {Note}"));
        Assert.Equal(
            $$$"""{"records":[{"about":{"id":"{{{customer}}}","object":"{{{Customer}}}"}}],"next":null}""",
            found.Expect(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task What_breaks_behind_the_first_record_is_a_problem_and_nothing_else()
    {
        var caller = await FilledAsync(1);
        var customer = (await caller.GetAsync(Address($"SELECT id FROM {Customer}"))).Json.GetProperty("records")[0]
            .GetProperty("id").GetString();
        foreach (var lines in new[] { 1, 1_001 })
        {
            var rows = string.Join(",", Enumerable.Range(0, lines).Select(n => $$"""{"product":"P{{n}}"}"""));
            await caller.NewAsync(Order, $$"""{"customer":"{{customer}}","lines":[{{rows}}]}""");
        }
        var text = $"SELECT number, (SELECT product FROM lines) FROM {Order} ORDER BY id";
        var answer = (await caller.GetAsync(Address(text))).Expect(HttpStatusCode.BadRequest, "query-invalid");
        Assert.StartsWith("""{"type":""", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_tells_the_plan_and_runs_nothing()
    {
        var caller = await FilledAsync(1);
        var explained = (await caller.GetAsync(Address($"SELECT name FROM {Customer}") + "&explain=true"))
            .Expect(HttpStatusCode.OK).Json;
        Assert.False(explained.TryGetProperty("records", out _));
        Assert.Contains("read " + Customer,
            explained.GetProperty("plan")[0].GetProperty("step").GetString(), StringComparison.Ordinal);
        Assert.True((await caller.PostAsync("/v1/query?explain=true", Body($"SELECT name FROM {Customer}"))).Json
            .TryGetProperty("estimatedCost", out _));
    }

    [Theory]
    [InlineData("SELECT nme, cod FROM shop__Customer WHERE", 41)]
    [InlineData("SELECT nme FROM shop__Customer", 7)]
    [InlineData("SELECT name FROM Nowhere", 17)]
    [InlineData("SELECT name FROM shop__Customer WHERE name = 5", 45)]
    [InlineData("SELECT name FROM shop__Customer LIMIT -1", 38)]
    [InlineData("SELECT name FROM shop__Customer LIMIT 99999999999999999999", 38)]
    [InlineData("SELECT név FROM shop__Customer", 8)]
    [InlineData("SELECT name FROM shop__Customer WHERE name = 'x", 45)]
    [InlineData("", 0)]
    public async Task A_wrong_query_says_where(string text, int position)
    {
        var caller = await cell.NewAccountAsync();
        foreach (var reply in new[]
            { await caller.GetAsync(Address(text)), await caller.PostAsync("/v1/query", Body(text)) })
        {
            var error = reply.Expect(HttpStatusCode.BadRequest, "query-invalid").Json.GetProperty("errors")[0];
            Assert.Equal(position, error.GetProperty("position").GetInt32());
        }
    }
}
