using System.Text.Json;
using Xingchen.Model;
using Xingchen.Records.Request;

namespace Xingchen.Tests.Integration.Query;

public sealed class QueryListTests(QueryWorld world) : IClassFixture<QueryWorld>
{
    private static QueryListRequest Codes(int limit = 50) =>
        new("Customer", "code LIKE 'c%'", "country desc,code", "code,region.name", limit, null, false);

    private async Task<AccountKey> CustomersAsync()
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        for (var i = 0; i < 7; i++)
            await world.AddAsync(account, "Customer", ("code", $"c{i}"), ("country", i % 3 == 0 ? null : $"{i % 3}"),
                ("creditLimit", 1.50m));
        return account;
    }

    [Fact]
    public async Task Pages_follow_one_another_and_are_counted()
    {
        var account = await CustomersAsync();
        var codes = new List<string>();
        var request = Codes(3) with { Count = true };
        while (true)
        {
            var page = await world.ListAsync(account, request);
            Assert.Equal(7, page.GetProperty("count").GetInt64());
            codes.AddRange(page.GetProperty("records").EnumerateArray()
                .Select(record => record.GetProperty("code").GetString()!));
            if (page.GetProperty("next").GetString() is not { } next) break;
            // with the list's own arguments beside the cursor, and without them
            request = codes.Count == 3 ? request with { Cursor = next }
                : request with { Cursor = next, Filter = null, OrderBy = null, Select = null };
        }
        Assert.Equal(["c2", "c5", "c1", "c4", "c0", "c3", "c6"], codes);
    }

    [Fact]
    public async Task Records_are_whole_where_nothing_is_selected()
    {
        var account = await CustomersAsync();
        var page = await world.ListAsync(account, new QueryListRequest("Customer", null, null, null, 1, null, false));
        var record = page.GetProperty("records")[0];
        Assert.Equal(["id", "object", "version", "createdAt", "createdBy", "modifiedAt", "modifiedBy", "code", "name",
            "country"],
            record.EnumerateObject().Select(member => member.Name).Take(10));
        Assert.Equal("1.50", record.GetProperty("creditLimit").GetRawText());
        Assert.Equal(JsonValueKind.Null, record.GetProperty("region").ValueKind);
        Assert.False(page.TryGetProperty("count", out _));
    }

    [Fact]
    public async Task What_is_inserted_does_not_shift_the_pages()
    {
        var account = await CustomersAsync();
        var request = new QueryListRequest("Customer", null, "code", "code", 3, null, false);
        var first = await world.ListAsync(account, request);
        await world.AddAsync(account, "Customer", ("code", "a"));
        await world.AddAsync(account, "Customer", ("code", "c2b"));
        var second = await world.ListAsync(account, request with { Cursor = first.GetProperty("next").GetString() });
        Assert.Equal(["c2b", "c3", "c4"],
            second.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_cursor_is_of_its_list()
    {
        var account = await CustomersAsync();
        var next = (await world.ListAsync(account, Codes(1))).GetProperty("next").GetString();
        foreach (var other in new[]
        {
            Codes() with { Cursor = next, Filter = "code != 'x'" }, Codes() with { Cursor = next, OrderBy = null },
            new QueryListRequest("Order", null, null, null, 5, next, false),
        })
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => world.ListAsync(account, other));
            Assert.Equal("cursor-invalid", refused.Problem.Slug);
        }
    }

    [Theory]
    [InlineData("Nothing", null, null, null, "not-found")]
    [InlineData("Customer", "code =", null, null, "query-invalid")]
    [InlineData("Customer", "COUNT() > 1", null, null, "query-invalid")]
    [InlineData("Customer", null, "nme", null, "query-invalid")]
    [InlineData("Customer", null, "COUNT()", null, "query-invalid")]
    [InlineData("Customer", null, null, "name,1", "query-invalid")]
    [InlineData("Customer", null, null, "SUM(creditLimit)", "query-invalid")]
    public async Task Refuses(string item, string? filter, string? orderBy, string? select, string slug)
    {
        var account = new AccountKey(QueryWorld.NextOrg(), new AccountId(1));
        var refused = await Assert.ThrowsAsync<ProblemException>(() =>
            world.ListAsync(account, new QueryListRequest(item, filter, orderBy, select, 50, null, false)));
        Assert.Equal(slug, refused.Problem.Slug);
    }
}
