using System.Net;
using Xingchen.Model;
using Xingchen.Tests.Integration.Imports;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>One record over HTTP: made, read, changed, deleted; and all that is refused.</summary>
public sealed class RecordTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private static string All(string item) => $"/v1/objects/{item}/records";

    private static long Number(string id) => RecordId.TryParse(id, out var parsed) ? parsed.Value : 0;

    [Fact]
    public async Task Values_come_back_as_they_went_in()
    {
        var caller = await cell.NewAccountAsync();
        var made = (await caller.PostAsync(All(Thing), """
            {"text":"😀é'\"\\","long":"a\nb","whole":-12,"exact":12.30,"yes":false,"day":"2026-11-20",
             "moment":"2026-11-20T10:00:00.5+02:00","color":"red","tags":["b","a","b"],"mail":"a@b.c",
             "any":{"x":[1.50,null,"z"]}}
            """)).Expect(HttpStatusCode.Created);
        Assert.Equal("\"1\"", made.Tag);
        Assert.Equal($"{All(Thing)}/{made.Text("id")}", made.Location);
        var read = (await caller.GetAsync(made.Location!)).Expect(HttpStatusCode.OK);
        foreach (var reply in new[] { made, read })
        {
            Assert.Equal("😀é'\"\\", reply.Text("text"));
            Assert.Equal("12.30", reply.Raw("exact"));
            Assert.Equal("-12", reply.Raw("whole"));
            Assert.Equal("false", reply.Raw("yes"));
            Assert.Equal("2026-11-20", reply.Text("day"));
            Assert.Equal("2026-11-20T08:00:00.5Z", reply.Text("moment"));
            Assert.Equal("[\"a\",\"b\"]", reply.Raw("tags").Replace(" ", ""));
            Assert.Equal("1.50", reply.Json.GetProperty("any").GetProperty("x")[0].GetRawText());
            Assert.Equal("null", reply.Raw("note"));
            Assert.Equal("tester", reply.Text("createdBy"));
            Assert.Equal("1", reply.Raw("version"));
            Assert.Equal(Thing, reply.Text("object"));
        }
        Assert.Equal(made.Raw("createdAt"), read.Raw("createdAt"));
        Assert.Contains("execute;dur=", read.Timing);
        (await caller.GetAsync("/v1/records/" + made.Text("id")[..15])).Expect(HttpStatusCode.OK);
        (await caller.GetAsync(made.Location!, ("If-None-Match", "\"1\""))).Expect(HttpStatusCode.NotModified);
        (await caller.GetAsync(made.Location!, ("If-None-Match", "\"2\""))).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Everything_wrong_is_said_at_once()
    {
        var caller = await cell.NewAccountAsync();
        var reply = (await caller.PostAsync(All(Thing), """
            {"text":"123456","whole":1.5,"exact":0.00001,"yes":"no","day":"2026-02-30","moment":"2026-11-20T10:00:00",
             "color":"blue","tags":["c"],"mail":"x","note":"me","nothing":1,"id":"x","long":"\u0000","any":"\ud800"}
            """)).Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(
        [
            "/any json-invalid", "/color value-not-listed", "/day type-mismatch", "/exact scale-exceeded",
                "/id read-only",
            "/long text-invalid", "/mail format-invalid", "/moment type-mismatch", "/note read-only",
                "/nothing unknown-field",
            "/tags value-not-listed", "/text too-long", "/whole scale-exceeded", "/yes type-mismatch",
        ], reply.Errors);
        (await caller.PostAsync(All(Thing), "{\"text\":")).Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await caller.PostAsync(All(Thing), "[]")).Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        (await caller.PostAsync(All(Thing), "{\"text\":\"a\",\"text\":\"b\"}"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await caller.PostAsync(All("shop__None"), "{}")).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.PostAsync(All(Thing), null))
            .Expect(HttpStatusCode.UnsupportedMediaType, "media-type-unsupported");
        (await caller.PostAsync(All(Thing), new string(' ', 4_100_000)))
            .Expect(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    /// <summary>A reference to several objects, in both ways of asking: the answer and the words are the
    /// same.</summary>
    [Theory]
    [InlineData("about.id,about.object,about.version,about.createdBy")]
    [InlineData("text,about,about.object")]
    [InlineData("about.object,text,about")]
    [InlineData("about.code,about.name,text", "and shop__Order has no field code", "shop__Order has no field name")]
    [InlineData("about.customer.name", "their own fields can be asked, but not followed")]
    [InlineData("about.object.name", "their own fields can be asked, but not followed")]
    public async Task A_reference_to_several_objects_is_followed_as_queries_do(string select, params string[] wrong)
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}"}""");
        var gone = await caller.NewAsync(Customer, """{"name":"Gone"}""");
        foreach (var about in new[] { $"\"{customer}\"", $"\"{order}\"", $"\"{gone}\"", "null" })
        {
            var note = await caller.NewAsync(Note, $$"""{"text":"t","about":{{about}}}""");
            if (about.Contains(gone, StringComparison.Ordinal))
            {
                // past the service: a delete would take the note along
                Assert.True(RecordId.TryParse(gone, out var id));
                await cell.ExecuteAsync("update records.records set deleted_at = now() where org_id = $1 and id = $2",
                    caller.Org, id.Value);
            }
            var then = await History.HistoryTests.MarkAsync();
            var asked = await caller.GetAsync($"/v1/records/{note}?select={select}");
            var queried = await caller.GetAsync("/v1/query?q="
                + Uri.EscapeDataString($"SELECT {select} FROM shop__Note WHERE id = '{note}'"));
            if (wrong.Length == 0)
            {
                var record = queried.Expect(HttpStatusCode.OK).Json.GetProperty("records")[0].GetRawText();
                Assert.Equal(record, asked.Expect(HttpStatusCode.OK).Body);
                Assert.Equal(record, (await caller.GetAsync($"/v1/records/{note}?select={select}&asOf={then}"))
                    .Expect(HttpStatusCode.OK).Body);
                continue;
            }
            asked.Expect(HttpStatusCode.BadRequest, "request-invalid");
            queried.Expect(HttpStatusCode.BadRequest, "query-invalid");
            foreach (var word in wrong)
            {
                Assert.Contains("reference-polymorphic", asked.Body, StringComparison.Ordinal);
                Assert.Contains(word, asked.Body, StringComparison.Ordinal);
                Assert.Contains(word, queried.Body, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_field_that_all_objects_of_a_reference_have_is_read_from_the_one_it_refers_to()
    {
        var caller = await cell.NewAccountAsync();
        var shared = Document.Replace("\"name\":\"number\",\"type\":\"autoNumber\"",
            "\"name\":\"boss\",\"type\":\"reference\",\"references\":[\"shop__Customer\"],\"label\":{\"en\":\"Boss\"}},"
            + "{\"name\":\"number\",\"type\":\"autoNumber\"", StringComparison.Ordinal);
        await cell.PublishAsync("1.9.0", shared);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.9.0", shared);
        var customer = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}","boss":"{{customer}}"}""");
        foreach (var (about, boss) in new[] { (order, customer), (customer, null) })
        {
            var note = await caller.NewAsync(Note, $$"""{"text":"t","about":"{{about}}"}""");
            var read = (await caller.GetAsync($"/v1/records/{note}?select=about.boss,about.id"))
                .Expect(HttpStatusCode.OK);
            Assert.Equal(boss, read.Json.GetProperty("about").GetProperty("boss").GetString());
            Assert.Equal(about, read.Json.GetProperty("about").GetProperty("id").GetString());
            (await caller.GetAsync($"/v1/records/{note}?select=about.boss.name"))
                .Expect(HttpStatusCode.BadRequest, "request-invalid");
        }
    }

    /// <summary>Reading stops at a number before it orders, so beyond that number nothing may be shown: it would be
    /// whichever the index has first.</summary>
    [Fact]
    public async Task Children_beyond_what_a_record_shows_are_refused_and_never_cut()
    {
        const int Most = 2_000;
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}"}""");
        var lines = string.Concat(Enumerable.Range(0, Most).Select(i => $"{order},p{i}\n"));
        await caller.ImportAsync($"object={Line}", "order,product\n" + lines);
        var shown = (await caller.GetAsync($"/v1/records/{order}?expand=lines")).Expect(HttpStatusCode.OK).Json
            .GetProperty("lines").EnumerateArray().Select(line => Number(line.GetProperty("id").GetString()!)).ToList();
        Assert.Equal(Most, shown.Count);
        Assert.Equal(shown.Order(), shown);
        await caller.NewAsync(Line, $$"""{"order":"{{order}}","product":"one more"}""");
        var refused = (await caller.GetAsync($"/v1/records/{order}?expand=lines"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        Assert.Contains("more than 2000 lines", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Children_are_written_with_their_parent_or_not_at_all()
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        var made = (await caller.PostAsync(All(Order), $$"""
            {"customer":"{{customer}}","at":"2026-11-20T08:00:00Z",
             "lines":[{"product":"p1","sku":"s1","price":12.30},{"product":"p2"}]}
            """)).Expect(HttpStatusCode.Created);
        Assert.Equal("SO-0001", made.Text("number"));
        Assert.Equal("open", made.Text("status"));
        Assert.Equal(2, made.Json.GetProperty("lines").GetArrayLength());
        Assert.Equal(made.Text("id"), made.Json.GetProperty("lines")[0].GetProperty("order").GetString());
        var read = (await caller.GetAsync(
            $"/v1/records/{made.Text("id")}?select=number,customer.name,customer.code&expand=lines"))
                .Expect(HttpStatusCode.OK);
        Assert.Equal("Ada", read.Json.GetProperty("customer").GetProperty("name").GetString());
        Assert.Equal("12.30", read.Json.GetProperty("lines")[0].GetProperty("price").GetRawText());
        Assert.False(read.Json.TryGetProperty("status", out _));
        var refused = (await caller.PostAsync(All(Order), $$"""
            {"customer":"{{customer}}","lines":[{"product":"p3"},{"product":"p4","sku":"s1"}]}
            """)).Expect(HttpStatusCode.Conflict, "value-taken");
        Assert.Equal(["/lines/1/sku value-taken"], refused.Errors);
        var invalid = (await caller.PostAsync(All(Order), """
            {"customer":"nonsense","lines":[{"sku":1,"order":"x"},5]}
            """)).Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        Assert.Equal(
        [
            "/customer reference-not-found", "/lines/0/order read-only", "/lines/0/product required",
                "/lines/0/sku type-mismatch",
            "/lines/1 type-mismatch",
        ], invalid.Errors);
        Assert.Equal([2L], await cell.AskAsync<long>(
            "select count(*) from records.records where org_id = $1 and body::text like '%\"p_\"%'", caller.Org));
    }

    [Fact]
    public async Task A_patch_merges_and_writes_the_log()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        var patched =
            (await caller.PatchAsync("/v1/records/" + id, """{"code":null,"name":"Bob"}""", ("If-Match", "\"1\"")))
            .Expect(HttpStatusCode.OK);
        Assert.Equal("\"2\"", patched.Tag);
        Assert.Equal("null", patched.Raw("code"));
        (await caller.PatchAsync("/v1/records/" + id, "{}", ("If-Match", "\"1\"")))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        Assert.Equal("2", (await caller.PatchAsync("/v1/records/" + id, """{"name":"Bob"}""")).Raw("version"));
        (await caller.PatchAsync("/v1/records/" + id, """{"name":null}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        await caller.NewAsync(Customer, """{"code":"A","name":"Eve"}"""); // the value is free again
        Assert.Equal(["/code value-taken"], (await caller.PatchAsync("/v1/records/" + id, """{"code":"A"}"""))
            .Expect(HttpStatusCode.Conflict, "value-taken").Errors);
        Assert.Equal(["created", "updated"], await cell.AskAsync<string>(
            "select kind from records.changes where org_id = $1 and record_id = $2 order by version", caller.Org,
            Id(id)));
        Assert.Equal(["""{"_2": "A", "_3": "Ada"} {"_2": null, "_3": "Bob"}"""], await cell.AskAsync<string>(
            """
            select before::text || ' ' || after::text from records.changes
            where org_id = $1 and record_id = $2 and version = 2
            """,
            caller.Org, Id(id)));
    }

    [Fact]
    public async Task Upserts_at_once_make_one_record()
    {
        var caller = await cell.NewAccountAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            caller.PutAsync($"{All(Customer)}/by/code/a%2Fb", $$"""{"name":"n{{i}}"}""")));
        Assert.Equal(1, replies.Count(reply => reply.Status == HttpStatusCode.Created));
        Assert.Equal(15, replies.Count(reply => reply.Status == HttpStatusCode.OK));
        Assert.Single(replies.Select(reply => reply.Text("id")).Distinct());
        Assert.All(replies, reply => Assert.Equal("a/b", reply.Text("code")));
        (await caller.PutAsync($"{All(Customer)}/by/name/x", "{}"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await caller.PutAsync($"{All(Customer)}/by/code/x", """{"name":"n","code":"y"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
    }

    [Fact]
    public async Task Deleting_takes_children_restricts_clears_and_comes_back()
    {
        var caller = await cell.NewAccountAsync();
        var boss = await caller.NewAsync(Customer, """{"code":"B","name":"Boss"}""");
        var customer = await caller.NewAsync(Customer, $$"""{"code":"A","name":"Ada","boss":"{{boss}}"}""");
        var order = await caller.NewAsync(
            Order, $$"""{"customer":"{{customer}}","lines":[{"product":"p","sku":"s"}]}""");
        var note = await caller.NewAsync(Note, $$"""{"about":"{{order}}"}""");
        (await caller.DeleteAsync("/v1/records/" + customer)).Expect(HttpStatusCode.Conflict, "record-in-use");
        (await caller.DeleteAsync("/v1/records/" + boss)).Expect(HttpStatusCode.NoContent);
        Assert.Equal("null", (await caller.GetAsync("/v1/records/" + customer)).Raw("boss"));
        (await caller.DeleteAsync("/v1/records/" + order)).Expect(HttpStatusCode.NoContent);
        foreach (var gone in new[] { order, note })
            (await caller.GetAsync("/v1/records/" + gone)).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.DeleteAsync("/v1/records/" + order)).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.PostAsync(All(Order), $$"""{"customer":"{{boss}}"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid");
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            1, (await caller.GetAsync($"/v1/records/{order}?expand=lines")).Json.GetProperty("lines").GetArrayLength());
        (await caller.GetAsync("/v1/records/" + note)).Expect(HttpStatusCode.OK);
        await caller.NewAsync(Customer, """{"code":"B","name":"Other"}""");
        (await caller.PostAsync($"/v1/records/{boss}/restore")).Expect(HttpStatusCode.Conflict, "value-taken");
        (await caller.DeleteAsync($"/v1/records/{boss}?purge=true")).Expect(HttpStatusCode.NoContent);
        (await caller.PostAsync($"/v1/records/{boss}/restore")).Expect(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_request_compiled_for_old_metadata_is_compiled_again()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        var wider = Document.Replace("\"name\":\"name\",\"type\":\"text\",\"length\":40,\"required\":true",
            "\"name\":\"name\",\"type\":\"text\",\"length\":40,\"required\":true,\"readOnly\":true",
                StringComparison.Ordinal);
        await cell.PublishAsync("1.1.0", wider);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.1.0", wider);
        Assert.Equal(["/name read-only"], (await caller.PatchAsync("/v1/records/" + id, """{"name":"Bob"}"""))
            .Expect(HttpStatusCode.UnprocessableEntity, "record-invalid").Errors);
    }

    private static long Id(string id) => Model.RecordId.TryParse(id, out var parsed) ? parsed.Value : 0;
}
