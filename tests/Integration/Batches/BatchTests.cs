using System.Net;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Batches.BatchReplies;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Batches;

/// <summary>Many operations in one request: in order, with references between them, all or none or each by
/// itself.</summary>
public sealed class BatchTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task Records_that_refer_to_each_other_are_made_at_once()
    {
        var caller = await cell.NewAccountAsync();
        var reply = await caller.BatchAsync(
            Create(Customer, """{"code":"A","name":"Ada"}""", "c"),
            Create(Order, """{"customer":"@c.id","lines":[{"product":"p1","sku":"s1"},{"product":"p2"}]}""", "o1"),
            Create(Line, """{"order":"@o1.id","product":"p3"}"""),
            Create(Note, """{"about":"@o1.id","text":"@o1.id"}"""),
            Upsert(Customer, "code", """{"code":"B","name":"Bob","boss":"@c.id"}"""));
        Assert.Equal(["201 v1", "201 v1", "201 v1", "201 v1", "201 v1"], reply.Outcomes());
        var ids = reply.Results().ConvertAll(result => result.Id());
        var order = (await caller.GetAsync($"/v1/records/{ids[1]}?expand=lines")).Expect(HttpStatusCode.OK);
        Assert.Equal(ids[0], (await caller.GetAsync($"/v1/records/{ids[1]}")).Text("customer"));
        Assert.Equal(["p1", "p2", "p3"], order.Json.GetProperty("lines").EnumerateArray()
            .Select(line => line.GetProperty("product").GetString()).Order());
        var note = await caller.GetAsync($"/v1/records/{ids[3]}");
        Assert.Equal(ids[1], note.Text("about"));
        Assert.Equal("@o1.id", note.Text("text")); // only references have names
        Assert.Equal(ids[0], (await caller.GetAsync($"/v1/records/{ids[4]}")).Text("boss"));
        Assert.StartsWith("SO-", (await caller.GetAsync($"/v1/records/{ids[1]}")).Text("number"));
    }

    [Fact]
    public async Task Operations_on_one_record_work_in_order()
    {
        var caller = await cell.NewAccountAsync();
        var old = await caller.NewAsync(Customer, """{"code":"A","name":"Old"}""");
        var reply = await caller.BatchAsync(
            Update(old, """{"name":"Older"}"""),
            Update(old[..15], """{"name":"Oldest"}"""),
            Upsert(Customer, "code", """{"code":"A","boss":null}""", "same"),
            Delete(old, Customer),
            Create(Customer, """{"code":"A","name":"New"}""", "new"),
            Update("@new.id", """{"code":"B"}"""),
            Upsert(Customer, "code", """{"code":"B","name":"Newer"}"""),
            Upsert(Customer, "code", """{"code":"A","name":"3"}""", "third"),
            Delete("@third.id"));
        Assert.Equal(
            ["200 v2", "200 v3", "200 v3", "204 v4", "201 v1", "200 v2", "200 v3", "201 v1", "204 v2"],
            reply.Outcomes());
        var results = reply.Results();
        Assert.Equal(old, results[2].Id());
        Assert.Equal(results[4].Id(), results[6].Id());
        var read = await caller.GetAsync($"/v1/records/{results[4].Id()}");
        Assert.Equal(("B", "Newer"), (read.Text("code"), read.Text("name")));
        (await caller.GetAsync($"/v1/records/{old}")).Expect(HttpStatusCode.NotFound);
        Assert.Equal(["1 created", "2 updated", "3 updated", "4 deleted"], await cell.AskAsync<string>(
            "select version || ' ' || kind from records.changes where org_id = $1 and record_id = $2 order by seq",
            caller.Org, Number(old)));
        Assert.Equal([3L], await cell.AskAsync<long>( // what a record was at a moment is one thing
            "select count(distinct at) from records.changes where org_id = $1 and record_id = $2", caller.Org,
            Number(results[4].Id())));
        Assert.Equal(["B"], await cell.AskAsync<string>(
            "select value from records.unique_values where org_id = $1", caller.Org));
    }

    [Fact]
    public async Task An_atomic_batch_says_everything_wrong_and_writes_nothing()
    {
        var caller = await cell.NewAccountAsync();
        var taken = await caller.NewAsync(Customer, """{"code":"T","name":"Taken"}""");
        var before = await LogLengthAsync(caller);
        var reply = await caller.BatchAsync(
            Create(Customer, """{"code":"1","name":"fine"}""", "ok"),
            Create(Customer, """{"code":"T","name":"x"}""", "bad"),
            Create(Order, """{"customer":"@bad.id"}"""),
            Create(Order, """{"customer":"nonsense","status":"blue","x":1}"""),
            Create(Order, """{"customer":"@later.id"}"""),
            Create(Order, """{"customer":"@ok.name","at":"x"}"""),
            Create(Order, $$"""{"customer":"{{taken}}"}""", "later"),
            Update("@ok.id", """{"name":null}"""),
            Update("@none.id", """{}"""),
            Delete(taken),
            Update(taken, """{}""", Order),
            Upsert(Customer, "name", """{"name":"x"}"""),
            Upsert(Customer, "code", """{"name":"x"}"""),
            Create("shop__None", """{}"""),
            Delete("nonsense"));
        Assert.Equal(
        [
            "424 failed-dependency",
            "409 value-taken: /operations/1/record/code value-taken",
            "424 failed-dependency",
            "422 record-invalid: /operations/3/record/customer reference-not-found, "
                + "/operations/3/record/status value-not-listed, /operations/3/record/x unknown-field",
            "422 record-invalid: /operations/4/record/customer name-unknown",
            "422 record-invalid: /operations/5/record/at type-mismatch, /operations/5/record/customer name-unknown",
            "424 failed-dependency",
            "422 record-invalid: /operations/7/record/name required",
            "422 record-invalid: /operations/8/id name-unknown",
            "424 failed-dependency",
            "404 not-found",
            "400 request-invalid",
            "422 record-invalid: /operations/12/record/code required",
            "404 not-found",
            "404 not-found",
        ], reply.Outcomes());
        Assert.Equal(before, await LogLengthAsync(caller));
        Assert.Equal("Taken", (await caller.GetAsync("/v1/records/" + taken)).Text("name"));
        var first = reply.Results()[1].GetProperty("problem");
        Assert.Equal("/v1/batch#/operations/1", first.GetProperty("instance").GetString());
        Assert.Equal(32, first.GetProperty("traceId").GetString()!.Length);
        // Mended, the same batch goes.
        Assert.Equal(["201 v1", "201 v1"], (await caller.BatchAsync(
            Create(Customer, """{"code":"1","name":"fine"}""", "ok"),
            Create(Order, """{"customer":"@ok.id"}"""))).Outcomes());
    }

    [Fact]
    public async Task What_fails_by_itself_leaves_the_others()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"code":"T","name":"There"}""");
        var reply = await caller.EachAsync(
            Create(Customer, """{"code":"T","name":"x"}""", "a"),
            Create(Order, """{"customer":"@a.id"}""", "b"),
            Create(Line, """{"order":"@b.id","product":"p"}"""),
            Update("@a.id", """{"name":"y"}"""),
            Create(Order, $$"""{"customer":"{{id}}","lines":[{"sku":"s"}]}""", "c"),
            Create(Order, $$"""{"customer":"{{id}}"}""", "d"),
            Delete(id),
            Delete("@d.id"),
            Delete(id),
            Create(Customer, """{"code":"T","name":"Next"}"""),
            Update(id, """{"name":"gone"}"""));
        Assert.Equal(
        [
            "409 value-taken: /operations/0/record/code value-taken",
            "424 failed-dependency",
            "424 failed-dependency",
            "424 failed-dependency",
            "422 record-invalid: /operations/4/record/lines/0/product required",
            "201 v1",
            "409 record-in-use: - record-in-use",
            "204 v2",
            "204 v2",
            "201 v1",
            "404 not-found",
        ], reply.Outcomes());
    }

    [Fact]
    public async Task Deleting_follows_the_rules_in_the_order_of_the_batch()
    {
        var caller = await cell.NewAccountAsync();
        var boss = await caller.NewAsync(Customer, """{"code":"B","name":"Boss"}""");
        var ada = await caller.NewAsync(Customer, $$"""{"code":"A","name":"Ada","boss":"{{boss}}"}""");
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{ada}}","lines":[{"product":"p","sku":"s"}]}""");
        var note = await caller.NewAsync(Note, $$"""{"about":"{{order}}"}""");
        // In this order the customer is in use, and the note goes with its order before its turn comes.
        Assert.Equal(["424 failed-dependency", "409 record-in-use: - record-in-use", "424 failed-dependency"],
            (await caller.BatchAsync(Delete(boss), Delete(ada), Delete(order))).Outcomes());
        Assert.Equal(["204 v2", "404 not-found"], (await caller.EachAsync(Delete(order), Delete(note))).Outcomes());
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.OK);
        Assert.Equal(["204 v4", "204 v4", "204 v3", "204 v2"],
            (await caller.BatchAsync(Delete(note), Delete(order), Delete(boss), Delete(ada))).Outcomes()
                .Select((outcome, i) => i == 3 ? outcome.Replace("v3", "v2") : i == 2 ? outcome.Replace("v2", "v3")
                    : outcome));
        Assert.Equal([0L], await cell.AskAsync<long>(
            "select count(*) from records.records where org_id = $1 and deleted_at is null", caller.Org));
        Assert.Equal([0L], await cell.AskAsync<long>(
            "select count(*) from records.unique_values where org_id = $1", caller.Org));
        // The note went by itself, so that it does not come back with its order.
        (await caller.PostAsync($"/v1/records/{ada}/restore")).Expect(HttpStatusCode.OK);
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.OK);
        (await caller.GetAsync("/v1/records/" + note)).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_form_is_judged_before_anything_is_done()
    {
        var caller = await cell.NewAccountAsync();
        var wrong = (await caller.BatchAsync(
            Create(Customer, """{"name":"fine"}"""),
            """{"op":"crate","object":"x","record":{}}""",
            """{"op":"create","record":{},"version":1}""",
            """{"op":"update","object":"x"}""",
            """{"op":"upsert","object":"x","record":{}}""",
            """{"op":"delete","id":"x","record":{}}""",
            Create(Customer, """{}""", "1a"),
            Create(Customer, """{}""", "a"),
            Create(Customer, """{}""", "a")))
            .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        Assert.Equal(
        [
            "/operations/1/op value-invalid", "/operations/2/object value-required",
            "/operations/2/version unknown-member", "/operations/3/id value-required",
            "/operations/3/record value-required", "/operations/4/by value-required",
            "/operations/5/record unknown-member", "/operations/6/as value-invalid", "/operations/8/as name-taken",
        ], wrong.Errors);
        Assert.Equal(["/operations/1 type-mismatch".Replace("/1", ""), "/other unknown-member"],
            (await caller.PostAsync("/v1/batch", """{"other":1,"operations":[{"op":"delete","id":"x"},5]}"""))
                .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid").Errors);
        foreach (var body in new[] { "{}", """{"operations":null}""", """{"operations":{}}""" })
            (await caller.PostAsync("/v1/batch", body)).Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        (await caller.PostAsync("/v1/batch", "[]")).Expect(HttpStatusCode.BadRequest, "request-invalid");
        var one = Create(Thing, """{}""");
        Assert.Equal(["/operations too-many"], (await caller.BatchAsync([.. Enumerable.Repeat(one, 501)]))
            .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid").Errors);
        Assert.Empty((await caller.BatchAsync()).Results());
        Assert.Equal(500, (await caller.BatchAsync([.. Enumerable.Repeat(one, 500)])).Results().Count);
        Assert.Equal(500, await LogLengthAsync(caller));
        const string part = """{"product":"p"}""";
        var many = Create(Order, $$"""{"lines":[{{string.Join(',', Enumerable.Repeat(part, 1000))}}]}""");
        Assert.Contains("too-many-records", (await caller.BatchAsync(many, many)).Expect(HttpStatusCode.OK).Body);
    }

    private Task<long> LogLengthAsync(RecordsCaller caller) => cell.AskAsync<long>(
        "select count(*) from records.changes where org_id = $1", caller.Org)
        .ContinueWith(rows => rows.Result[0], TaskScheduler.Default);

    private static long Number(string id) => Model.RecordId.TryParse(id, out var parsed) ? parsed.Value : 0;
}
