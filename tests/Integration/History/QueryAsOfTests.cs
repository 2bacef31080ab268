using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Exports;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>Queries and lists as of a time: every table of them is read as it was.</summary>
public sealed class QueryAsOfTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static readonly string[] Queries =
    [
        "SELECT id, name, code, version, modifiedAt, boss.name, boss.boss.name FROM shop__Customer ORDER BY name, id",
        "SELECT number, customer.name, customer.boss.name, (SELECT product, price, sku FROM lines ORDER BY product)"
            + " FROM shop__Order ORDER BY number",
        "SELECT id FROM shop__Customer WHERE id IN (SELECT customer FROM shop__Order WHERE status = 'open')",
        "SELECT name FROM shop__Customer WHERE code = 'A' OR code LIKE 'B%' OR code = NULL ORDER BY code, id",
        "SELECT status, COUNT(), MAX(customer.name) AS top FROM shop__Order GROUP BY status ORDER BY status",
        "SELECT SUM(price) AS total, COUNT(DISTINCT \"order\") AS orders FROM shop__Line WHERE price > 1",
        "SELECT product FROM shop__Line WHERE order.customer.name LIKE 'A%' ORDER BY price DESC, product",
    ];

    [Fact]
    public async Task A_query_answers_what_it_answered_then()
    {
        var caller = await cell.NewAccountAsync();
        var boss = await caller.NewAsync(Customer, """{"name":"Boss","code":"B1"}""");
        var ada = await caller.NewAsync(Customer, $$"""{"name":"Ada","code":"A","boss":"{{boss}}"}""");
        var order = await caller.NewAsync(Order, $$"""
            {"customer":"{{ada}}","lines":[{"product":"x","price":1.50,"sku":"s1"},{"product":"y","price":2}]}
            """);
        var remembered = new List<(string At, List<string> Answers)>();
        async Task RememberAsync()
        {
            var answers = new List<string>();
            foreach (var query in Queries) answers.Add((await AskAsync(caller, query)).Body);
            remembered.Add((await HistoryTests.MarkAsync(), answers));
        }
        await RememberAsync();
        (await caller.PatchAsync("/v1/records/" + boss, """{"name":"Chief","code":null}""")).Expect(HttpStatusCode.OK);
        await RememberAsync();
        (await caller.PatchAsync("/v1/records/" + order, """{"status":"done"}""")).Expect(HttpStatusCode.OK);
        await caller.NewAsync(Line, $$"""{"order":"{{order}}","product":"z","price":3.250}""");
        await RememberAsync();
        var late = await caller.NewAsync(Customer, """{"name":"Late","code":"B1"}""");
        (await caller.DeleteAsync("/v1/records/" + order)).Expect(HttpStatusCode.NoContent);
        await RememberAsync();
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + late)).Expect(HttpStatusCode.NoContent);
        await RememberAsync();
        foreach (var (at, answers) in remembered)
        {
            foreach (var (query, answer) in Queries.Zip(answers))
            {
                Assert.Equal(answer, (await AskAsync(caller, query, at)).Body);
                Assert.Equal(answer, $$"""{"records":[{{string.Join(',', await caller.LinesAsync(
                    query, asOf: at))}}],"next":null}""");
            }
        }
    }

    [Fact]
    public async Task An_export_of_then_is_by_the_schema_of_then_in_either_form_and_by_id()
    {
        var caller = await cell.NewAccountAsync();
        var ids = new List<string>();
        for (var i = 0; i < 50; i++)
            ids.Add(await caller.NewAsync(Customer, $$"""{"name":"n{{i}}","code":"c{{i}}"}"""));
        var then = await HistoryTests.MarkAsync();
        foreach (var (i, id) in ids.Index().Where(entry => entry.Index % 3 > 0))
        {
            if (i % 3 == 1)
                (await caller.PatchAsync("/v1/records/" + id, """{"name":"later"}""")).Expect(HttpStatusCode.OK);
            else (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
        }
        var renamed = Document.Replace("\"name\":\"code\",\"type\":\"text\"",
            "\"name\":\"tag\",\"type\":\"text\"", StringComparison.Ordinal);
        await cell.PublishAsync("1.8.1", renamed);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.8.1", renamed);
        const string Old = "SELECT code, name FROM shop__Customer";
        Assert.Equal(["code,name", .. Enumerable.Range(0, 50).Select(i => $"c{i},n{i}")],
            await caller.LinesAsync(Old, ExportCalls.Csv, then));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $$"""{"code":"c{{i}}","name":"n{{i}}"}"""),
            await caller.LinesAsync(Old, asOf: then));
        (await caller.ExportAsync(Old)).Expect(HttpStatusCode.BadRequest, "query-invalid");
        Assert.Equal(34, (await caller.LinesAsync("SELECT tag FROM shop__Customer")).Count);
        var posted = (await caller.PostAsync("/v1/exports", $$$"""
            {"q":"SELECT name FROM shop__Customer WHERE code = :code","params":{"code":"c1"},"asOf":"{{{then}}}"}
            """)).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"name":"n1"}""" + "\n", posted.Body);
    }

    [Fact]
    public async Task The_cursor_carries_the_time()
    {
        var caller = await cell.NewAccountAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add(await caller.NewAsync(Customer, $$"""{"name":"n{{i}}"}"""));
        var then = await HistoryTests.MarkAsync();
        var list = $"/v1/objects/{Customer}/records?limit=2&select=id,name&orderBy=name&count=true";
        var first = (await caller.GetAsync($"{list}&asOf={then}")).Expect(HttpStatusCode.OK);
        Assert.Equal("5", first.Raw("count"));
        (await caller.DeleteAsync("/v1/records/" + ids[2])).Expect(HttpStatusCode.NoContent);
        (await caller.PatchAsync("/v1/records/" + ids[3], """{"name":"a"}""")).Expect(HttpStatusCode.OK);
        await caller.NewAsync(Customer, """{"name":"n2b"}""");

        var names = Names(first);
        var next = first.Json.GetProperty("next").GetString();
        while (next is not null)
        {
            var page = (await caller.GetAsync($"/v1/objects/{Customer}/records?limit=2&cursor={next}"))
                .Expect(HttpStatusCode.OK);
            names.AddRange(Names(page));
            next = page.Json.GetProperty("next").GetString();
        }
        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], names);

        var cursor = first.Text("next");
        (await caller.GetAsync($"/v1/objects/{Customer}/records?cursor={cursor}&asOf={then}"))
            .Expect(HttpStatusCode.OK);
        var another = await HistoryTests.MarkAsync();
        (await caller.GetAsync($"/v1/objects/{Customer}/records?cursor={cursor}&asOf={another}"))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        (await (await cell.NewAccountAsync()).GetAsync($"/v1/objects/{Customer}/records?cursor={cursor}"))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        Assert.Equal(["a", "n0", "n1", "n2b", "n4"],
            Names((await caller.GetAsync($"/v1/objects/{Customer}/records?select=name&orderBy=name")))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_schema_of_then_judges_the_query()
    {
        var caller = await cell.NewAccountAsync();
        await caller.NewAsync(Customer, """{"name":"Ada","code":"A"}""");
        var then = await HistoryTests.MarkAsync();
        var renamed = Document.Replace("\"name\":\"code\",\"type\":\"text\"",
            "\"name\":\"badge\",\"type\":\"text\"", StringComparison.Ordinal);
        await cell.PublishAsync("1.8.0", renamed);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.8.0", renamed);
        const string Old = "SELECT code FROM shop__Customer WHERE code = 'A'";
        Assert.Equal("""{"records":[{"code":"A"}],"next":null}""", (await AskAsync(caller, Old, then)).Body);
        (await caller.GetAsync("/v1/query?q=" + Uri.EscapeDataString(Old)))
            .Expect(HttpStatusCode.BadRequest, "query-invalid");
        (await caller.GetAsync($"/v1/query?asOf=2020-01-01T00:00:00Z&q=" + Uri.EscapeDataString(Old)))
            .Expect(HttpStatusCode.BadRequest, "query-invalid");
    }

    [Fact]
    public async Task A_time_that_is_none_is_refused_and_a_body_may_hold_one()
    {
        var caller = await cell.NewAccountAsync();
        await caller.NewAsync(Customer, """{"name":"Ada"}""");
        foreach (var asOf in new[] { "2026-11-20", "9999-01-01T00:00:00Z", "" })
        {
            (await caller.GetAsync($"/v1/query?q=SELECT%20id%20FROM%20shop__Customer&asOf={asOf}"))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
            (await caller.PostAsync("/v1/query", $$"""{"q":"SELECT id FROM shop__Customer","asOf":"{{asOf}}"}"""))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
            (await caller.GetAsync($"/v1/objects/{Customer}/records?asOf={asOf}"))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
        }
        var posted = (await caller.PostAsync("/v1/query", $$"""
            {"q":"SELECT name FROM shop__Customer","asOf":"{{await HistoryTests.MarkAsync()}}"}
            """)).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"records":[{"name":"Ada"}],"next":null}""", posted.Body);
        (await caller.GetAsync("/v1/query?explain=true&q=SELECT%20name%20FROM%20shop__Customer&asOf="
            + await HistoryTests.MarkAsync())).Expect(HttpStatusCode.OK);
    }

    private static List<string> Names(RecordsReply page) =>
        [.. page.Json.GetProperty("records").EnumerateArray().Select(row => row.GetProperty("name").GetString()!)];

    private static async Task<RecordsReply> AskAsync(RecordsCaller caller, string query, string? asOf = null) =>
        (await caller.GetAsync("/v1/query?q=" + Uri.EscapeDataString(query) + (asOf is null ? "" : "&asOf=" + asOf)))
            .Expect(HttpStatusCode.OK);
}
