using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Integration.Query;

public sealed class QueryTests(QueryWorld world) : IClassFixture<QueryWorld>
{
    private async Task<AccountKey> TradeAsync()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var north = await world.AddAsync(account, "Region", ("name", "North"));
        var anna = await world.AddAsync(account, "Customer", ("code", "A1"), ("name", "Anna"), ("country", "CN"),
            ("creditLimit", 12.30m), ("region", north), ("active", true), ("since", "2020-02-29"),
                ("tags", new[] { "a", "b" }));
        var bert = await world.AddAsync(account, "Customer", ("code", "B1"), ("name", "bert"), ("country", "DE"),
            ("parent", anna), ("active", false), ("score", 7));
        await world.AddAsync(account, "Customer", ("code", "C1"));
        var first = await world.AddAsync(account, "Order", ("number", "1"), ("customer", anna), ("total", 100.10m),
            ("freight", 5), ("orderedAt", "2026-11-01T08:00:00Z"), ("shippedAt", "2026-11-02T08:00:00.25Z"),
                ("status", "open"), ("order", "x"));
        await world.AddAsync(account, "Order", ("number", "2"), ("customer", bert), ("total", 50), ("status", "held"),
            ("due", "2026-12-01"));
        await world.AddAsync(account, "Order", ("number", "3"), ("total", 7.25m));
        await world.AddAsync(account, "Line", ("order", first), ("product", "tea"), ("quantity", 3),
            ("unitPrice", 2.50m), ("discount", 0.1m));
        await world.AddAsync(account, "Line", ("order", first), ("product", "rice"), ("quantity", 1),
            ("unitPrice", 9.99m), ("discount", 0));
        return account;
    }

    [Theory]
    [InlineData("SELECT code FROM Customer ORDER BY code", """[{"code":"A1"},{"code":"B1"},{"code":"C1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE country != 'CN' ORDER BY code", """[{"code":"B1"},{"code":"C1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE NOT (country = 'CN') ORDER BY code DESC",
        """[{"code":"C1"},{"code":"B1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE country = NULL", """[{"code":"C1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE creditLimit != NULL", """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE name = 'ANNA'", """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE name LIKE 'B%'", """[{"code":"B1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE name NOT LIKE '%N%' ORDER BY code",
        """[{"code":"B1"},{"code":"C1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE code NOT IN ('A1', 'zz') AND active = FALSE", """[{"code":"B1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE tags INCLUDES ('b', 'c')", """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE country CONTAINS 'N'", """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE since = 2020-02-29", """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE id IN (SELECT customer FROM Order WHERE total > 60)",
        """[{"code":"A1"}]""")]
    [InlineData("SELECT code FROM Customer WHERE id NOT IN (SELECT customer FROM Order) ORDER BY code",
        """[{"code":"C1"}]""")]
    [InlineData("SELECT creditLimit, score, tags, since FROM Customer WHERE code IN ('A1')",
        """[{"creditLimit":12.30,"score":null,"tags":["a", "b"],"since":"2020-02-29"}]""")]
    [InlineData("SELECT number, customer.name, customer.region.name FROM Order ORDER BY total DESC",
        """[{"number":"1","customer":{"name":"Anna","region":{"name":"North"}}},"""
            + """{"number":"2","customer":{"name":"bert","region":null}},{"number":"3","customer":null}]""")]
    [InlineData("SELECT number FROM Order WHERE customer.parent.code = 'A1'", """[{"number":"2"}]""")]
    [InlineData("SELECT number FROM Order WHERE orderedAt >= 2026-11-01 AND shippedAt < 2026-11-02T16:00:01+08:00",
        """[{"number":"1"}]""")]
    [InlineData("SELECT \"order\", Order.number FROM Order WHERE \"order\" = 'x'", """[{"order":"x","number":"1"}]""")]
    [InlineData("SELECT shippedAt, createdAt, createdBy, version, object FROM Order WHERE number = '1'",
        """[{"shippedAt":"2026-11-02T08:00:00.25Z","createdAt":"2026-01-02T03:04:05.5Z","""
            + "\"createdBy\":\"maker\",\"version\":1,\"object\":\"Order\"}]")]
    [InlineData("SELECT COUNT(), SUM(total), AVG(total) AS mean, MIN(orderedAt), MAX(customer.name), "
        + "COUNT(DISTINCT customer) FROM Order",
        """[{"expr0":3,"expr1":157.35,"mean":52.45,"expr2":"2026-11-01T08:00:00Z","expr3":"bert","expr4":2}]""")]
    [InlineData("SELECT COUNT(), SUM(total) FROM Order WHERE number = 'none'", """[{"expr0":0,"expr1":null}]""")]
    [InlineData("SELECT status, COUNT() FROM Order WHERE number = 'none' GROUP BY status", "[]")]
    [InlineData("SELECT customer.country, COUNT() AS n, SUM(total) AS revenue FROM Order GROUP BY "
        + "customer.country HAVING SUM(total) > 10 ORDER BY revenue DESC",
        """[{"customer":{"country":"CN"},"n":1,"revenue":100.10},{"customer":{"country":"DE"},"n":1,"revenue":50}]""")]
    [InlineData("SELECT SUM(unitPrice * quantity * (1 - discount)) AS revenue FROM Line", """[{"revenue":16.740}]""")]
    [InlineData("SELECT quantity / 0 AS q, unitPrice - -1 AS m, -quantity AS n FROM Line WHERE product = 'tea'",
        """[{"q":null,"m":3.50,"n":-3}]""")]
    [InlineData("SELECT number, (SELECT product, quantity FROM lines ORDER BY quantity DESC LIMIT 5) FROM Order "
        + "WHERE total > 60",
        """[{"number":"1","lines":[{"product":"tea","quantity":3},{"product":"rice","quantity":1}]}]""")]
    [InlineData("SELECT code FROM Customer ORDER BY country NULLS LAST LIMIT 2", """[{"code":"A1"},{"code":"B1"}]""")]
    [InlineData("SELECT code FROM Customer ORDER BY country, code LIMIT 2", """[{"code":"C1"},{"code":"A1"}]""")]
    public async Task Answers(string text, string expected)
    {
        var account = await TradeAsync();
        foreach (var pageRecords in new[] { 2_000, 1 })
        {
            var records = await world.AllAsync(account, text, null, pageRecords);
            Assert.Equal(expected, "[" + string.Join(",", records) + "]");
        }
    }

    /// <summary>The two queries that the contract of the API shows, as they stand there.</summary>
    [Fact]
    public async Task The_contracts_examples_answer()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var north = await world.AddAsync(account, "Region", ("name", "North"));
        var anna = await world.AddAsync(account, "Customer", ("code", "A"), ("name", "Anna"), ("country", "CN"),
            ("creditLimit", 2_000), ("region", north));
        var bert = await world.AddAsync(account, "Customer", ("code", "B"), ("name", "Bert"), ("country", "DE"),
            ("creditLimit", 500));
        var tea = await world.AddAsync(account, "Product", ("name", "tea"));
        var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ");
        var first = await world.AddAsync(account, "SalesOrder", ("name", "A1"), ("total", 1_500.50m),
            ("customer", anna), ("status", "open"), ("orderedAt", now));
        foreach (var (name, total, customer, status, at) in new[]
        {
            ("A2", 1, anna, "held", now), ("A3", 9_000, bert, "open", now),
            ("A4", 9_000, anna, "open", "2020-01-01T00:00:00Z"),
        })
            await world.AddAsync(account, "SalesOrder", ("name", name), ("total", total), ("customer", customer),
                ("status", status), ("orderedAt", at));
        for (var quantity = 1; quantity <= 4; quantity++)
            await world.AddAsync(account, "SalesLine", ("salesOrder", first), ("quantity", quantity),
                ("product", quantity == 4 ? null : tea));
        const string Anna = "\"customer\":{\"name\":\"Anna\",\"region\":{\"name\":\"North\"}}";
        Assert.Equal(
        [
            $$"""{"name":"A1","total":1500.50,{{Anna}},"lines":[{"quantity":4,"product":null},"""
                + """{"quantity":3,"product":{"name":"tea"}},{"quantity":2,"product":{"name":"tea"}}]}""",
            $$"""{"name":"A2","total":1,{{Anna}},"lines":[]}""",
        ], await world.AllAsync(account, """
            SELECT name, total, customer.name, customer.region.name,
                (SELECT quantity, product.name FROM lines ORDER BY quantity DESC LIMIT 3)
            FROM SalesOrder
            WHERE status IN ('open','held') AND (total >= :floor OR customer.country = 'CN')
                  AND orderedAt >= LAST_30_DAYS AND name LIKE 'A%'
                  AND customer IN (SELECT id FROM Customer WHERE creditLimit > 1000)
            ORDER BY total DESC NULLS LAST, id LIMIT 100
            """, """{"floor":1000}"""));
        Assert.Equal(
        [
            """{"customer":{"country":"CN"},"expr0":3,"revenue":10501.50,"expr1":3500.5,"""
                + "\"expr2\":\"2020-01-01T00:00:00Z\",\"expr3\":1}",
            $$"""{"customer":{"country":"DE"},"expr0":1,"revenue":9000,"expr1":9000,"expr2":"{{now}}","expr3":1}""",
        ], await world.AllAsync(account, """
            SELECT customer.country, COUNT(), SUM(total) AS revenue, AVG(total), MIN(orderedAt),
                COUNT(DISTINCT customer) FROM SalesOrder
            GROUP BY customer.country HAVING SUM(total) > 1000 ORDER BY revenue DESC
            """));
    }

    [Fact]
    public async Task Takes_parameters_of_every_kind()
    {
        var account = await TradeAsync();
        var records = await world.AllAsync(account,
            "SELECT number FROM Order WHERE total >= :floor AND orderedAt >= :from AND number IN :numbers AND due "
                + "= :none AND status LIKE :like",
            """{"floor": 1e1, "from": "2026-10-01", "numbers": ["1", "2"], "none": null, "like": "op%"}""");
        Assert.Equal(["""{"number":"1"}"""], records);
    }

    [Fact]
    public async Task A_reference_to_several_objects_is_followed_to_what_they_share()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var north = await world.AddAsync(account, "Region", ("name", "North"));
        var anna = await world.AddAsync(account, "Customer", ("code", "A"), ("name", "Anna"), ("any", north));
        var gone = await world.AddAsync(account, "Customer", ("code", "gone"), ("name", "Gone"));
        await world.AddAsync(account, "Customer", ("code", "B"), ("name", "Bert"), ("any", anna));
        await world.AddAsync(account, "Customer", ("code", "C"), ("any", gone));
        await world.AddAsync(account, "Customer", ("code", "D"));
        await world.DeleteAsync(account, gone);
        Assert.Equal(
        [
            $$$"""{"code":"A","any":{"id":"{{{north}}}","object":"Region","name":"North"}}""",
            $$$"""{"code":"B","any":{"id":"{{{anna}}}","object":"Customer","name":"Anna"}}""",
            """{"code":"C","any":null}""", """{"code":"D","any":null}""",
        ], await world.AllAsync(account,
            "SELECT code, any.id, any.object, any.name FROM Customer ORDER BY code", null, 1));
        foreach (var (filter, found) in new[]
        {
            ("any.object = 'Customer'", "B"), ("any.object != 'Customer'", "ACD"), ("any.name = 'Anna'", "B"),
            ("any.name = 'anna'", ""), ("any.name LIKE 'N%'", "A"), ("any.name IN ('North', 'Anna')", "AB"),
            ("any.name = NULL", "CD"), ("any IN (SELECT id FROM Region)", "A"), ("any.name CONTAINS 'n'", "B"),
        })
            Assert.Equal(found.Select(code => $$"""{"code":"{{code}}"}"""),
                await world.AllAsync(account, $"SELECT code FROM Customer WHERE {filter} ORDER BY code"));
        Assert.Equal(
            ["""{"any":{"object":null},"n":2}""", """{"any":{"object":"Customer"},"n":1}""",
                """{"any":{"object":"Region"},"n":1}"""],
            await world.AllAsync(account, "SELECT any.object, COUNT() AS n FROM Customer GROUP BY any.object"));
    }

    [Fact]
    public async Task A_deleted_parent_reads_as_null()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var gone = await world.AddAsync(account, "Customer", ("code", "gone"));
        await world.AddAsync(account, "Order", ("number", "1"), ("customer", gone));
        await world.DeleteAsync(account, gone);
        Assert.Equal(["""{"number":"1","customer":null}"""],
            await world.AllAsync(account, "SELECT number, customer.code FROM Order"));
        Assert.Empty(await world.AllAsync(account, "SELECT code FROM Customer"));
    }

    [Fact]
    public async Task Numbers_compare_exactly_where_their_slots_round()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        foreach (var quantity in new[] { 9007199254740993, 9007199254740992, 9007199254740994 })
            await world.AddAsync(account, "Line", ("quantity", quantity));
        Assert.Equal(["""{"quantity":9007199254740993}"""],
            await world.AllAsync(account, "SELECT quantity FROM Line WHERE quantity = 9007199254740993"));
        Assert.Equal(["""{"quantity":9007199254740993}""", """{"quantity":9007199254740994}"""],
            await world.AllAsync(account, "SELECT quantity FROM Line WHERE quantity > 9007199254740992 ORDER BY "
                + "quantity", pageRecords: 1));
    }

    [Fact]
    public async Task A_cursor_is_its_callers_alone_and_of_its_query()
    {
        var account = await TradeAsync();
        var page = await world.PageAsync(account, QueryWorld.Request("SELECT code FROM Customer ORDER BY code"), 1);
        var next = page.GetProperty("next").GetString()!;
        var none = new Dictionary<string, JsonElement>();
        var foreign = new[]
        {
            (new AccountKey(QueryWorld.NextOrg(), new AccountId(1)), new QueryRequest(null, none, next, false)),
            (account with { Account = new AccountId(2) }, new QueryRequest(null, none, next, false)),
            (account, new QueryRequest("SELECT id FROM Customer", none, next, false)),
            (account, new QueryRequest(null, none, next[..^2] + (next[^2] == 'A' ? 'B' : 'A') + next[^1], false)),
            (account, new QueryRequest(null, none, "", false)),
            (account, new QueryRequest(null, none, "~~~", false)),
        };
        foreach (var (caller, request) in foreign)
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => world.PageAsync(caller, request));
            Assert.Equal("cursor-invalid", refused.Problem.Slug);
        }
    }

    [Theory]
    [InlineData("SELECT id FROM Order WHERE status IN ('a', 'b') AND total IN (1, 2.5) AND number NOT IN ('x')")]
    [InlineData("SELECT id FROM Order WHERE orderedAt IN (2026-01-01T00:00:00Z) AND customer.name LIKE 'A%'")]
    [InlineData("SELECT status, SUM(total * 2) FROM Order WHERE orderedAt >= LAST_30_DAYS GROUP BY status")]
    [InlineData("SELECT id, (SELECT quantity FROM lines WHERE quantity > 3) FROM Order WHERE NOT (total = 7)")]
    public async Task Explains_values_of_every_kind_without_showing_them(string query)
    {
        var account = await TradeAsync();
        Assert.Contains("read Order", await world.TextAsync(account, QueryWorld.Request(query, explain: true)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explains_in_words_and_runs_nothing()
    {
        var account = await TradeAsync();
        var text = await world.TextAsync(account,
            QueryWorld.Request("SELECT customer.name FROM Order WHERE total > 10 ORDER BY total", explain: true));
        var explained = JsonDocument.Parse(text).RootElement;
        Assert.True(explained.GetProperty("estimatedCost").GetDouble() > 0);
        Assert.True(explained.GetProperty("estimatedRows").GetInt64() >= 0);
        Assert.Contains("read Order", text, StringComparison.Ordinal);
        foreach (var inner in new[] { "records_", "org_id", "body", "jsonb", "select", "t0", "::" })
            Assert.DoesNotContain(inner, text, StringComparison.OrdinalIgnoreCase);
    }
}
