using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Tests.Integration.Isolation;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Permissions;

/// <summary>Rules: which records a caller sees, and which he may make, change and delete.</summary>
public sealed partial class AccessRuleTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Sets = """
        {"name":"shop__Own","objects":[
          {"object":"shop__Customer","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit",
           "rule":"createdBy = :user"}]},
        {"name":"shop__Cheap","objects":[
          {"object":"shop__Customer","read":true,"create":true,"edit":true,"otherFields":"edit"},
          {"object":"shop__Order","read":true,"create":true,"edit":true,"otherFields":"edit"},
          {"object":"shop__Line","read":true,"create":true,"edit":true,"otherFields":"edit","rule":"price < 10"}]},
        {"name":"shop__Everything","objects":[
          {"object":"shop__Customer","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit"},
          {"object":"shop__Order","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit"},
          {"object":"shop__Line","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit"},
          {"object":"shop__Note","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit"},
          {"object":"shop__Thing","read":true,"create":true,"edit":true,"delete":true,"otherFields":"edit"}]},
        {"name":"shop__Region","objects":[
          {"object":"shop__Customer","read":true,"create":true,"edit":true,"otherFields":"edit",
           "rule":"BEGINS(code, :user.region)"},
          {"object":"shop__Order","read":true,"create":true,"edit":true,"otherFields":"edit",
           "rule":"customer.code <> 'x' AND BEGINS(customer.code, :user.region)"},
          {"object":"shop__Line","read":true,"create":true,"edit":true,"otherFields":"edit"},
          {"object":"shop__Note","read":true,"create":true,"otherFields":"edit"}]},
        {"name":"shop__Reader","objects":[{"object":"shop__Customer","read":true,"otherFields":"see"}]},
        {"name":"shop__Not","objects":[
          {"object":"shop__Customer","read":true,"otherFields":"see","rule":"code <> :user.region"}]}
        """;

    [Fact]
    public async Task Records_outside_a_rule_are_absent_on_every_way_to_them()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var north = shop.With("us_n", """{"region":"N"}""", "shop__Region");
        var seen = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"N1","name":"seen"}""");
        var unseen = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"S1","name":"CANARY"}""");
        await shop.All.PatchAsync($"/v1/records/{seen}", $$"""{"boss":"{{unseen}}"}""");
        var mine = await shop.All.NewAsync(
            ShopPackage.Order, $$"""{"customer":"{{seen}}","lines":[{"product":"p"}]}""");
        var theirs = await shop.All.NewAsync(
            ShopPackage.Order, $$"""{"customer":"{{unseen}}","lines":[{"product":"CANARY"}]}""");
        await shop.All.NewAsync(ShopPackage.Note, $$"""{"text":"about","about":"{{unseen}}"}""");
        var past = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("O");
        var line = (await shop.All.GetAsync($"/v1/records/{theirs}?expand=lines")).Json
            .GetProperty("lines")[0].GetProperty("id").GetString()!;

        foreach (var id in new[] { unseen, theirs, line })
            foreach (var path in new[] { "", "/history", $"?asOf={past}" })
            {
                var foreign = await north.GetAsync($"/v1/records/{id}{path}");
                var absent = await north.GetAsync($"/v1/records/{id[..8]}zzzzzzz{path}"); // no number is as high
                Assert.Equal((HttpStatusCode.NotFound, Plain(absent.Body)), (foreign.Status, Plain(foreign.Body)));
            }
        foreach (var path in new[]
        {
            $"/v1/records/{seen}", $"/v1/records/{seen}?select=name,boss.name", $"/v1/records/{seen}/history",
            $"/v1/records/{seen}?asOf={past}", $"/v1/records/{mine}?expand=lines",
            "/v1/objects/shop__Customer/records?count=true", $"/v1/objects/shop__Customer/records?asOf={past}",
            "/v1/objects/shop__Line/records", "/v1/changes",
            "/v1/query?q=SELECT name, boss.name FROM shop__Customer",
            "/v1/query?q=SELECT text, about.id, about.object FROM shop__Note",
            "/v1/query?q=SELECT id, customer.name, (SELECT product FROM lines) FROM shop__Order",
            "/v1/query?q=SELECT name FROM shop__Customer WHERE id IN (SELECT customer FROM shop__Order)",
            "/v1/query?q=SELECT MAX(name), COUNT() FROM shop__Customer",
            "/v1/query?q=SELECT name FROM shop__Customer WHERE name LIKE 'CAN%25'",
            "/v1/exports?q=SELECT name, boss.name FROM shop__Customer",
        })
        {
            var answer = (await north.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.DoesNotContain("CANARY", answer.Body, StringComparison.Ordinal);
        }
        Assert.Equal(1, (await north.GetAsync("/v1/objects/shop__Customer/records?count=true")).Json
            .GetProperty("count").GetInt32());
        Assert.Equal(1, (await north.GetAsync("/v1/query?q=SELECT COUNT() FROM shop__Line")).Json
            .GetProperty("records")[0].GetProperty("expr0").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await north.GetAsync($"/v1/records/{seen}?select=boss.name")).Json
            .GetProperty("boss").ValueKind);
    }

    [Fact]
    public async Task What_is_written_is_within_the_rule_before_and_after()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var north = shop.With("us_n", """{"region":"N"}""", "shop__Region");
        var unseen = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"S1","name":"theirs"}""");
        var mine = await north.NewAsync(ShopPackage.Customer, """{"code":"N1","name":"mine"}""");
        (await north.PostAsync("/v1/objects/shop__Customer/records", """{"code":"S9","name":"x"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await north.PatchAsync($"/v1/records/{mine}", """{"code":"S9"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await north.PatchAsync($"/v1/records/{mine}", """{"name":"still mine"}""")).Expect(HttpStatusCode.OK);
        (await north.PatchAsync($"/v1/records/{unseen}", """{"name":"x"}""")).Expect(HttpStatusCode.NotFound);
        var wrong = await north.PostAsync("/v1/objects/shop__Order/records", $$"""{"customer":"{{unseen}}"}""");
        Assert.Equal(["/customer reference-not-found"], wrong.Expect((HttpStatusCode)422).Errors);
        Assert.Equal(["/boss reference-not-found"], (await north.PatchAsync($"/v1/records/{mine}",
            $$"""{"boss":"{{unseen}}"}""")).Expect((HttpStatusCode)422).Errors);
        (await north.PutAsync("/v1/objects/shop__Customer/records/by/code/S1", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Conflict, "value-taken");
        (await north.PutAsync("/v1/objects/shop__Customer/records/by/code/S2", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await north.PutAsync("/v1/objects/shop__Customer/records/by/code/N2", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Created);

        var batch = await north.PostAsync("/v1/batch", $$$"""
            {"atomic":false,"operations":[
             {"op":"create","object":"shop__Customer","as":"bad","record":{"code":"S3","name":"x"}},
             {"op":"create","object":"shop__Customer","as":"good","record":{"code":"N3","name":"x"}},
             {"op":"create","object":"shop__Order","record":{"customer":"@bad.id"}},
             {"op":"create","object":"shop__Order","record":{"customer":"@good.id"}},
             {"op":"update","id":"{{{mine}}}","record":{"code":"S4"}},
             {"op":"create","object":"shop__Order","record":{"customer":"{{{mine}}}"}},
             {"op":"update","id":"{{{unseen}}}","record":{"name":"x"}},
             {"op":"upsert","object":"shop__Customer","by":"code","record":{"code":"S1","name":"x"}}]}
            """);
        Assert.Equal([403, 201, 424, 201, 403, 201, 404, 409], batch.Expect(HttpStatusCode.OK).Json
            .GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        var job = (await north.SendAsync("POST", "/v1/imports?object=shop__Customer&mode=upsert&by=code",
            "code,name\nN4,x\nS4,x\nS1,x\nN1,imported\n", "text/csv")).Expect(HttpStatusCode.Accepted).Text("id");
        JsonElement state;
        do state = (await north.GetAsync($"/v1/imports/{job}")).Expect(HttpStatusCode.OK).Json;
        while (state.GetProperty("status").GetString() is not ("completed" or "failed"));
        Assert.Equal((2, 2), (state.GetProperty("written").GetInt32(), state.GetProperty("failed").GetInt32()));
        var names = (await shop.All.GetAsync(
            "/v1/query?q=SELECT code, name FROM shop__Customer ORDER BY code")).Json.GetProperty("records")
            .EnumerateArray().Select(r => r.GetProperty("code") + " " + r.GetProperty("name"));
        Assert.Equal(["N1 imported", "N2 x", "N3 x", "N4 x", "S1 theirs"], names);
    }

    [Fact]
    public async Task Each_right_has_its_own_records_and_sets_add_up()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var both = shop.With("us_b", "{}", "shop__Own", "shop__Reader");
        var own = await both.NewAsync(ShopPackage.Customer, """{"code":"A","name":"own"}""");
        var other = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"B","name":"other"}""");
        (await both.GetAsync($"/v1/records/{other}")).Expect(HttpStatusCode.OK);
        (await both.PatchAsync($"/v1/records/{other}", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await both.DeleteAsync($"/v1/records/{other}")).Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await both.PatchAsync($"/v1/records/{own}", """{"name":"y"}""")).Expect(HttpStatusCode.OK);
        (await both.DeleteAsync($"/v1/records/{own}")).Expect(HttpStatusCode.NoContent);
        (await both.PostAsync($"/v1/records/{own}/restore")).Expect(HttpStatusCode.OK);
        var alone = shop.With("us_b", "{}", "shop__Own");
        (await alone.DeleteAsync($"/v1/records/{other}")).Expect(HttpStatusCode.NotFound);
        await shop.All.DeleteAsync($"/v1/records/{other}");
        (await alone.PostAsync($"/v1/records/{other}/restore")).Expect(HttpStatusCode.NotFound);
        (await alone.DeleteAsync($"/v1/records/{other}?purge=true")).Expect(HttpStatusCode.NotFound);
        (await alone.GetAsync($"/v1/records/{other}/history")).Expect(HttpStatusCode.NotFound);
        Assert.Equal([own], (await alone.GetAsync("/v1/objects/shop__Customer/records")).Json.GetProperty("records")
            .EnumerateArray().Select(record => record.GetProperty("id").GetString()!));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"region":7}""")]
    public async Task Who_lacks_what_a_rule_names_sees_nothing(string attributes)
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        await shop.All.NewAsync(ShopPackage.Customer, """{"code":"A","name":"x"}""");
        foreach (var set in new[] { "shop__Region", "shop__Not" })
            Assert.Empty((await shop.With("us_x", attributes, set).GetAsync("/v1/objects/shop__Customer/records"))
                .Expect(HttpStatusCode.OK).Json.GetProperty("records").EnumerateArray());
        Assert.Single((await shop.With("us_x", """{"region":"S"}""", "shop__Not")
            .GetAsync("/v1/objects/shop__Customer/records")).Json.GetProperty("records").EnumerateArray());
    }

    [Fact]
    public async Task Details_of_a_seen_master_are_held_to_their_own_rule()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var cheap = shop.With("us_c", "{}", "shop__Cheap");
        var customer = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"A","name":"x"}""");
        var order = await shop.All.NewAsync(ShopPackage.Order, $$"""
            {"customer":"{{customer}}","lines":[{"product":"seen","price":1},{"product":"CANARY","price":10}]}
            """);
        var past = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().UtcDateTime.ToString("O"));
        foreach (var path in new[]
        {
            $"/v1/records/{order}?expand=lines", $"/v1/records/{order}?expand=lines&asOf={past}",
            "/v1/query?q=SELECT id, (SELECT product FROM lines) FROM shop__Order",
            $"/v1/query?asOf={past}&q=SELECT id, (SELECT product FROM lines) FROM shop__Order",
            "/v1/exports?q=SELECT id, (SELECT product FROM lines) FROM shop__Order",
            "/v1/query?q=SELECT product, price FROM shop__Line",
        })
        {
            var answer = (await cheap.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Contains("seen", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("CANARY", answer.Body, StringComparison.Ordinal);
        }
        Assert.Empty((await cheap.GetAsync(
            "/v1/query?q=SELECT id FROM shop__Order WHERE id IN (SELECT \"order\" FROM shop__Line WHERE price = 10)"))
            .Expect(HttpStatusCode.OK).Json.GetProperty("records").EnumerateArray());
        (await cheap.PostAsync("/v1/objects/shop__Order/records",
            $$"""{"customer":"{{customer}}","lines":[{"product":"x","price":1},{"product":"y","price":10}]}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        Assert.Equal(1, (await shop.All.GetAsync("/v1/query?q=SELECT COUNT() FROM shop__Order")).Json
            .GetProperty("records")[0].GetProperty("expr0").GetInt32());
    }

    /// <summary>Whatever else is wrong, and in whatever order it is found.</summary>
    [Fact]
    public async Task What_is_unseen_and_what_never_was_are_told_of_in_the_same_words()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var north = shop.With("us_n", """{"region":"N"}""", "shop__Region");
        var unseen = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"S1","name":"theirs"}""");
        var mine = await north.NewAsync(ShopPackage.Customer, """{"code":"N1","name":"mine"}""");
        var order = await north.NewAsync(ShopPackage.Order, $$"""{"customer":"{{mine}}"}""");
        var never = unseen[..8] + "zzzzzzz";
        var mixed = """{"customer":"ID","lines":[{"product":"p","sku":"1"},{"product":"q","sku":"1"}]}""";
        foreach (var (method, path, body) in new[]
        {
            ("POST", "/v1/objects/shop__Order/records", """{"customer":"ID"}"""),
            ("POST", "/v1/objects/shop__Order/records", """{"customer":"ID","status":"none"}"""),
            ("POST", "/v1/objects/shop__Order/records", mixed),
            ("POST", "/v1/objects/shop__Customer/records", $$"""{"code":"S7","name":"x","boss":"ID"}"""),
            ("PATCH", $"/v1/records/{order}", """{"customer":"ID"}"""),
            ("PATCH", $"/v1/records/{mine}", """{"code":"S7","boss":"ID"}"""),
            ("PATCH", "/v1/records/ID", """{"name":null,"nothing":1}"""),
            ("PUT", "/v1/objects/shop__Customer/records/by/code/N7", """{"boss":"ID"}"""),
            ("POST", "/v1/batch", """
                {"atomic":true,"operations":[
                  {"op":"update","id":"ID","record":{"name":null,"nothing":1}},
                  {"op":"create","object":"shop__Order","record":{"customer":"ID"}},{"op":"delete","id":"ID"}]}
                """),
            ("POST", "/v1/batch", """
                {"atomic":false,"operations":[
                  {"op":"create","object":"shop__Order","record":{"customer":"ID","status":"none"}},
                  {"op":"update","id":"ID","record":{"name":null}},{"op":"delete","id":"ID"}]}
                """),
        })
        {
            async Task<(HttpStatusCode, string)> AskAsync(string id)
            {
                var answer = await north.SendAsync(method, path.Replace("ID", id, StringComparison.Ordinal),
                    body.Replace("ID", id, StringComparison.Ordinal));
                return (answer.Status, Plain(answer.Body).Replace(id, "ID", StringComparison.Ordinal));
            }
            Assert.Equal(await AskAsync(never), await AskAsync(unseen));
        }
        var both = await north.PostAsync("/v1/objects/shop__Order/records", $$"""{"customer":"{{unseen}}"}""");
        both.Expect((HttpStatusCode)422, "record-invalid");
    }

    [Fact]
    public async Task A_key_that_an_unseen_record_has_is_taken_and_tells_no_more()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var north = shop.With("us_n", """{"region":"N"}""", "shop__Region");
        await shop.All.NewAsync(ShopPackage.Customer, """{"code":"S1","name":"theirs"}""");
        foreach (var (body, expected) in new[] { ("""{"name":"x"}""", 409), ("{}", 422), ("""{"no":1}""", 422) })
        {
            var upsert = await north.PutAsync("/v1/objects/shop__Customer/records/by/code/S1", body);
            Assert.Equal(expected, (int)upsert.Status);
            var absent = await north.PutAsync("/v1/objects/shop__Customer/records/by/code/S2", body);
            if (expected == 422) Assert.Equal(Plain(absent.Body), Plain(upsert.Body));
        }
        var batch = (await north.PostAsync("/v1/batch", """
            {"atomic":false,"operations":[
              {"op":"upsert","object":"shop__Customer","by":"code","record":{"code":"S1","name":"x"}},
              {"op":"upsert","object":"shop__Customer","by":"code","record":{"code":"S1"}}]}
            """)).Expect(HttpStatusCode.OK);
        Assert.Equal([409, 422], batch.Json.GetProperty("results").EnumerateArray()
            .Select(result => result.GetProperty("status").GetInt32()));
        // Without a name, which a new record needs and the unseen one has.
        var job = (await north.SendAsync("POST", "/v1/imports?object=shop__Customer&mode=upsert&by=code",
            "code\nS1\nS2\n", "text/csv")).Expect(HttpStatusCode.Accepted).Text("id");
        JsonElement state;
        do state = (await north.GetAsync($"/v1/imports/{job}")).Expect(HttpStatusCode.OK).Json;
        while (state.GetProperty("status").GetString() is not ("completed" or "failed"));
        var failures = (await north.GetAsync($"/v1/imports/{job}/failures")).Body.Trim().Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("code").GetString());
        Assert.Equal(["required", "required"], failures);
    }

    /// <summary>Rules cost nothing where there are none: PostgreSQL is asked the same, letter for letter.</summary>
    [Fact]
    public async Task Who_has_sets_without_rules_asks_the_statements_of_who_has_none()
    {
        var shop = await GuardedShop.OpenAsync(cell, "3.0.1", Sets);
        var asked = new ConcurrentDictionary<string, byte>();
        await using var wire = MutantWire.Before(cell.Serving, sql =>
        {
            asked.TryAdd(sql, 0);
            return sql;
        });
        await cell.RestartAsync(wire.ConnectionString);
        try
        {
            await UseAsync(shop.All, "A");
            var plain = asked.Keys.ToHashSet();
            await UseAsync(shop.With("us_e", "{}", "shop__Everything"), "B");
            Assert.DoesNotContain(asked.Keys, sql => !plain.Contains(sql));
            await UseAsync(shop.With("us_o", """{"region":"C"}""", "shop__Everything", "shop__Region"), "C");
            Assert.DoesNotContain(asked.Keys, sql => !plain.Contains(sql));
            await shop.With("us_o", "{}", "shop__Own").GetAsync("/v1/objects/shop__Customer/records");
            Assert.Contains(asked.Keys, sql => !plain.Contains(sql));
        }
        finally
        {
            await cell.RestartAsync();
        }
    }

    /// <summary>One request of every kind.</summary>
    private static async Task UseAsync(RecordsCaller caller, string code)
    {
        var customer = await caller.NewAsync(ShopPackage.Customer, $$"""{"code":"{{code}}","name":"x"}""");
        var order = await caller.NewAsync(
            ShopPackage.Order, $$"""{"customer":"{{customer}}","lines":[{"product":"p"}]}""");
        (await caller.PatchAsync($"/v1/records/{customer}", $$"""{"name":"y","boss":"{{customer}}"}"""))
            .Expect(HttpStatusCode.OK);
        (await caller.PutAsync($"/v1/objects/shop__Customer/records/by/code/{code}", """{"name":"z"}"""))
            .Expect(HttpStatusCode.OK);
        (await caller.PostAsync("/v1/batch", $$$"""
            {"atomic":true,"operations":[{"op":"create","object":"shop__Order","record":{"customer":"{{{customer}}}"}},
              {"op":"update","id":"{{{customer}}}","record":{"name":"w"}},{"op":"delete","id":"{{{order}}}"}]}
            """)).Expect(HttpStatusCode.OK);
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.OK);
        var past = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().UtcDateTime.ToString("O"));
        foreach (var path in new[]
        {
            $"/v1/records/{customer}", $"/v1/records/{customer}?select=boss.name",
            $"/v1/records/{order}?expand=lines", $"/v1/records/{order}?expand=lines&asOf={past}",
            $"/v1/records/{order}/history", "/v1/objects/shop__Order/records?count=true", "/v1/changes",
            "/v1/query?q=SELECT customer.name, (SELECT product FROM lines) FROM shop__Order",
            "/v1/query?q=SELECT COUNT() FROM shop__Order WHERE customer IN (SELECT id FROM shop__Customer)",
            "/v1/exports?q=SELECT id FROM shop__Order",
        }) (await caller.GetAsync(path)).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync($"/v1/records/{order}")).Expect(HttpStatusCode.NoContent);
    }

    /// <summary>A problem without what names its request.</summary>
    private static string Plain(string body) => OfRequest.Replace(body, "…");

    [GeneratedRegex(@"""(traceId|instance)"":""[^""]*""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OfRequest { get; }
}
