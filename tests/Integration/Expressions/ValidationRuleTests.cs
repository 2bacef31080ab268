using System.Globalization;
using System.Net;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Tests.Integration.Imports;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Expressions.RulePackage;

namespace Xingchen.Tests.Integration.Expressions;

/// <summary>Rules, conditions on fields and defaults hold in every way to write.</summary>
public sealed class ValidationRuleTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static int published;

    [Fact]
    public async Task Every_broken_rule_is_said_at_once_with_its_fields_and_in_the_callers_language()
    {
        var caller = await AccountAsync();
        var refused = (await caller.SendAsync("POST", All(Order),
            """{"total":-5,"due":"2020-01-01","status":"done","code":1}""", ("Accept-Language", "zh-CN")))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(["/code type-mismatch", "/due rule-broken", "/reason rule-broken", "/status rule-broken",
            "/total rule-broken"], refused.Errors);
        Assert.Contains("总额不能为负。", refused.Body);
        refused = await caller.SendAsync("POST", All(Order), """{"total":-5}""",
            ("Accept-Language", "fr, de-AT;q=0.9"));
        Assert.Contains("Die Summe ist nicht negativ.", refused.Body);
        var made = (await caller.PostAsync(All(Order), """{"total":5}""")).Expect(HttpStatusCode.Created);
        refused = (await caller.PatchAsync(made.Location!, """{"total":-1}""")).Expect(
            HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(["/total rule-broken"], refused.Errors);
        Assert.Contains("The total is not negative.", refused.Body);
        (await caller.PutAsync($"{All(Order)}/by/code/x", """{"total":-1}""")).Expect(
            HttpStatusCode.UnprocessableEntity, "record-invalid");
        (await caller.PutAsync($"{All(Order)}/by/code/x", """{"total":1}""")).Expect(HttpStatusCode.Created);
        Assert.Equal(["/total rule-broken"], (await caller.PutAsync($"{All(Order)}/by/code/x", """{"total":-1}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid").Errors);
    }

    [Fact]
    public async Task Conditions_require_and_keep_values_and_expressions_fill_them_in()
    {
        var caller = await AccountAsync();
        var made = (await caller.PostAsync(All(Order), """{"total":10}""")).Expect(HttpStatusCode.Created);
        Assert.Equal("tester", made.Text("owner"));
        var ahead = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30);
        Assert.Equal(ahead.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), made.Text("due"));
        Assert.Equal("null", (await caller.PostAsync(All(Order), """{"owner":null}""")).Raw("owner"));
        Assert.Equal(["/reason required"], (await caller.PostAsync(All(Order), """{"total":1001}"""))
            .Expect(HttpStatusCode.UnprocessableEntity).Errors);
        Assert.Equal(["/reason required"], (await caller.PatchAsync(made.Location!, """{"total":1001}"""))
            .Expect(HttpStatusCode.UnprocessableEntity).Errors);
        (await caller.PatchAsync(made.Location!, """{"total":1001,"reason":"big"}""")).Expect(HttpStatusCode.OK);
        (await caller.PatchAsync(made.Location!, """{"status":"done"}""")).Expect(HttpStatusCode.OK);
        (await caller.PatchAsync(made.Location!, """{"status":"done","total":1002}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(["/status read-only"], (await caller.PatchAsync(made.Location!, """{"status":"open"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity).Errors);
    }

    [Fact]
    public async Task Rules_that_read_parents_are_asked_in_the_transaction_that_writes()
    {
        var caller = await AccountAsync();
        var (free, bound) = (await OrderAsync(caller, """{"name":"free"}"""),
            await OrderAsync(caller, """{"name":"bound","limit":10,"blocked":true}"""));
        var line = (await caller.PostAsync(All(Line), $$"""{"order":"{{free}}","product":"a","price":99}"""))
            .Expect(HttpStatusCode.Created);
        var refused = (await caller.PostAsync(All(Line), $$"""{"order":"{{bound}}","price":99}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal([" rule-broken", "/price rule-broken", "/product rule-broken"], refused.Errors);
        Assert.Contains("More than the customer may.", refused.Body);
        Assert.Contains("超出客户限额。", (await caller.SendAsync("POST", All(Line),
            $$"""{"order":"{{bound}}","product":"a","price":99}""", ("Accept-Language", "zh-CN"))).Body);
        Assert.Equal([" rule-broken", "/price rule-broken"], (await caller.PatchAsync(
            line.Location!, $$"""{"order":"{{bound}}"}""")).Expect(HttpStatusCode.UnprocessableEntity).Errors);
        (await caller.PatchAsync(line.Location!, """{"price":98}""")).Expect(HttpStatusCode.OK);
        // A new parent and its children are one write: the rules of the children see it.
        var customer = await caller.NewAsync(Customer, """{"limit":5}""");
        Assert.Equal(["/lines/1/price rule-broken"], (await caller.PostAsync(All(Order), $$"""
            {"customer":"{{customer}}","lines":[{"product":"a","price":5},{"product":"b","price":6}]}
            """)).Expect(HttpStatusCode.UnprocessableEntity).Errors);
        Assert.Equal(2, (await caller.GetAsync(All(Order) + "?count=true")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Rules_hold_by_fields_and_parents_that_the_writer_does_not_see_and_do_not_name_them()
    {
        var caller = await AccountAsync();
        var clerk = cell.Granted(caller, "us_clerk", new Grants(["shop__Clerk"], "{}"));
        var order = await caller.NewAsync(Order, """{"total":5}""");
        Assert.Equal(["/status rule-broken"], (await clerk.PatchAsync($"/v1/records/{order}", """{"status":"done"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid").Errors);
        (await caller.PatchAsync($"/v1/records/{order}", """{"reason":"sold"}""")).Expect(HttpStatusCode.OK);
        (await clerk.PatchAsync($"/v1/records/{order}", """{"status":"done"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal([" permission-missing"], (await clerk.PostAsync(All(Order), """{"total":1001}"""))
            .Expect(HttpStatusCode.UnprocessableEntity).Errors);
        var customer = await caller.NewAsync(Customer, "{}");
        var bound = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}"}""");
        var line = await caller.NewAsync(Line, $$"""{"order":"{{bound}}","product":"a","price":9}""");
        (await clerk.PatchAsync($"/v1/records/{line}", """{"product":"b"}""")).Expect(HttpStatusCode.OK);
        (await caller.PatchAsync($"/v1/records/{customer}", """{"limit":8}""")).Expect(HttpStatusCode.OK);
        Assert.Equal([" rule-broken"], (await clerk.PatchAsync($"/v1/records/{line}", """{"product":"c"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid").Errors);
    }

    [Fact]
    public async Task A_batch_does_what_breaks_no_rule_or_nothing()
    {
        var caller = await AccountAsync();
        var bound = await OrderAsync(caller, """{"limit":10}""");
        string Operations(bool atomic) => $$"""
            {"atomic":{{(atomic ? "true" : "false")}},"operations":[
              {"op":"create","object":"{{Order}}","record":{"total":-1} },
              {"op":"create","object":"{{Line}}","record":{"order":"{{bound}}","product":"a","price":11} },
              {"op":"create","object":"{{Line}}","record":{"order":"{{bound}}","product":"b","price":9} },
              {"op":"create","object":"{{Line}}","record":{"order":"{{bound}}","product":"c","price":12} }]}
            """;
        async Task<int[]> Send(bool atomic) => [.. (await caller.PostAsync("/v1/batch", Operations(atomic))).Json
            .GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetInt32())];
        var (some, none) = (await Send(atomic: false), await Send(atomic: true));
        Assert.Equal([422, 422, 201, 422], some);
        Assert.Equal([422, 424, 424, 424], none);
        var refused = (await caller.PostAsync("/v1/batch", $$"""
            {"atomic":true,"operations":[
              {"op":"create","object":"{{Line}}","record":{"order":"{{bound}}","product":"a","price":11} },
              {"op":"create","object":"{{Line}}","record":{"order":"{{bound}}","product":"b","price":9} }]}
            """)).Json.GetProperty("results");
        Assert.Equal([422, 424], refused.EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        Assert.Equal("/operations/0/record/price", refused[0].GetProperty("problem").GetProperty("errors")[0]
            .GetProperty("pointer").GetString());
        Assert.Equal(1, (await caller.GetAsync(All(Line) + "?count=true")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_batch_is_judged_by_the_parents_that_it_leaves()
    {
        var caller = await AccountAsync();
        var customer = await caller.NewAsync(Customer, """{"limit":10}""");
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}"}""");
        async Task<string> Send(bool atomic, params string[] operations) => string.Join(' ', (await caller.PostAsync(
            "/v1/batch",
            $$"""{"atomic":{{(atomic ? "true" : "false")}},"operations":[{{string.Join(',', operations)}}]}"""))
            .Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        string Add(int price, string name = "x") => $$"""
            {"op":"create","object":"{{Line}}","as":"{{name}}",
             "record":{"order":"{{order}}","product":"p","price":{{price}}} }
            """;
        string Limit(int limit) => $$"""{"op":"update","id":"{{customer}}","record":{"limit":{{limit}}} }""";
        foreach (var atomic in new[] { true, false })
        {
            Assert.Equal("201 200", await Send(atomic, Add(11), Limit(20)));
            Assert.Equal(atomic ? "424 422" : "200 422", await Send(atomic, Limit(10), Add(11)));
            Assert.Equal("200 201", await Send(atomic, Limit(10), Add(10)));
            // Neither what was written over nor what is gone again is left.
            Assert.Equal("201 200", await Send(atomic, Add(99),
                """{"op":"update","id":"@x.id","record":{"price":9} }"""));
            Assert.Equal("201 204", await Send(atomic, Add(99), """{"op":"delete","id":"@x.id"}"""));
            Assert.Equal(atomic ? "424 422 424" : "201 422 201",
                await Send(atomic, Add(1), """{"op":"update","id":"@x.id","record":{"price":99} }""", Add(2, "y")));
        }
        var prices = (await caller.GetAsync(All(Line) + "?orderBy=price")).Json.GetProperty("records").EnumerateArray()
            .Select(line => line.GetProperty("price").GetRawText());
        Assert.Equal("1 2 9 9 10 10 11 11", string.Join(' ', prices));
    }

    [Fact]
    public async Task Rows_of_an_import_that_break_rules_fail_one_by_one()
    {
        var caller = await AccountAsync();
        var bound = await OrderAsync(caller, """{"limit":10}""");
        var lines = string.Concat(Enumerable.Range(1, 20).Select(price => $"{bound},p{price},{price}\n"));
        var job = await caller.ImportAsync($"object={Line}&mode=insert", "order,product,price\n" + lines);
        Assert.Equal("completed 20 10 10", job.Counts);
        Assert.All(job.Lines, line => Assert.EndsWith(" rule-broken", line));
        Assert.Equal("More than the customer may.", job.Detail(0));
        job = await caller.ImportAsync(
            $"object={Order}&mode=insert", "code,total,reason\na,1,\nb,-1,\nc,2000,\nd,2000,x\n");
        Assert.Equal("completed 4 2 2", job.Counts);
        Assert.Equal(["3 rule-broken", "4 required"], job.Lines);
        var filled = (await caller.GetAsync($"{All(Order)}?filter={Uri.EscapeDataString("code = 'a'")}")).Json
            .GetProperty("records")[0];
        Assert.Equal("tester", filled.GetProperty("owner").GetString());
    }

    private static string All(string item) => $"/v1/objects/{item}/records";

    private static async Task<string> OrderAsync(RecordsCaller caller, string customer) =>
        await caller.NewAsync(Order, $$"""{"customer":"{{await caller.NewAsync(Customer, customer)}}"}""");

    private async Task<RecordsCaller> AccountAsync()
    {
        var caller = await cell.NewAccountAsync();
        if (Interlocked.Exchange(ref published, 1) == 0) await cell.PublishAsync("3.0.0", Document);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "3.0.0", Document);
        return caller;
    }
}
