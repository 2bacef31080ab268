using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Integration.Query;

/// <summary>Orgs and accounts of one shape, each with canaries of its own: no query of one shows anything of
/// another.</summary>
public sealed class QueryIsolationTests(QueryWorld world) : IClassFixture<QueryWorld>
{
    private sealed record Side(AccountKey Account, string Canary, RecordId Customer, RecordId Order);

    private async Task<Side> FillAsync(AccountKey account, Side? foreign)
    {
        var canary = $"canary-{account.Org}-{account.Account}";
        var region = await world.AddAsync(account, "Region", ("name", canary));
        var customer = await world.AddAsync(account, "Customer",
            ("code", canary), ("name", canary), ("country", "CN"), ("region", region), ("creditLimit", 5));
        var order = await world.AddAsync(account, "Order", ("number", canary), ("customer", customer), ("total", 1));
        await world.AddAsync(account, "Line", ("order", order), ("product", canary));
        if (foreign is not null)
        {
            // References that no write of the service could make: the reader must hold all the same.
            await world.AddAsync(account, "Order", ("number", "stray"), ("customer", foreign.Customer), ("total", 2));
            await world.AddAsync(account, "Line", ("order", foreign.Order), ("product", "stray"));
        }
        return new Side(account, canary, customer, order);
    }

    private async Task<(Side Mine, Side[] Others)> WorldAsync()
    {
        var first = await FillAsync(new AccountKey(QueryWorld.NextOrg(), new AccountId(1)), null);
        var second = await FillAsync(new AccountKey(QueryWorld.NextOrg(), new AccountId(1)), first);
        var sibling = await FillAsync(second.Account with { Account = new AccountId(2) }, second);
        await FillAsync(first.Account with { Account = new AccountId(3) }, second);
        return (second, [first, sibling]);
    }

    public static TheoryData<string> Queries => new(
        "SELECT id, code, name, region.name FROM Customer",
        "SELECT number, customer.name, customer.region.name FROM Order",
        "SELECT number FROM Order WHERE customer.name LIKE 'canary%' OR customer.region.name != 'x'",
        "SELECT name FROM Customer WHERE id IN (SELECT customer FROM Order) OR region IN (SELECT id FROM Region)",
        "SELECT name FROM Customer WHERE NOT (id IN (SELECT customer FROM Order WHERE total > 100))",
        "SELECT name, (SELECT number, customer.name, customer.code FROM orders) FROM Customer",
        "SELECT product, \"order\".number, \"order\".customer.name FROM Line",
        "SELECT customer.name, COUNT(), MIN(number), MAX(customer.region.name) FROM Order GROUP BY customer.name",
        "SELECT MIN(name), MAX(code), COUNT(DISTINCT region) FROM Customer",
        "SELECT name FROM Customer ORDER BY region.name DESC, name");

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Nothing_of_another_account_is_seen(string text)
    {
        var (mine, others) = await WorldAsync();
        var seen = string.Join('\n', await world.AllAsync(mine.Account, text, null, 1));
        Assert.Contains(mine.Canary, seen, StringComparison.Ordinal);
        foreach (var other in others)
        {
            Assert.DoesNotContain(other.Canary, seen.Replace(mine.Canary, ""), StringComparison.Ordinal);
            Assert.DoesNotContain(other.Customer.ToString(), seen.Replace("stray", ""), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_foreign_id_is_as_one_that_never_was()
    {
        var (mine, others) = await WorldAsync();
        var absent = RecordId.Create(new KeyPrefix(2), 999_999_999);
        foreach (var form in new[]
        {
            "SELECT name FROM Customer WHERE id = '{0}'", "SELECT number FROM Order WHERE customer.id = '{0}'",
            "SELECT COUNT() FROM Customer WHERE id IN ('{0}')", "SELECT name FROM Customer WHERE parent = '{0}'",
        })
        {
            var expected = await world.TextAsync(mine.Account, QueryWorld.Request(string.Format(form, absent)));
            foreach (var other in others)
                Assert.Equal(expected, await world.TextAsync(mine.Account,
                    QueryWorld.Request(string.Format(form, other.Customer))));
        }
    }

    /// <summary>The second wall: with the caller of one org and the statement of another, nothing comes back.</summary>
    [Fact]
    public async Task Row_level_security_stops_a_statement_of_another_org()
    {
        var (mine, others) = await WorldAsync();
        foreach (var text in new[] { "SELECT name FROM Customer", "SELECT number, customer.name FROM Order" })
            Assert.Equal(0, await world.RowsAsync(mine.Account, others[0].Account, text));
        Assert.True(await world.RowsAsync(mine.Account, mine.Account, "SELECT name FROM Customer") > 0);
    }

    [Fact]
    public async Task A_cursor_of_another_account_is_refused()
    {
        var (mine, others) = await WorldAsync();
        var request = QueryWorld.Request("SELECT number FROM Order ORDER BY number");
        var next = (await world.PageAsync(mine.Account, request, 1)).GetProperty("next").GetString()!;
        foreach (var other in others)
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => world.PageAsync(other.Account,
                new QueryRequest(null, new Dictionary<string, JsonElement>(), next, false)));
            Assert.Equal("cursor-invalid", refused.Problem.Slug);
        }
    }
}
