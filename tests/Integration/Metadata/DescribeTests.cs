using System.Net;
using System.Text.Json;
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
    public async Task A_deprecated_field_says_so_and_works_as_before()
    {
        var caller = cell.NewAccount();
        const string path = "/v1/metadata/objects/Customer/fields/c__old";
        (await caller.PutAsync(path, new { type = "text" })).Expect(HttpStatusCode.Created);
        Assert.False((await caller.FieldAsync("Customer", "c__old"))!.Value.TryGetProperty("deprecated", out _));
        (await caller.PutAsync(path, new { type = "text", deprecated = true })).Expect(HttpStatusCode.OK);
        Assert.True((await caller.FieldAsync("Customer", "c__old"))!.Value.GetProperty("deprecated").GetBoolean());
        var schemas = (await caller.GetAsync("/v1/openapi.json")).Expect(HttpStatusCode.OK).Json
            .GetProperty("components").GetProperty("schemas");
        Assert.True(schemas.GetProperty("Customer").GetProperty("properties").GetProperty("c__old")
            .GetProperty("deprecated").GetBoolean());
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

    [Fact]
    public async Task A_form_says_when_what_is_shown_and_what_can_be_done()
    {
        var form = (await cell.NewAccount(Scopes.Data)
            .GetAsync("/v1/pages/SalesOrder/form", ("Accept-Language", "zh-CN"))).Expect(HttpStatusCode.OK).Json;
        var items = form.GetProperty("sections")[0].GetProperty("items").EnumerateArray()
            .ToDictionary(item => item.GetProperty("field").GetString()!);
        Assert.Equal("status IN ('shipped', 'closed')", items["shippedOn"].GetProperty("visibleIf").GetString());
        Assert.False(items["status"].TryGetProperty("visibleIf", out _));
        Assert.False(items["status"].TryGetProperty("references", out _));
        Assert.True(items["status"].GetProperty("required").GetBoolean());
        Assert.Contains(items["status"].GetProperty("values").EnumerateArray(),
            value => value.GetProperty("label").GetString() == "冻结");
        Assert.Equal("Customer", items["customer"].GetProperty("references")[0].GetString());
        Assert.Equal(
            [
                "edit 编辑 PATCH /v1/records/{id}", "delete 删除 DELETE /v1/records/{id}",
                "hold 冻结 PATCH /v1/records/{id} {\"status\":\"held\"} status = 'open'",
                "resume 解冻 PATCH /v1/records/{id} {\"status\":\"open\"} status = 'held'",
            ], Actions(form));
        var list = (await cell.NewAccount(Scopes.Data).GetAsync("/v1/pages/SalesOrder/list"))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal(["create New POST /v1/objects/SalesOrder/records"], Actions(list));
    }

    [Fact]
    public async Task A_page_is_changed_by_an_overlay_action_by_action()
    {
        var caller = cell.NewAccount();
        (await caller.PutAsync("/v1/metadata/pages/CustomerForm", new
        {
            overlays = "CustomerForm", kind = "page",
            actions = new object[]
            {
                new { name = "c__order", type = "create", @object = "SalesOrder", field = "customer",
                    label = new { en = "New order" }, visibleIf = "status = 'active'" },
                new { name = "delete", type = "delete", hidden = true },
            },
        })).Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid"); // "delete" is no private name
        (await caller.PutAsync("/v1/metadata/pages/CustomerForm", new
        {
            overlays = "CustomerForm", kind = "page",
            actions = new object[]
            {
                new { name = "c__order", type = "create", @object = "SalesOrder", field = "customer",
                    label = new { en = "New order" }, visibleIf = "status = 'active'" },
            },
        })).Expect(HttpStatusCode.OK);
        var form = (await caller.GetAsync("/v1/pages/Customer/form")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("c__order New order POST /v1/objects/SalesOrder/records {\"customer\":\"{id}\"} status = 'active'",
            Actions(form)[^1]);
    }

    [Fact]
    public async Task Who_may_not_do_it_or_see_what_decides_is_not_offered_it()
    {
        var caller = cell.NewAccount();
        (await caller.PutAsync("/v1/metadata/permission-sets/c__Clerk", new
        {
            name = "c__Clerk", objects = new object[]
            {
                new { @object = "SalesOrder", read = true, edit = true, otherFields = "edit",
                    fields = new[] { new { field = "freight", see = false } } },
            },
        })).Expect(HttpStatusCode.Created);
        (await caller.PutAsync("/v1/metadata/pages/SalesOrderForm", new
        {
            overlays = "SalesOrderForm", kind = "page",
            sections = new[] { new { name = "notes", visibleIf = "freight > 100" } },
            actions = new object[]
            {
                new { name = "c__free", type = "set", values = new { freight = 0 } },
                new { name = "c__close", type = "set", values = new { status = "closed" }, visibleIf = "freight = 0" },
                new { name = "c__cancel", type = "set", values = new { status = "cancelled" } },
            },
        })).Expect(HttpStatusCode.OK);
        var clerk = cell.User(caller, "c__Clerk");
        var all = (await caller.GetAsync("/v1/pages/SalesOrder/form")).Expect(HttpStatusCode.OK).Json;
        var his = (await clerk.GetAsync("/v1/pages/SalesOrder/form")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(["edit", "delete", "hold", "resume", "c__free", "c__close", "c__cancel"], Names(all, "actions"));
        Assert.Equal(["edit", "hold", "resume", "c__cancel"], Names(his, "actions"));
        Assert.Contains("notes", Names(all, "sections"));
        Assert.DoesNotContain("notes", Names(his, "sections"));
        Assert.DoesNotContain("freight", his.ToString(), StringComparison.Ordinal);
        Assert.Empty(Names((await clerk.GetAsync("/v1/pages/SalesOrder/list")).Expect(HttpStatusCode.OK).Json,
            "actions"));
    }

    private static IEnumerable<string> Names(System.Text.Json.JsonElement page, string list) =>
        page.GetProperty(list).EnumerateArray().Select(item => item.GetProperty("name").GetString()!);

    [Fact]
    public async Task Everything_wrong_with_a_page_is_said_at_once()
    {
        var wrong = await cell.NewAccount().PutAsync("/v1/metadata/pages/c__Wrong", new
        {
            name = "c__Wrong", @object = "Customer", type = "form",
            sections = new object[]
            {
                new { name = "a", visibleIf = "nothing = 1", items = new object[]
                    { new { field = "name", visibleIf = "name +" } } },
            },
            actions = new object[]
            {
                new { name = "a", type = "set" },
                new { name = "b", type = "set", values = new { nothing = 1, createdAt = "x", creditLimit = "much" } },
                new { name = "c", type = "create", @object = "SalesOrder", field = "seller" },
                new { name = "d", type = "edit", @object = "SalesOrder" },
                new { name = "e", type = "delete", visibleIf = "name" },
            },
        });
        var errors = wrong.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Json.GetProperty("errors")
            .EnumerateArray().Select(error => error.GetProperty("pointer").GetString()).ToList();
        Assert.Equal(
            [
                "/actions/0", "/actions/1/values", "/actions/1/values", "/actions/1/values", "/actions/2/field",
                "/actions/3/object", "/actions/4/visibleIf", "/sections/0/items/0/visibleIf", "/sections/0/visibleIf",
            ], errors.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_translation_is_a_language_to_ask_for()
    {
        var caller = cell.NewAccount();
        (await caller.PutAsync("/v1/metadata/translations/c__German", new
        {
            language = "de",
            texts = new[]
            {
                new { path = "objects/Customer/label", text = "Kunde" },
                new { path = "objects/Customer/fields/email/label", text = "E-Mail-Anschrift" },
                new { path = "pages/CustomerList/label", text = "Kundschaft" },
            },
        })).Expect(HttpStatusCode.Created);
        foreach (var (wanted, label) in new[] { ("de-AT, en;q=0.5", "Kunde"), ("fr, zh", "客户"), ("en", "Customer") })
            Assert.Equal(label, (await caller.GetAsync("/v1/objects/Customer", ("Accept-Language", wanted)))
                .Expect(HttpStatusCode.OK).Json.GetProperty("label").GetString());
        Assert.Equal("Kundschaft", (await caller.GetAsync("/v1/pages/Customer/list", ("Accept-Language", "de")))
            .Expect(HttpStatusCode.OK).Json.GetProperty("label").GetString());
        Assert.Contains("E-Mail-Anschrift", (await caller.GetAsync("/v1/openapi.json", ("Accept-Language", "de"))).Body,
            StringComparison.Ordinal);
        Assert.Equal("Customer", (await cell.NewAccount().GetAsync("/v1/objects/Customer", ("Accept-Language", "de")))
            .Json.GetProperty("label").GetString());
        var explained = (await caller.GetAsync("/v1/metadata/objects/Customer?explain=true")).Json;
        Assert.Equal("account",
            explained.GetProperty("explain").GetProperty("/label").GetProperty("layer").GetString());
        var wrong = await caller.PutAsync("/v1/metadata/translations/c__German",
            new { language = "de", texts = new[] { new { path = "objects/Nothing/label", text = "x" } } });
        wrong.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        Assert.Equal("/texts/0/path", wrong.Json.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task A_configuration_item_tells_what_counts()
    {
        var caller = cell.NewAccount();
        const string Path = "/v1/metadata/config-items/PaymentDays";
        Assert.Equal(30, (await caller.GetAsync(Path)).Json.GetProperty("effective").GetInt32());
        (await caller.PutAsync(Path, new { value = 14 })).Expect(HttpStatusCode.OK);
        var put = (await caller.GetAsync(Path + "?explain=true")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(14, put.GetProperty("effective").GetInt32());
        Assert.Equal("account", put.GetProperty("explain").GetProperty("/value").GetProperty("layer").GetString());
        (await caller.PutAsync(Path, new { value = 400 }))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        (await caller.DeleteAsync(Path)).Expect(HttpStatusCode.NoContent);
        Assert.Equal(30, (await caller.GetAsync(Path)).Json.GetProperty("effective").GetInt32());
        Assert.Equal(30,
            (await cell.NewAccount().GetAsync(Path)).Json.GetProperty("effective").GetInt32());
    }

    [Fact]
    public async Task A_report_has_the_query_that_gives_it()
    {
        var (caller, records) = (cell.NewAccount(), await cell.StartRecordsAsync());
        const string Report = "/v1/metadata/reports/SalesByCustomer";
        foreach (var total in new[] { 10, 20 })
            (await caller.At(records).PostAsync("/v1/objects/SalesOrder/records", new
            {
                name = $"order {total}", total, orderedAt = TimeProvider.System.GetUtcNow(),
            })).Expect(HttpStatusCode.Created);
        async Task<string> RunAsync()
        {
            var q = (await caller.GetAsync(Report)).Expect(HttpStatusCode.OK).Json.GetProperty("query").GetString();
            return (await caller.At(records).PostAsync("/v1/query", new { q })).Expect(HttpStatusCode.OK).Json
                .GetProperty("records").GetRawText();
        }
        using var all = JsonDocument.Parse(await RunAsync());
        Assert.Equal(2, all.RootElement[0].GetProperty("orders").GetInt32());
        Assert.Equal(30, all.RootElement[0].GetProperty("sales").GetDecimal());
        (await caller.PutAsync(Report, new { filter = "total > 100", orderBy = "orders" })).Expect(HttpStatusCode.OK);
        Assert.Equal("[]", await RunAsync());
        var wrong = await caller.PutAsync(Report, new { filter = "totals > 100" });
        wrong.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        var error = wrong.Json.GetProperty("errors")[0];
        Assert.Equal("field-unknown /filter 0", $"{error.GetProperty("code").GetString()} "
            + $"{error.GetProperty("pointer").GetString()} {error.GetProperty("position").GetInt32()}");
        (await caller.PutAsync("/v1/metadata/pages/CustomerList", new { orderBy = "nam" }))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
    }

    private static List<string> Actions(System.Text.Json.JsonElement page) =>
    [
        .. page.GetProperty("actions").EnumerateArray().Select(action => string.Join(' ',
            new[] { "name", "label", "method", "path", "body", "visibleIf" }
                .Where(member => action.TryGetProperty(member, out _))
                .Select(member => action.GetProperty(member).ToString()))),
    ];

    [Theory]
    [InlineData("/v1/objects/Nothing", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/objects/customer", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/pages/Customer/chart", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/objects/Nothing", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/nothings/Customer", HttpStatusCode.NotFound, "not-found")]
    [InlineData("/v1/metadata/reports/x", HttpStatusCode.NotFound, "not-found")]
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
