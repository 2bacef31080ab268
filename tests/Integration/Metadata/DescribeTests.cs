using System.Net;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Metadata;

public sealed class DescribeTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    [Fact]
    public async Task Lists_the_standard_product_in_the_callers_language()
    {
        var caller = cell.NewAccount(Scopes.Data);
        var english = (await caller.GetAsync("/v1/objects")).Expect(HttpStatusCode.OK).Json.GetProperty("objects");
        var chinese = (await caller.GetAsync("/v1/objects", ("Accept-Language", "zh-CN,zh;q=0.9")))
            .Json.GetProperty("objects");
        var customer = english.EnumerateArray().Single(item => item.GetProperty("name").GetString() == "Customer");
        Assert.Equal("Customer", customer.GetProperty("label").GetString());
        Assert.Equal("Customers", customer.GetProperty("pluralLabel").GetString());
        Assert.Equal("group", customer.GetProperty("layer").GetString());
        Assert.False(customer.GetProperty("custom").GetBoolean());
        Assert.Equal(3, customer.GetProperty("keyPrefix").GetString()!.Length);
        Assert.Equal("客户", chinese.EnumerateArray().Single(item => item.GetProperty("name").GetString() == "Customer")
            .GetProperty("label").GetString());
    }

    [Fact]
    public async Task Describes_fields_and_children()
    {
        var order = (await cell.NewAccount(Scopes.Data).GetAsync("/v1/objects/SalesOrder")).Expect(HttpStatusCode.OK)
            .Json;
        var fields = order.GetProperty("fields").EnumerateArray()
            .ToDictionary(field => field.GetProperty("name").GetString()!);
        var customer = fields["customer"];
        Assert.Equal("reference", customer.GetProperty("type").GetString());
        Assert.Equal("Customer", customer.GetProperty("references")[0].GetString());
        Assert.True(customer.GetProperty("indexed").GetBoolean());
        Assert.False(customer.TryGetProperty("length", out _));
        Assert.Contains(order.GetProperty("children").EnumerateArray(), child =>
            child.GetProperty("name").GetString() == "lines");
    }

    [Theory]
    [InlineData("list", "columns")]
    [InlineData("form", "sections")]
    public async Task Pages_come_resolved(string type, string member)
    {
        var page = (await cell.NewAccount(Scopes.Data)
            .GetAsync($"/v1/pages/Customer/{type}", ("Accept-Language", "zh-CN")))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal(type, page.GetProperty("type").GetString());
        Assert.NotEqual(0, page.GetProperty(member).GetArrayLength());
        Assert.Contains("客户", page.GetProperty("label").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_without_a_page_gets_one_of_its_fields()
    {
        var caller = cell.NewAccount();
        await caller.PutAsync("/v1/metadata/objects/c__Pet",
            new { name = "c__Pet", nameField = "name", fields = new[] { new { name = "name", type = "text" } } });
        var page = (await caller.GetAsync("/v1/pages/c__Pet/list")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("name", page.GetProperty("columns")[0].GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/v1/objects/Nothing", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/objects/customer", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/pages/Customer/chart", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/objects/Nothing", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/nothings/Customer", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/reports/x", HttpStatusCode.NotImplemented, "not-there-yet")]
    [InlineData("/v1/metadata/objects/Customer?explain=maybe", HttpStatusCode.BadRequest, "request-invalid")]
    public async Task Says_what_is_wrong(string path, HttpStatusCode status, string slug) =>
        (await cell.NewAccount(Scopes.Data).GetAsync(path)).Expect(status, slug);

    [Theory]
    [InlineData("GET", "/v1/objects", Scopes.Publisher)]
    [InlineData("PUT", "/v1/metadata/objects/Customer/fields/c__a", Scopes.Data)]
    [InlineData("DELETE", "/v1/metadata/objects/Customer", Scopes.Data)]
    [InlineData("POST", "/v1/groups/main/release", Scopes.Admin)]
    [InlineData("GET", "/v1/groups/main/release", Scopes.Admin)]
    [InlineData("PUT", "/internal/stacks/packages", Scopes.Platform)]
    [InlineData("GET", "/internal/stacks/1/1", Scopes.Admin)]
    public async Task Wants_the_scope(string method, string path, string scope)
    {
        var caller = cell.NewAccount(scope);
        var reply = method switch
        {
            "GET" => await caller.GetAsync(path),
            "PUT" => await caller.PutAsync(path, new { org = 1, account = 1, packages = Array.Empty<int>() }),
            "POST" => await caller.PostAsync(path, new { package = "trade", version = "1.0.0" }),
            _ => await caller.DeleteAsync(path),
        };
        reply.Expect(HttpStatusCode.Forbidden, "scope-missing");
    }
}
