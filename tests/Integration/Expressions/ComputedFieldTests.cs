#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Globalization;
using System.Net;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Tests.Integration.History;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Expressions.ComputedPackage;

namespace Xingchen.Tests.Integration.Expressions;

/// <summary>Formulas and roll-ups over HTTP: read with records, in lists and queries; never written.</summary>
public sealed class ComputedFieldTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static int published;

    [Fact]
    public async Task A_record_has_them_whoever_reads_it()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"北京","discount":10}""");
        var made = (await caller.PostAsync(All(Order), $$"""
            {"customer":"{{customer}}","total":200.00,"due":"2026-11-20",
             "lines":[{"product":"a","quantity":2,"price":1.50},{"product":"b","quantity":0,"price":0.10},
              {"product":"c"}]}
            """)).Expect(HttpStatusCode.Created);
        var patched = (await caller.PatchAsync($"/v1/records/{made.Text("id")}", """{"status":"done"}"""))
            .Expect(HttpStatusCode.OK);
        var read = (await caller.GetAsync(made.Location!)).Expect(HttpStatusCode.OK);
        var listed = (await caller.GetAsync(All(Order))).Expect(HttpStatusCode.OK).Json.GetProperty("records")[0];
        foreach (var record in new[] { made.Json, patched.Json, read.Json, listed })
        {
            Assert.Equal("180.00", record.GetProperty("net").GetRawText());
            Assert.Equal("true", record.GetProperty("big").GetRawText());
            Assert.Equal("大单 北京: 180.00", record.GetProperty("words").GetString());
            Assert.Equal("2026-11-13", record.GetProperty("reminder").GetString());
            Assert.Equal("2026-11-20T00:00:00Z", record.GetProperty("begins").GetString());
            Assert.Equal("3", record.GetProperty("lineCount").GetRawText());
            Assert.Equal("3.00", record.GetProperty("lineSum").GetRawText());
            Assert.Equal("1.5", record.GetProperty("cheapest").GetRawText());
            Assert.Equal("1.00", record.GetProperty("perLine").GetRawText());
        }
        var line = made.Json.GetProperty("lines")[0];
        Assert.Equal("3.00", line.GetProperty("amount").GetRawText());
        Assert.Equal("北京 · a", line.GetProperty("title").GetString());
        var view = (await caller.GetAsync(
            $"{made.Location}?select=net,customer.openTotal,customer.orderCount&expand=lines"))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal("180.00", view.GetProperty("net").GetRawText());
        Assert.Equal("1", view.GetProperty("customer").GetProperty("orderCount").GetRawText());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("customer").GetProperty("openTotal").ValueKind);
        Assert.Equal("北京 · b", view.GetProperty("lines")[1].GetProperty("title").GetString());
        // What is computed may change where the version does not.
        (await caller.PatchAsync($"/v1/records/{customer}", """{"discount":50}""")).Expect(HttpStatusCode.OK);
        var again = (await caller.GetAsync(made.Location!, ("If-None-Match", read.Tag!))).Expect(HttpStatusCode.OK);
        Assert.Equal("100.00", again.Raw("net"));
    }

    [Fact]
    public async Task Who_sees_them_sees_their_values_and_no_more_of_what_they_are_computed_from()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"CANARY","discount":10}""");
        var id = await caller.NewAsync(Order, $$"""
            {"customer":"{{customer}}","total":50,"lines":[{"quantity":2,"price":1.50}]}
            """);
        var clerk = cell.Granted(caller, "us_clerk", new Grants(["shop__Clerk"], "{}"));
        const string Names = "id object version createdAt createdBy modifiedAt modifiedBy status net words lineSum";
        foreach (var record in new[]
        {
            (await clerk.GetAsync($"/v1/records/{id}")).Expect(HttpStatusCode.OK).Json,
            (await clerk.GetAsync(All(Order))).Expect(HttpStatusCode.OK).Json.GetProperty("records")[0],
            (await clerk.PatchAsync($"/v1/records/{id}", """{"status":"done"}""")).Expect(HttpStatusCode.OK).Json,
        })
        {
            Assert.Equal("45.00", record.GetProperty("net").GetRawText());
            Assert.Equal("CANARY: 45.00", record.GetProperty("words").GetString());
            Assert.Equal("3.00", record.GetProperty("lineSum").GetRawText());
            Assert.Equal(Names, string.Join(' ', record.EnumerateObject().Select(member => member.Name)));
        }
        var made = (await clerk.PostAsync(All(Order), "{}")).Expect(HttpStatusCode.Created).Json;
        Assert.Equal(Names, string.Join(' ', made.EnumerateObject().Select(member => member.Name)));
        var seller = cell.Granted(caller, "us_seller", new Grants(["shop__Seller"], "{}"));
        string Ask(string fields) =>
            "/v1/query?q=" + Uri.EscapeDataString($"SELECT {fields} FROM {Order} WHERE net > 1");
        var both = (await seller.GetAsync(Ask("net, customer.name"))).Expect(HttpStatusCode.OK).Json
            .GetProperty("records")[0];
        Assert.Equal("CANARY", both.GetProperty("customer").GetProperty("name").GetString());
        foreach (var unseen in new[] { "net, total", "net, customer.discount", "net, customer.factor" })
            (await seller.GetAsync(Ask(unseen))).Expect(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Rules_of_permission_sets_go_by_them_whatever_their_reader_sees()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"unseen","discount":10}""");
        var seen = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}","total":50}""");
        var cheap = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}","total":44}""");
        var past = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().UtcDateTime.ToString("O"));
        var watcher = cell.Granted(caller, "us_watcher", new Grants(["shop__Watcher"], "{}"));
        foreach (var path in new[]
        {
            All(Order), All(Order) + "?asOf=" + past, "/v1/query?q=SELECT id, net, customer.name FROM shop__Order",
            "/v1/query?q=SELECT id, net FROM shop__Order WHERE net > 1 ORDER BY lineSum",
        })
        {
            var records = (await watcher.GetAsync(path)).Expect(HttpStatusCode.OK).Json.GetProperty("records");
            Assert.Equal(seen, Assert.Single(records.EnumerateArray()).GetProperty("id").GetString());
            Assert.DoesNotContain("\"unseen\"", records.GetRawText(), StringComparison.Ordinal);
        }
        Assert.Equal("45.00", (await watcher.GetAsync($"/v1/records/{seen}")).Expect(HttpStatusCode.OK).Raw("net"));
        foreach (var id in new[] { cheap, customer })
            foreach (var path in new[] { "", "/history", "?asOf=" + past })
                (await watcher.GetAsync($"/v1/records/{id}{path}")).Expect(HttpStatusCode.NotFound);
        var changes = (await watcher.GetAsync("/v1/changes")).Expect(HttpStatusCode.OK).Json.GetProperty("changes");
        Assert.Equal(seen, Assert.Single(changes.EnumerateArray()).GetProperty("record").GetString());
        (await watcher.PatchAsync($"/v1/records/{seen}", """{"total":60}""")).Expect(HttpStatusCode.OK);
        (await watcher.PatchAsync($"/v1/records/{seen}", """{"total":44}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await watcher.PatchAsync($"/v1/records/{cheap}", """{"total":60}""")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Nobody_writes_them_and_nothing_stores_them()
    {
        var caller = await AccountAsync();
        var refused = (await caller.PostAsync(All(Order), """{"net":1,"lineCount":2}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(["/lineCount read-only", "/net read-only"], refused.Errors);
        var id = await caller.NewAsync(Order, """{"total":5}""");
        (await caller.PatchAsync($"/v1/records/{id}", """{"total":6}""")).Expect(HttpStatusCode.OK);
        var bodies = await cell.AskAsync<string>(
            "select body::text from records.records where org_id = $1", caller.Org);
        // number, status, total
        Assert.Equal([3], bodies.Select(body => JsonDocument.Parse(body).RootElement.EnumerateObject().Count()));
    }

    /// <summary>An answer is computed before what it tells of is committed: an error means that nothing
    /// was.</summary>
    [Fact]
    public async Task Where_they_cannot_be_computed_nothing_is_written()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"since":"2020-02-02"}""");
        var body = $$"""{"customer":"{{customer}}","total":1}""";
        var (kept, gone) = (await caller.NewAsync(Order, body), await caller.NewAsync(Order, body));
        (await caller.DeleteAsync($"/v1/records/{gone}")).Expect(HttpStatusCode.NoContent);
        async Task<long> CountAsync() => (await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1", caller.Org)).Single();
        Task<int> SpoilAsync(string from, string to) => cell.ExecuteAsync(
            "update records.records set body = replace(body::text, $2, $3)::jsonb where org_id = $1",
            caller.Org, from, to);
        var before = await CountAsync();
        // No date that the API would take: what computes its year ends the statement.
        await SpoilAsync("2020-02-02", "2020-13-32");
        foreach (var answer in new[]
        {
            await caller.PostAsync(All(Order), body),
            await caller.PatchAsync($"/v1/records/{kept}", """{"total":2}"""),
            await caller.PostAsync($"/v1/records/{gone}/restore"),
        })
            Assert.True((int)answer.Status >= 500, answer.Body);
        Assert.Equal(before, await CountAsync());
        await SpoilAsync("2020-13-32", "2020-02-02");
        var same = (await caller.PatchAsync($"/v1/records/{kept}", """{"total":1}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(("1", "2020"), (same.Raw("version"), same.Raw("year")));
        Assert.Equal("2020", (await caller.PostAsync($"/v1/records/{gone}/restore")).Expect(HttpStatusCode.OK)
            .Raw("year"));
    }

    [Fact]
    public async Task As_of_a_time_they_are_what_they_were()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"before","discount":10}""");
        var made = (await caller.PostAsync(All(Order), $$"""
            {"customer":"{{customer}}","total":200,"due":"2026-11-20",
             "lines":[{"product":"a","quantity":2,"price":1.50},{"product":"b","quantity":1,"price":0.10}]}
            """)).Expect(HttpStatusCode.Created);
        string[] paths = [made.Location + "?expand=lines",
            made.Location + "?select=net,lineSum,customer.orderCount,customer.factor",
            $"/v1/records/{customer}?expand=orders"];
        async Task<string[]> ReadAsync(string more)
        {
            var bodies = new List<string>();
            foreach (var path in paths)
                bodies.Add((await caller.GetAsync(path + more)).Expect(HttpStatusCode.OK).Body);
            return [.. bodies];
        }
        var was = await ReadAsync("");
        var then = await HistoryTests.MarkAsync();
        var lines = made.Json.GetProperty("lines").EnumerateArray().Select(l => l.GetProperty("id")).ToList();
        (await caller.PatchAsync($"/v1/records/{customer}", """{"name":"after","discount":50}"""))
            .Expect(HttpStatusCode.OK);
        (await caller.PatchAsync($"/v1/records/{lines[0]}", """{"quantity":5}""")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync($"/v1/records/{lines[1]}")).Expect(HttpStatusCode.NoContent);
        await caller.NewAsync(Line, $$"""{"order":"{{made.Text("id")}}","quantity":9,"price":9}""");
        await caller.NewAsync(Order, $$"""{"customer":"{{customer}}","total":1}""");
        Assert.Equal(was, await ReadAsync("&asOf=" + then));
        var now = await ReadAsync("");
        Assert.All(was.Zip(now), pair => Assert.NotEqual(pair.First, pair.Second));
        Assert.Equal(now, await ReadAsync("&asOf=" + await HistoryTests.MarkAsync()));
    }

    [Fact]
    public async Task Queries_select_filter_order_and_group_by_them()
    {
        var caller = await AccountAsync();
        var rich = await caller.NewAsync(Customer, """{"name":"R","discount":20}""");
        var poor = await caller.NewAsync(Customer, """{"name":"P"}""");
        foreach (var (customer, total, lines) in new[] { (rich, 1000, 2), (rich, 50, 0), (poor, 300, 1),
            (poor, 20, 3) })
            await caller.NewAsync(Order, $$"""
                {"customer":"{{customer}}","total":{{total}},"due":"2026-01-{{10 + lines}}","lines":[{{
                    string.Join(',', Enumerable.Repeat("""{"quantity":1,"price":2.50}""", lines))}}]}
                """);
        async Task<string> Ask(string query) => string.Join(' ', (await caller.GetAsync(
            "/v1/query?q=" + Uri.EscapeDataString(query))).Expect(HttpStatusCode.OK).Json.GetProperty("records")
            .EnumerateArray().Select(record => string.Join('|', record.EnumerateObject().Select(m => m.Value))));
        Assert.Equal("800.00 300.00", await Ask($"SELECT net FROM {Order} WHERE big = TRUE ORDER BY net DESC"));
        Assert.Equal("20.00 40.00", await Ask($"SELECT net FROM {Order} WHERE NOT big ORDER BY net"));
        Assert.Equal("3|7.50 2|5.00 1|2.50 0|",
            await Ask($"SELECT lineCount, lineSum FROM {Order} ORDER BY lineCount DESC"));
        Assert.Equal("False|2|60.00 True|2|1100.00",
            await Ask($"SELECT big, COUNT(), SUM(net) FROM {Order} GROUP BY big ORDER BY big"));
        Assert.Equal("0|40.00 1|300.00 2|800.00 3|20.00",
            await Ask($"SELECT lineCount, SUM(net) FROM {Order} GROUP BY lineCount ORDER BY lineCount"));
        Assert.Equal("P|320|2 R|1050|2",
            await Ask($"SELECT name, openTotal, orderCount FROM {Customer} WHERE openTotal > 100 ORDER BY name"));
        Assert.Equal("2.50 2.50 2.50 2.50 2.50 2.50",
            await Ask($"SELECT amount FROM {Line} WHERE order.customer.factor <= 1"));
        Assert.Equal("1", await Ask(
            $"SELECT COUNT() FROM {Order} WHERE customer.factor < 1 AND lineCount > 0"));
        var first = (await caller.GetAsync($"{All(Order)}?orderBy=net&limit=3")).Json;
        var rest = (await caller.GetAsync($"{All(Order)}?cursor={first.GetProperty("next").GetString()}")).Json;
        Assert.Equal(["20.00", "40.00", "300.00", "800.00"], first.GetProperty("records").EnumerateArray()
            .Concat(rest.GetProperty("records").EnumerateArray()).Select(r => r.GetProperty("net").GetRawText()));
    }

    /// <summary>Many write children of few parents at once; whoever reads, in one statement, sees roll-ups that are
    /// those of the children that he sees.</summary>
    [Fact]
    public async Task Rollups_are_exact_while_children_are_written()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var caller = await AccountAsync();
        var orders = new List<string>();
        for (var i = 0; i < 3; i++) orders.Add(await caller.NewAsync(Order, "{}"));
        using var done = new CancellationTokenSource();
        async Task WriteAsync(int writer)
        {
            var random = new Random(seed + writer);
            var own = new List<string>();
            for (var i = 0; i < 15; i++)
            {
                var which = random.Next(4);
                if (own.Count == 0 || which < 2)
                    own.Add(await caller.NewAsync(Line, $$"""
                        {"order":"{{orders[random.Next(3)]}}","quantity":{{random.Next(5)}},
                          "price":{{random.Next(99)}}.25}
                        """));
                else if (which == 2)
                    (await caller.PatchAsync($"/v1/records/{own[random.Next(own.Count)]}",
                        $$"""{"quantity":{{random.Next(9)}}}""")).Expect(HttpStatusCode.OK);
                else
                {
                    (await caller.DeleteAsync($"/v1/records/{own[0]}")).Expect(HttpStatusCode.NoContent);
                    own.RemoveAt(0);
                }
            }
        }
        async Task<int> ReadAsync()
        {
            var reads = 0;
            var query = Uri.EscapeDataString(
                $"SELECT lineCount, lineSum, cheapest, (SELECT quantity, price FROM lines) FROM {Order}");
            for (var last = false; ; reads++)
            {
                last = done.IsCancellationRequested;
                foreach (var order in (await caller.GetAsync("/v1/query?q=" + query)).Expect(HttpStatusCode.OK).Json
                    .GetProperty("records").EnumerateArray()) Exact(order);
                if (last) return reads;
            }
        }
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(ReadAsync)).ToList();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(() => WriteAsync(writer))));
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
    }

    private static void Exact(JsonElement order)
    {
        var lines = order.GetProperty("lines").EnumerateArray()
            .Select(line => (Quantity: line.GetProperty("quantity").GetDecimal(),
                Price: line.GetProperty("price").GetDecimal()))
            .ToList();
        string Said(string name) => order.GetProperty(name).ValueKind == JsonValueKind.Null ? "NULL"
            : order.GetProperty(name).GetDecimal().ToString("0.00", CultureInfo.InvariantCulture);
        string Truth(IEnumerable<decimal> values, Func<IEnumerable<decimal>, decimal> of) => values.Any()
            ? of(values).ToString("0.00", CultureInfo.InvariantCulture) : "NULL";
        Assert.Equal(lines.Count, order.GetProperty("lineCount").GetInt32());
        Assert.Equal(Truth(lines.Select(line => line.Quantity * line.Price), all => all.Sum()), Said("lineSum"));
        Assert.Equal(Truth(lines.Where(line => line.Quantity > 0).Select(line => line.Price), all => all.Min()),
            Said("cheapest"));
    }

    private static string All(string item) => $"/v1/objects/{item}/records";

    private async Task<RecordsCaller> AccountAsync()
    {
        var caller = await cell.NewAccountAsync();
        if (Interlocked.Exchange(ref published, 1) == 0) await cell.PublishAsync("2.0.0", Document);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "2.0.0", Document);
        return caller;
    }
}
