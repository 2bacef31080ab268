using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>The versions of a record, and the record as it was, over HTTP.</summary>
public sealed class HistoryTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task Every_version_tells_who_when_and_what()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada","code":"A"}""");
        var path = "/v1/records/" + id;
        (await caller.PatchAsync(path, """{"name":"Bea","code":null}""")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync(path)).Expect(HttpStatusCode.NoContent);
        var binned = (await caller.GetAsync(path + "/history")).Expect(HttpStatusCode.OK);
        Assert.Equal(["deleted", "updated", "created"], Kinds(binned));
        (await caller.PostAsync(path + "/restore")).Expect(HttpStatusCode.OK);

        var versions = Versions((await caller.GetAsync(path + "/history")).Expect(HttpStatusCode.OK));
        Assert.Equal([4L, 3, 2, 1], versions.Select(version => version.GetProperty("version").GetInt64()));
        Assert.All(versions, version => Assert.Equal("tester", version.GetProperty("by").GetString()));
        Assert.Equal("""{"code":{"old":"A","new":null},"name":{"old":"Ada","new":"Bea"}}""",
            versions[2].GetProperty("fields").GetRawText());
        Assert.Equal("""{"code":{"old":null,"new":"A"},"name":{"old":null,"new":"Ada"}}""",
            versions[3].GetProperty("fields").GetRawText());

        var paged = new List<long>();
        for (string? next = ""; next is not null;)
        {
            var page = (await caller.GetAsync(
                $"/v1/objects/{Customer}/records/{id}/history?limit=3{(next == "" ? "" : "&cursor=" + next)}"))
                .Expect(HttpStatusCode.OK);
            paged.AddRange(Versions(page).Select(version => version.GetProperty("version").GetInt64()));
            next = page.Json.GetProperty("next").GetString();
        }
        Assert.Equal([4L, 3, 2, 1], paged);
    }

    [Fact]
    public async Task A_record_reads_as_it_was()
    {
        var caller = await cell.NewAccountAsync();
        var early = await MarkAsync();
        var made = (await caller.PostAsync($"/v1/objects/{Thing}/records",
            """{"text":"é😀","exact":12.30,"any":{"x":[1.50,null],"y":null},"tags":["a"]}"""))
            .Expect(HttpStatusCode.Created);
        var path = "/v1/records/" + made.Text("id");
        var live = (await caller.GetAsync(path)).Expect(HttpStatusCode.OK);
        var first = await MarkAsync();
        (await caller.PatchAsync(path, """{"exact":12.300,"text":null}""")).Expect(HttpStatusCode.OK);
        var second = await MarkAsync();
        (await caller.DeleteAsync(path)).Expect(HttpStatusCode.NoContent);
        var third = await MarkAsync();
        (await caller.PostAsync(path + "/restore")).Expect(HttpStatusCode.OK);

        var was = (await caller.GetAsync($"{path}?asOf={first}")).Expect(HttpStatusCode.OK);
        Assert.Equal(made.Tag, was.Tag);
        Assert.Equal(live.Body, was.Body);
        var changed = (await caller.GetAsync($"{path}?asOf={second}")).Expect(HttpStatusCode.OK);
        Assert.Equal(("12.300", "null", "2", "\"2\""),
            (changed.Raw("exact"), changed.Raw("text"), changed.Raw("version"), changed.Tag));
        (await caller.GetAsync($"{path}?asOf={third}")).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.GetAsync($"{path}?asOf={early}")).Expect(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("4", (await caller.GetAsync($"{path}?asOf={await MarkAsync()}")).Expect(HttpStatusCode.OK)
            .Raw("version"));
        (await caller.GetAsync($"{path}?asOf={first}", ("If-None-Match", "\"1\""))).Expect(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task Parents_and_children_are_shown_as_they_then_were()
    {
        var caller = await cell.NewAccountAsync();
        var boss = await caller.NewAsync(Customer, """{"name":"Old boss"}""");
        var customer = await caller.NewAsync(Customer, $$"""{"name":"Ada","boss":"{{boss}}"}""");
        var order = (await caller.PostAsync($"/v1/objects/{Order}/records",
            $$"""{"customer":"{{customer}}","lines":[{"product":"p","price":1.50},{"product":"q"}]}"""))
            .Expect(HttpStatusCode.Created);
        var line = order.Json.GetProperty("lines")[1].GetProperty("id").GetString();
        var then = await MarkAsync();
        (await caller.PatchAsync("/v1/records/" + boss, """{"name":"New boss"}""")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + line)).Expect(HttpStatusCode.NoContent);
        await caller.NewAsync(Line, $$"""{"order":"{{order.Text("id")}}","product":"r"}""");

        var path = $"/v1/records/{order.Text("id")}?select=customer.boss.name,customer.name&expand=lines";
        var was = (await caller.GetAsync($"{path}&asOf={then}")).Expect(HttpStatusCode.OK);
        Assert.Equal("Old boss",
            was.Json.GetProperty("customer").GetProperty("boss").GetProperty("name").GetString());
        Assert.Equal(["p", "q"], was.Json.GetProperty("lines").EnumerateArray()
            .Select(row => row.GetProperty("product").GetString()));
        var now = (await caller.GetAsync(path)).Expect(HttpStatusCode.OK);
        Assert.Equal(now.Body, (await caller.GetAsync($"{path}&asOf={await MarkAsync()}")).Body);
        Assert.Equal(["p", "r"], now.Json.GetProperty("lines").EnumerateArray()
            .Select(row => row.GetProperty("product").GetString()));
    }

    [Fact]
    public async Task The_schema_of_then_names_the_fields()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada","code":"A"}""");
        var then = await MarkAsync();
        var narrower = Document.Replace("\"name\":\"code\",\"type\":\"text\"",
            "\"name\":\"cipher\",\"type\":\"text\"", StringComparison.Ordinal);
        await cell.PublishAsync("1.9.0", narrower);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.9.0", narrower);
        Assert.Equal("A", (await caller.GetAsync($"/v1/records/{id}?select=code&asOf={then}"))
            .Expect(HttpStatusCode.OK).Text("code"));
        (await caller.GetAsync($"/v1/records/{id}?select=code&asOf={await MarkAsync()}"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await caller.GetAsync($"/v1/records/{id}?select=cipher&asOf={then}"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-11-20")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-11-20T08:00:00")]
    [InlineData("")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("2026-01-01T00:00:00Z&asOf=2026-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Z&nothing=1")]
    public async Task A_time_that_is_none_is_refused(string asOf)
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        (await caller.GetAsync($"/v1/records/{id}?asOf={asOf}")).Expect(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task The_first_and_the_last_moment_of_time_are_times()
    {
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        (await caller.GetAsync($"/v1/records/{id}?asOf=0001-01-01T00:00:00Z"))
            .Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.GetAsync($"/v1/records/{id}?asOf=0001-01-01T00:00:00%2B14:00"))
            .Expect(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task Another_accounts_history_is_that_of_a_record_that_never_was()
    {
        var caller = await cell.NewAccountAsync();
        var (other, sibling) = (await cell.NewAccountAsync(), await cell.SiblingAsync(caller));
        var id = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        (await caller.PatchAsync("/v1/records/" + id, """{"name":"Bea"}""")).Expect(HttpStatusCode.OK);
        var now = await MarkAsync();
        var cursor = (await caller.GetAsync($"/v1/records/{id}/history?limit=1")).Text("next");
        var own = await other.NewAsync(Customer, """{"name":"Eve"}""");
        foreach (var stranger in new[] { other, sibling })
        {
            (await stranger.GetAsync($"/v1/records/{id}/history")).Expect(HttpStatusCode.NotFound, "not-found");
            (await stranger.GetAsync($"/v1/records/{id}?asOf={now}")).Expect(HttpStatusCode.NotFound, "not-found");
            (await stranger.GetAsync($"/v1/records/{id}/history?cursor={cursor}"))
                .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        }
        (await other.GetAsync($"/v1/records/{own}/history?cursor={cursor}"))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        var second = await caller.NewAsync(Customer, """{"name":"Cyd"}""");
        (await caller.GetAsync($"/v1/records/{second}/history?cursor={cursor}"))
            .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
    }

    /// <summary>A moment between what was and what comes.</summary>
    internal static async Task<string> MarkAsync()
    {
        await Task.Delay(2);
        var mark = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        await Task.Delay(2);
        return mark;
    }

    private static List<JsonElement> Versions(RecordsReply reply) =>
        [.. reply.Json.GetProperty("versions").EnumerateArray()];

    private static IEnumerable<string?> Kinds(RecordsReply reply) =>
        Versions(reply).Select(version => version.GetProperty("kind").GetString());
}
