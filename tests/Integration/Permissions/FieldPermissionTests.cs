using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Permissions;

/// <summary>What a caller with permission sets sees and writes of objects and fields, route by route.</summary>
public sealed class FieldPermissionTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Secret = "CANARY";
    private const string Sets = """
        {"name":"shop__Clerk","objects":[
          {"object":"shop__Customer","read":true,"edit":true,
           "fields":[{"field":"name","edit":true},{"field":"boss","see":true}]},
          {"object":"shop__Order","read":true,"create":true,"edit":true,"otherFields":"edit",
           "fields":[{"field":"status","see":false},{"field":"number","see":false}]},
          {"object":"shop__Line","read":true,"create":true,"otherFields":"edit",
           "fields":[{"field":"price","see":false,"edit":false}]},
          {"object":"shop__Note","read":true,"otherFields":"see"}]},
        {"name":"shop__Opener","objects":[
          {"object":"shop__Customer","read":true,"create":true,"fields":[{"field":"code","edit":true}]}]},
        {"name":"shop__Eraser","objects":[
          {"object":"shop__Customer","read":true,"delete":true,"otherFields":"see"}]}
        """;

    [Fact]
    public async Task An_unseen_field_is_nowhere_in_any_answer()
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var clerk = shop.With("us_clerk", "{}", "shop__Clerk");
        var id = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"CANARY","name":"Ann"}""");
        await shop.All.PatchAsync($"/v1/records/{id}", """{"code":"CANARY2"}""");
        await shop.All.NewAsync(ShopPackage.Order, $$"""
            {"customer":"{{id}}","lines":[{"product":"p","price":1}]}
            """);
        var past = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("O");
        foreach (var path in new[]
        {
            $"/v1/records/{id}", $"/v1/objects/shop__Customer/records/{id}", $"/v1/records/{id}/history",
            $"/v1/records/{id}?asOf={past}", "/v1/objects/shop__Customer/records",
            $"/v1/objects/shop__Customer/records?asOf={past}", "/v1/changes",
            "/v1/query?q=SELECT name, boss.name FROM shop__Customer", "/v1/objects/shop__Customer/indexes",
            "/v1/exports?q=SELECT name FROM shop__Customer",
            $"/v1/exports?q=SELECT name FROM shop__Customer&asOf={past}",
            "/v1/query?q=SELECT name FROM shop__Customer&explain=true",
        })
        {
            var answer = (await clerk.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.DoesNotContain(Secret, answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("code", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("price", answer.Body, StringComparison.Ordinal);
        }
        var whole = (await clerk.GetAsync($"/v1/records/{id}")).Json;
        Assert.Equal("Ann", whole.GetProperty("name").GetString());
        var lines = await clerk.GetAsync("/v1/query?q=SELECT id, (SELECT product FROM lines) FROM shop__Order");
        Assert.Contains("\"product\"", lines.Expect(HttpStatusCode.OK).Body);
    }

    [Theory]
    [InlineData("/v1/query?q=SELECT {0} FROM shop__Customer")]
    [InlineData("/v1/query?q=SELECT name FROM shop__Customer WHERE {0} = 'x'")]
    [InlineData("/v1/query?q=SELECT name FROM shop__Customer ORDER BY {0}")]
    [InlineData("/v1/query?q=SELECT COUNT() FROM shop__Customer GROUP BY {0}")]
    [InlineData("/v1/query?q=SELECT customer.{0} FROM shop__Order")]
    [InlineData("/v1/query?q=SELECT name FROM shop__Customer WHERE id IN (SELECT boss.{0} FROM shop__Customer)")]
    [InlineData("/v1/objects/shop__Customer/records?filter={0} = 'x'")]
    [InlineData("/v1/objects/shop__Customer/records?select={0}")]
    [InlineData("/v1/objects/shop__Customer/records?orderBy={0}")]
    [InlineData("/v1/exports?q=SELECT {0} FROM shop__Customer")]
    [InlineData("/v1/query?q=SELECT name FROM shop__Customer WHERE {0} = 'x'&explain=true")]
    public async Task An_unseen_field_is_asked_for_as_one_that_is_not_there(string path)
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var clerk = shop.With("us_clerk", "{}", "shop__Clerk");
        var unseen = await clerk.GetAsync(string.Format(path, "code"));
        var absent = await clerk.GetAsync(string.Format(path, "cxyz"));
        Assert.Equal(HttpStatusCode.BadRequest, unseen.Status);
        Assert.Equal(Plain(absent.Body.Replace("cxyz", "code")), Plain(unseen.Body));
    }

    [Fact]
    public async Task What_is_written_keeps_what_is_not_seen_and_fills_in_what_it_has_by_itself()
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var clerk = shop.With("us_clerk", "{}", "shop__Clerk");
        var id = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"K1","name":"Ann"}""");
        var changed = await clerk.PatchAsync($"/v1/records/{id}", """{"name":"Bea"}""");
        Assert.DoesNotContain("code", changed.Expect(HttpStatusCode.OK).Body);
        var after = (await shop.All.GetAsync($"/v1/records/{id}")).Json;
        Assert.Equal(("K1", "Bea", "us_clerk"), (after.GetProperty("code").GetString(),
            after.GetProperty("name").GetString(), after.GetProperty("modifiedBy").GetString()));
        Assert.Equal([id], Ids(await shop.All.GetAsync("/v1/objects/shop__Customer/records?filter=code = 'K1'")));

        var refused = await clerk.PatchAsync($"/v1/records/{id}", """{"code":"K2","boss":null,"what":1}""");
        Assert.Equal(["/boss read-only", "/code unknown-field", "/what unknown-field"],
            refused.Expect((HttpStatusCode)422).Errors);

        var made = await clerk.PostAsync("/v1/objects/shop__Order/records", $$"""
            {"customer":"{{id}}","lines":[{"product":"p"}]}
            """);
        Assert.DoesNotContain("number", made.Expect(HttpStatusCode.Created).Body);
        Assert.DoesNotContain("status", made.Body);
        Assert.DoesNotContain("price", made.Body);
        var order = (await shop.All.GetAsync($"/v1/records/{made.Text("id")}")).Json;
        Assert.Equal(("open", "SO-0001"),
            (order.GetProperty("status").GetString(), order.GetProperty("number").GetString()));
        var wrong = await clerk.PostAsync("/v1/objects/shop__Order/records", $$"""
            {"customer":"{{id}}","status":"done","lines":[{"product":"p","price":2}]}
            """);
        Assert.Equal(["/lines/0/price unknown-field", "/status unknown-field"],
            wrong.Expect((HttpStatusCode)422).Errors);
        Assert.Equal("open", (await shop.All.GetAsync($"/v1/records/{made.Text("id")}")).Text("status"));
    }

    [Fact]
    public async Task An_object_without_the_right_is_refused_by_name_and_its_records_are_absent()
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var clerk = shop.With("us_clerk", "{}", "shop__Clerk");
        var nobody = shop.With("us_nobody", "{}");
        var id = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"R1","name":"Ann"}""");
        var thing = await shop.All.NewAsync(ShopPackage.Thing, """{"text":"t"}""");
        foreach (var (caller, path) in new[]
        {
            (clerk, "/v1/objects/shop__Thing/records"), (clerk, $"/v1/objects/shop__Thing/records/{thing}"),
            (clerk, $"/v1/objects/shop__Thing/records/{thing}/history"),
            (clerk, "/v1/query?q=SELECT id FROM shop__Thing"), (clerk, "/v1/exports?q=SELECT id FROM shop__Thing"),
            (clerk, "/v1/query?q=SELECT id FROM shop__Customer WHERE name IN (SELECT text FROM shop__Thing)"),
            (clerk, "/v1/objects/shop__Thing/indexes"), (nobody, "/v1/objects/shop__Customer/records"),
        })
            (await caller.GetAsync(path)).Expect(HttpStatusCode.Forbidden, "permission-missing");
        foreach (var path in new[] { "", "/history", "?asOf=2026-01-01T00:00:00Z" })
        {
            var unseen = await clerk.GetAsync($"/v1/records/{thing}{path}");
            var absent = await clerk.GetAsync($"/v1/records/{thing[..14]}Z{path}");
            Assert.Equal((HttpStatusCode.NotFound, Plain(absent.Body)), (unseen.Status, Plain(unseen.Body)));
        }
        (await clerk.PostAsync("/v1/objects/shop__Customer/records", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await clerk.DeleteAsync($"/v1/records/{id}")).Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await clerk.PostAsync($"/v1/records/{id}/restore")).Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await shop.With("us_e", "{}", "shop__Eraser").PatchAsync($"/v1/records/{id}", """{"name":"x"}"""))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await clerk.PutAsync("/v1/objects/shop__Customer/records/by/code/NEW", """{"name":"x"}"""))
            .Expect(HttpStatusCode.BadRequest, "request-invalid"); // a key that is not seen is none
        var opener = shop.With("us_o", "{}", "shop__Opener");
        (await opener.PutAsync("/v1/objects/shop__Customer/records/by/code/R1", "{}"))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        Assert.Equal([" permission-missing"],
            (await opener.PutAsync("/v1/objects/shop__Customer/records/by/code/R2", "{}"))
                .Expect((HttpStatusCode)422).Errors); // its name, which it must have, is not his to write
        Assert.Single(Ids(await shop.All.GetAsync("/v1/objects/shop__Customer/records")));
    }

    [Fact]
    public async Task A_batch_and_an_import_are_held_to_the_same()
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var clerk = shop.With("us_clerk", "{}", "shop__Clerk");
        var id = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"B1","name":"Ann"}""");
        var batch = await clerk.PostAsync("/v1/batch", $$$"""
            {"atomic":false,"operations":[
             {"op":"create","object":"shop__Customer","record":{"name":"x"}},
             {"op":"update","id":"{{{id}}}","record":{"code":"B2"}},
             {"op":"update","id":"{{{id}}}","record":{"name":"Cid"}},
             {"op":"delete","id":"{{{id}}}"},
             {"op":"create","object":"shop__Order","record":{"customer":"{{{id}}}"}},
             {"op":"create","object":"shop__Thing","record":{}}]}
            """);
        Assert.Equal([403, 422, 200, 403, 201, 403], batch.Expect(HttpStatusCode.OK).Json.GetProperty("results")
            .EnumerateArray().Select(result => result.GetProperty("status").GetInt32()));
        var kept = (await shop.All.GetAsync($"/v1/records/{id}")).Json;
        Assert.Equal(("B1", "Cid"), (kept.GetProperty("code").GetString(), kept.GetProperty("name").GetString()));
        var order = Assert.Single((await shop.All.GetAsync("/v1/objects/shop__Order/records")).Json
            .GetProperty("records").EnumerateArray());
        Assert.Equal("open", order.GetProperty("status").GetString());

        (await clerk.SendAsync("POST", "/v1/imports?object=shop__Thing", "text\nx\n", "text/csv"))
            .Expect(HttpStatusCode.Forbidden, "permission-missing");
        (await clerk.SendAsync("POST", "/v1/imports?object=shop__Order", "customer,status\nx,done\n", "text/csv"))
            .Expect((HttpStatusCode)422, "content-invalid");
        (await clerk.SendAsync("POST", "/v1/imports?object=shop__Order", "customer.code\nB1\n", "text/csv"))
            .Expect((HttpStatusCode)422, "content-invalid");
        var job = (await clerk.SendAsync("POST", "/v1/imports?object=shop__Order", $"customer\n{id}\nnone\n",
            "text/csv")).Expect(HttpStatusCode.Accepted).Text("id");
        var done = await ImportedAsync(clerk, job);
        Assert.Equal((1, 1), (done.GetProperty("written").GetInt32(), done.GetProperty("failed").GetInt32()));
        Assert.Equal(2, (await shop.All.GetAsync("/v1/objects/shop__Order/records?filter=status = 'open'")).Json
            .GetProperty("records").GetArrayLength());
        (await shop.With("us_other", "{}", "shop__Clerk").GetAsync($"/v1/imports/{job}"))
            .Expect(HttpStatusCode.NotFound);
        (await shop.All.GetAsync($"/v1/imports/{job}")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Deleting_takes_along_and_is_stopped_by_what_is_not_seen_without_telling_of_it()
    {
        var shop = await GuardedShop.OpenAsync(cell, "2.0.1", Sets);
        var eraser = shop.With("us_e", "{}", "shop__Eraser");
        var used = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"D1","name":"Ann"}""");
        var order = await shop.All.NewAsync(ShopPackage.Order, $$"""{"customer":"{{used}}"}""");
        var held = (await eraser.DeleteAsync($"/v1/records/{used}")).Expect(HttpStatusCode.Conflict, "record-in-use");
        Assert.DoesNotContain(order, held.Body);
        Assert.DoesNotContain("shop__Order", held.Body);
        var free = await shop.All.NewAsync(ShopPackage.Customer, """{"code":"D2","name":"Bea"}""");
        var note = await shop.All.NewAsync(ShopPackage.Note, $$"""{"text":"n","about":"{{free}}"}""");
        (await eraser.DeleteAsync($"/v1/records/{free}")).Expect(HttpStatusCode.NoContent);
        (await shop.All.GetAsync($"/v1/records/{note}")).Expect(HttpStatusCode.NotFound);
        (await shop.All.NewAsync(ShopPackage.Customer, """{"code":"D2","name":"new"}""")).ToString();
        (await eraser.PostAsync($"/v1/records/{free}/restore")).Expect(HttpStatusCode.Conflict, "value-taken");
    }

    private static async Task<JsonElement> ImportedAsync(RecordsCaller caller, string job)
    {
        while (true)
        {
            var state = (await caller.GetAsync($"/v1/imports/{job}")).Expect(HttpStatusCode.OK).Json;
            if (state.GetProperty("status").GetString() is "completed" or "failed") return state;
            await Task.Delay(50);
        }
    }

    private static IReadOnlyList<string?> Ids(RecordsReply list) => [.. list.Expect(HttpStatusCode.OK).Json
        .GetProperty("records").EnumerateArray().Select(record => record.GetProperty("id").GetString())];

    /// <summary>A problem without what names its request.</summary>
    private static string Plain(string body) => string.Join('\n', JsonDocument.Parse(body).RootElement
        .EnumerateObject().Where(member => member.Name is not ("traceId" or "instance")).Select(m => m.ToString()));
}
