using System.Globalization;
using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Imports;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Exports;

/// <summary>What an export says, in either form.</summary>
public sealed class ExportTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Fields = "text, long, whole, exact, yes, day, moment, color, tags, mail, any";

    private async Task<RecordsCaller> ShopAsync()
    {
        var shop = await cell.NewAccountAsync();
        var boss = await shop.NewAsync(ShopPackage.Customer, """{"code":"B","name":"Boss"}""");
        var anna = await shop.NewAsync(ShopPackage.Customer, $$"""{"code":"A","name":"Anna","boss":"{{boss}}"}""");
        await shop.NewAsync(ShopPackage.Order, $$"""
            {"customer":"{{anna}}","at":"2026-11-01T08:00:00.25Z",
             "lines":[{"product":"tea","price":12.3000},{"product":"rice","price":1}]}
            """);
        await shop.NewAsync(ShopPackage.Order, $$"""{"customer":"{{boss}}","status":"done"}""");
        return shop;
    }

    [Theory]
    [InlineData("SELECT number, customer.name, customer.boss.code FROM shop__Order",
        """{"number":"SO-0001","customer":{"name":"Anna","boss":{"code":"B"}}}""",
        """{"number":"SO-0002","customer":{"name":"Boss","boss":null}}""")]
    [InlineData("SELECT number FROM shop__Order ORDER BY number DESC LIMIT 1", """{"number":"SO-0002"}""")]
    [InlineData("SELECT number, (SELECT product FROM lines) FROM shop__Order WHERE status = 'open'",
        """{"number":"SO-0001","lines":[{"product":"tea"},{"product":"rice"}]}""")]
    [InlineData("SELECT status, COUNT() AS n, MAX(at) AS latest FROM shop__Order GROUP BY status",
        """{"status":"done","n":1,"latest":null}""", """{"status":"open","n":1,"latest":"2026-11-01T08:00:00.25Z"}""")]
    [InlineData("SELECT name FROM shop__Customer WHERE name = 'nobody'")]
    public async Task Records_are_lines_of_json(string query, params string[] lines)
    {
        var shop = await ShopAsync();
        Assert.Equal(lines, await shop.LinesAsync(query));
        using var response = await shop.OpenAsync(query);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData("SELECT number, customer.name AS who, customer.boss.code, at FROM shop__Order",
        "number,who,customer.boss.code,at", "SO-0001,Anna,B,2026-11-01T08:00:00.25Z", "SO-0002,Boss,,")]
    [InlineData("SELECT product, price, order.customer.name FROM shop__Line ORDER BY price",
        "product,price,order.customer.name", "rice,1,Anna", "tea,12.3000,Anna")]
    [InlineData("SELECT status, COUNT() FROM shop__Order GROUP BY status", "status,expr0", "done,1", "open,1")]
    [InlineData("SELECT code, name FROM shop__Customer WHERE name = 'nobody'", "code,name")]
    [InlineData("SELECT boss.code FROM shop__Customer", "boss.code", "\"\"", "B")]
    public async Task Records_are_rows_of_csv(string query, params string[] lines)
    {
        var shop = await ShopAsync();
        Assert.Equal(lines, await shop.LinesAsync(query, ExportCalls.Csv));
    }

    [Theory]
    [InlineData(null, "application/x-ndjson")]
    [InlineData("*/*", "application/x-ndjson")]
    [InlineData("text/csv, application/x-ndjson", "application/x-ndjson")]
    [InlineData("application/x-ndjson;q=0.5, text/csv", "text/csv; charset=utf-8; header=present")]
    [InlineData("application/json, text/*;q=0.2", "text/csv; charset=utf-8; header=present")]
    [InlineData("*/*;q=0.1, text/csv;q=0", "application/x-ndjson")]
    [InlineData("application/json", null)]
    [InlineData("text/csv;q=0", null)]
    public async Task The_form_is_the_one_that_accept_prefers(string? accept, string? type)
    {
        var shop = await cell.NewAccountAsync();
        using var request = shop.Request(HttpMethod.Get, ExportCalls.Path("SELECT code FROM shop__Customer"));
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var client = new HttpClient();
        using var response = await client.SendAsync(request);
        Assert.Equal(type is null ? HttpStatusCode.NotAcceptable : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type ?? "application/problem+json", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData("SELECT nothing FROM shop__Customer", "field-unknown", 7)]
    [InlineData("SELECT code FROM shop__Nothing", "object-unknown", 17)]
    [InlineData("SELECT FROM", "syntax", 7)]
    public async Task A_query_that_is_wrong_is_the_problem_that_it_is_elsewhere(string query, string code, int position)
    {
        var shop = await cell.NewAccountAsync();
        var reply = (await shop.ExportAsync(query)).Expect(HttpStatusCode.BadRequest, "query-invalid");
        var paged = await shop.GetAsync("/v1/query?q=" + Uri.EscapeDataString(query));
        Assert.Equal(paged.Raw("errors"), reply.Raw("errors"));
        Assert.Contains(code, reply.Raw("errors"));
        Assert.Equal(position, reply.Json.GetProperty("errors")[0].GetProperty("position").GetInt32());
    }

    [Fact]
    public async Task What_an_export_cannot_be_is_told_before_it_begins()
    {
        var shop = await cell.NewAccountAsync();
        (await shop.GetAsync("/v1/exports")).Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await shop.GetAsync(ExportCalls.Path("SELECT id FROM shop__Order") + "&cursor=x"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await shop.PostAsync("/v1/exports", """{"q":"SELECT id FROM shop__Order","cursor":"x"}"""))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        foreach (var asOf in new[] { "2026-11-20", "9999-01-01T00:00:00Z", "" })
        {
            (await shop.ExportAsync("SELECT id FROM shop__Order", asOf: asOf))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
            (await shop.PostAsync("/v1/exports", $$"""{"q":"SELECT id FROM shop__Order","asOf":"{{asOf}}"}"""))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
        }
        var nested = (await shop.ExportAsync(
                "SELECT number, (SELECT product FROM lines) FROM shop__Order", ExportCalls.Csv))
            .Expect(HttpStatusCode.BadRequest, "query-invalid");
        Assert.Contains("children-in-csv", nested.Body);
        var deep = JsonSerializer.Serialize(
            new { q = "SELECT id FROM shop__Order WHERE " + new string('(', 99_000) });
        (await shop.PostAsync("/v1/exports", deep)).Expect(HttpStatusCode.BadRequest, "query-invalid");
        var long1 = JsonSerializer.Serialize(new { q = "SELECT id FROM shop__Order" + new string(' ', 100_000) });
        (await shop.PostAsync("/v1/exports", long1)).Expect(HttpStatusCode.BadRequest, "query-invalid");
    }

    [Fact]
    public async Task A_posted_export_takes_parameters()
    {
        var shop = await ShopAsync();
        var reply = await shop.PostAsync("/v1/exports",
            """{"q":"SELECT name FROM shop__Customer WHERE code IN (:codes)","params":{"codes":["A","x"]}}""");
        Assert.Equal("{\"name\":\"Anna\"}\n", reply.Expect(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task An_export_is_whole_and_in_order_where_a_query_would_have_pages()
    {
        var shop = await cell.NewAccountAsync();
        await cell.FillAsync(shop, """{"whole":7}""", 5_000);
        var ids = (await shop.LinesAsync("SELECT id FROM shop__Thing")).ToList();
        Assert.Equal(5_000, ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        // Broken off behind one of them, it is asked again from there.
        var last = JsonDocument.Parse(ids[1_234]).RootElement.GetProperty("id").GetString();
        Assert.Equal(ids.Skip(1_235), await shop.LinesAsync($"SELECT id FROM shop__Thing WHERE id > '{last}'"));
        Assert.Equal(3_000, (await shop.LinesAsync("SELECT id FROM shop__Thing LIMIT 3000")).Count);
    }

    [Theory]
    [InlineData(ExportCalls.Csv, "&empty=text")]
    [InlineData(ImportCalls.Lines, "")]
    public async Task What_was_exported_is_imported_to_the_same(string type, string how)
    {
        var shop = await cell.NewAccountAsync();
        string[] texts =
            ["", "a", " a ", "\"", ",", ";|\t", "\r\n", "\n\"x", "=1+1", "星辰", "\U0001F600", "NULL", "'"];
        foreach (var text in texts)
            await shop.NewAsync(ShopPackage.Thing, JsonSerializer.Serialize(new { text, @long = text + text }));
        foreach (var exact in new[] { "0", "12.3000", "-0.0001", "1234567890123456.7891", "1e2" })
            await shop.NewAsync(ShopPackage.Thing, $$"""{"exact":{{exact}},"whole":-123456789012345}""");
        await shop.NewAsync(ShopPackage.Thing, """
            {"yes":false,"day":"0001-02-03","moment":"2026-11-01T08:00:00.000001+08:00","color":"red","tags":["b","a"],
             "mail":"a@b.c","any":{"a":[1.50,"\"x\"",null,true,"\n;,"]}}
            """);
        foreach (var any in new[] { "\"text\"", "\"\"", "[]", "12.30", "false" })
            await shop.NewAsync(ShopPackage.Thing, $$"""{"yes":true,"tags":[],"any":{{any}}}""");
        await shop.NewAsync(ShopPackage.Thing, "{}");
        var query = $"SELECT {Fields} FROM shop__Thing";
        var file = (await shop.ExportAsync(query, type)).Expect(HttpStatusCode.OK).Body;
        var other = await cell.NewAccountAsync();
        var done = await other.ImportAsync($"object={ShopPackage.Thing}{how}", file, type);
        Assert.Equal("completed 25 25 0", done.Counts);
        Assert.Equal(await shop.LinesAsync(query), await other.LinesAsync(query));
        if (type != ExportCalls.Csv) return;
        // Many programs quote every cell: where the caller does not say otherwise, an empty one is nothing.
        var plain = await cell.NewAccountAsync();
        await plain.ImportAsync($"object={ShopPackage.Thing}", file);
        Assert.Equal("""{"text":null,"long":null}""",
            (await plain.LinesAsync("SELECT text, long FROM shop__Thing"))[0]);
    }

    [Fact]
    public async Task References_travel_by_a_unique_field_to_another_account()
    {
        var shop = await ShopAsync();
        var file = (await shop.ExportAsync("SELECT code, name, boss.code FROM shop__Customer", ExportCalls.Csv)).Body;
        var other = await cell.NewAccountAsync();
        Assert.Equal("completed 2 2 0", (await other.ImportAsync($"object={ShopPackage.Customer}", file)).Counts);
        Assert.Equal(
            ["""{"name":"Boss","boss":null}""", """{"name":"Anna","boss":{"name":"Boss"}}"""],
            await other.LinesAsync("SELECT name, boss.name FROM shop__Customer"));
    }

    [Fact]
    public async Task A_field_that_was_added_a_moment_ago_is_exported()
    {
        var shop = await cell.NewAccountAsync();
        var document = ShopPackage.Document.Replace("\"name\":\"boss\"", "\"name\":\"chief\"");
        var version = string.Create(CultureInfo.InvariantCulture, $"2.0.{shop.Org}");
        await shop.LinesAsync("SELECT boss FROM shop__Customer");
        await cell.PublishAsync(version, document);
        await cell.InstallAsync(shop.Org, shop.Account, 2, version, document);
        Assert.Empty(await shop.LinesAsync("SELECT chief FROM shop__Customer"));
        (await shop.ExportAsync("SELECT boss FROM shop__Customer")).Expect(HttpStatusCode.BadRequest, "query-invalid");
    }
}
