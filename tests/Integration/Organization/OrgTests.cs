using System.Text.Json;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Organization;

public sealed class OrgTests(DirectoryFixture directory)
{
    [Fact]
    public async Task Creates_an_org_with_its_account_and_client()
    {
        var code = DirectoryFixture.NewCode();
        var answer = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
            new { code, name = "星辰", publisher = new { @namespace = "acme1" } });
        Assert.Equal(201, answer.Status);
        Assert.Equal($"/v1/orgs/{code}", answer.Response.Headers.Location!.ToString());
        Assert.Equal("no-store", answer.Response.Headers.CacheControl!.ToString());
        var org = answer.Json;
        Assert.Equal("星辰", org.GetProperty("name").GetString());
        Assert.Equal("main", org.GetProperty("group").GetString());
        Assert.Equal("local", org.GetProperty("idc").GetString());
        Assert.Equal("active", org.GetProperty("status").GetString());
        Assert.Equal("main", org.GetProperty("accounts")[0].GetProperty("code").GetString());
        Assert.Equal(["admin", "data", "publisher"], org.GetProperty("client").GetProperty("scopes").EnumerateArray()
            .Select(s => s.GetString()));

        var read = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{code}", DirectoryFixture.Platform);
        Assert.False(read.Json.TryGetProperty("client", out _));
        Assert.DoesNotContain(org.GetProperty("client").GetProperty("clientSecret").GetString()!, read.Text);
        Assert.Equal("acme1", read.Json.GetProperty("publisher").GetProperty("namespace").GetString());
        Assert.Contains("organization;dur=", read.Response.Headers.GetValues("Server-Timing").Single());
    }

    [Fact]
    public async Task An_account_has_a_time_zone_that_can_be_changed()
    {
        var code = DirectoryFixture.NewCode();
        var org = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
            new { code, name = "x", timeZone = "Asia/Shanghai" });
        Assert.Equal("Asia/Shanghai", org.Json.GetProperty("accounts")[0].GetProperty("timeZone").GetString());
        var second = await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{code}/accounts", DirectoryFixture.Platform,
            new { code = "second" });
        Assert.Equal("UTC", second.Json.GetProperty("timeZone").GetString());
        var changed = await directory.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}/accounts/second",
            DirectoryFixture.Platform, new { timeZone = "Asia/Kathmandu" });
        Assert.Equal(("second", "Asia/Kathmandu"), (changed.Json.GetProperty("name").GetString(),
            changed.Json.GetProperty("timeZone").GetString()));
        var listed = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{code}/accounts", DirectoryFixture.Platform);
        Assert.Equal(["Asia/Shanghai", "Asia/Kathmandu"], listed.Json.GetProperty("accounts").EnumerateArray()
            .Select(account => account.GetProperty("timeZone").GetString()));
        var nowhere = await directory.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}/accounts/third",
            DirectoryFixture.Platform, new { timeZone = "UTC" });
        Assert.Equal("not-found", nowhere.Problem);
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("asia/shanghai")]
    [InlineData("+08:00")]
    [InlineData("")]
    public async Task An_unknown_time_zone_is_refused_everywhere(string timeZone)
    {
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, "/v1/orgs"), (HttpMethod.Post, "/v1/orgs/platform/accounts"),
            (HttpMethod.Patch, "/v1/orgs/platform/accounts/main"),
        })
        {
            var refused = await directory.SendAsync(method, path, DirectoryFixture.Platform,
                path == "/v1/orgs" ? new { code = DirectoryFixture.NewCode(), name = "x", timeZone }
                    : method == HttpMethod.Post ? new { code = "zoned", timeZone } : new { timeZone });
            Assert.Equal((422, "content-invalid"), (refused.Status, refused.Problem));
            Assert.Equal([("time-zone-unknown", "/timeZone")], refused.Errors);
        }
    }

    [Fact]
    public async Task Says_everything_that_is_wrong_at_once()
    {
        var answer = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
            new { code = "A", name = "", extra = 1, publisher = new { @namespace = "X!", other = 2 } });
        Assert.Equal((422, "content-invalid"), (answer.Status, answer.Problem));
        Assert.Equal(
            [("value-invalid", "/code"), ("value-invalid", "/name"), ("value-invalid", "/publisher/namespace"),
                ("unknown-member", "/publisher/other"), ("unknown-member", "/extra")],
            answer.Errors);
    }

    [Theory]
    [InlineData("{", "request-invalid")]
    [InlineData("[]", "request-invalid")]
    [InlineData("""{"code":"abc","code":"abd","name":"x"}""", "request-invalid")]
    [InlineData("""{"code":"abc","name":"\ud800"}""", "content-invalid")]
    [InlineData("""{"code":"abc","name":"x","\ud800":1}""", "request-invalid")]
    [InlineData("""{"code":"abc","name":"x","group":"nowhere"}""", "content-invalid")]
    [InlineData("""{"code":5,"name":"x"}""", "content-invalid")]
    public async Task Refuses_bad_bodies(string body, string problem)
    {
        var answer = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform, body);
        Assert.Equal(problem, answer.Problem);
        Assert.Equal("application/problem+json", answer.Response.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Json.TryGetProperty("traceId", out _));
        Assert.DoesNotContain("Exception", answer.Text);
    }

    [Fact]
    public async Task A_taken_code_and_a_taken_namespace_are_both_said_and_nothing_is_kept()
    {
        var code = DirectoryFixture.NewCode();
        var org = new { code, name = "x", publisher = new { @namespace = "taken1" } };
        Assert.Equal(201, (await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform, org))
            .Status);
        var both = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform, org);
        Assert.Equal((409, "org-code-taken"), (both.Status, both.Problem));
        Assert.Equal([("org-code-taken", "/code"), ("namespace-taken", "/publisher/namespace")], both.Errors);

        var other = DirectoryFixture.NewCode();
        var space = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
            new { code = other, name = "x", publisher = new { @namespace = "taken1" } });
        Assert.Equal((409, "namespace-taken"), (space.Status, space.Problem));
        Assert.Equal(404, (await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{other}", DirectoryFixture.Platform))
            .Status);
    }

    [Fact]
    public async Task Of_many_who_ask_for_one_code_at_once_one_gets_it()
    {
        var code = DirectoryFixture.NewCode();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
                new { code, name = "x", publisher = new { @namespace = "race" + code.Split('-')[1] } })));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => Assert.Equal(409, answer.Status));
    }

    [Fact]
    public async Task Lists_page_by_page_with_cursors_that_only_their_caller_can_use()
    {
        for (var i = 0; i < 3; i++) await directory.CreateOrgAsync();
        var first = await directory.SendAsync(HttpMethod.Get, "/v1/orgs?limit=2", DirectoryFixture.Platform);
        Assert.Equal(2, first.Json.GetProperty("orgs").GetArrayLength());
        Assert.Equal("platform", first.Json.GetProperty("orgs")[0].GetProperty("code").GetString());
        var cursor = first.Json.GetProperty("next").GetString()!;
        var second =
            await directory.SendAsync(HttpMethod.Get, $"/v1/orgs?limit=2000&cursor={cursor}",
                DirectoryFixture.Platform);
        Assert.Equal(JsonValueKind.Null, second.Json.GetProperty("next").ValueKind);
        Assert.DoesNotContain("platform", second.Json.GetProperty("orgs").EnumerateArray()
            .Select(org => org.GetProperty("code").GetString()));

        var otherCaller = DirectoryFixture.Platform with { Account = new AccountId(2) };
        foreach (var (who, text) in new[]
        {
            (DirectoryFixture.Platform, cursor[..^2] + "AA"), (DirectoryFixture.Platform, "nonsense"),
                (DirectoryFixture.Platform, "%00"),
            (otherCaller, cursor),
        })
        {
            var refused = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs?cursor={text}", who);
            Assert.Equal((400, "cursor-invalid"), (refused.Status, refused.Problem));
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2001")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task Refuses_a_limit_out_of_range(string limit) =>
        Assert.Equal("request-invalid",
            (await directory.SendAsync(HttpMethod.Get, $"/v1/orgs?limit={limit}", DirectoryFixture.Platform)).Problem);

    [Fact]
    public async Task Suspends_and_erases_in_two_steps_with_a_receipt()
    {
        var (admin, id, secret) = await directory.CreateOrgAsync("erased1");
        var path = $"/v1/orgs/{admin.OrgCode}";
        var early = await directory.SendAsync(HttpMethod.Delete, path, DirectoryFixture.Platform);
        Assert.Equal((409, "conflict"), (early.Status, early.Problem));

        var suspended =
            await directory.SendAsync(HttpMethod.Patch, path, DirectoryFixture.Platform, new { status = "suspended" });
        Assert.Equal("suspended", suspended.Json.GetProperty("status").GetString());
        var token = await directory.TokenAsync($"grant_type=client_credentials&client_id={id}&client_secret={secret}");
        Assert.Equal((400, "unauthorized_client"), (token.Status, token.Json.GetProperty("error").GetString()));
        Assert.Contains(admin.Org.Value, await SuspendedAsync());

        var erased = await directory.SendAsync(HttpMethod.Delete, path, DirectoryFixture.Platform);
        Assert.Equal(200, erased.Status);
        Assert.Equal(1, erased.Json.GetProperty("clients").GetInt32());
        Assert.True(erased.Json.GetProperty("receipt").TryGetGuid(out _));
        Assert.Equal(404, (await directory.SendAsync(HttpMethod.Get, path, DirectoryFixture.Platform)).Status);
        Assert.Contains(admin.Org.Value, await SuspendedAsync()); // its tokens are still out there

        var again = await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
            new { code = DirectoryFixture.NewCode(), name = "x", publisher = new { @namespace = "erased1" } });
        Assert.Equal("namespace-taken", again.Problem);
    }

    [Fact]
    public async Task The_platforms_own_org_stays()
    {
        var answer =
            await directory.SendAsync(HttpMethod.Patch, "/v1/orgs/platform", DirectoryFixture.Platform,
                new { status = "suspended" });
        Assert.Equal(409, answer.Status);
        Assert.Equal(409, (await directory.SendAsync(HttpMethod.Delete, "/v1/orgs/platform", DirectoryFixture.Platform))
            .Status);
    }

    [Fact]
    public async Task Sets_limits_and_takes_them_back()
    {
        var (admin, _, _) = await directory.CreateOrgAsync();
        var path = $"/v1/orgs/{admin.OrgCode}";
        var set =
            await directory.SendAsync(HttpMethod.Patch, path, DirectoryFixture.Platform,
                new { limits = new { requestsPerSecond = 7 }, name = "New" });
        Assert.Equal(7, set.Json.GetProperty("limits").GetProperty("requestsPerSecond").GetInt32());
        Assert.Equal("New", set.Json.GetProperty("name").GetString());
        var back = await directory.SendAsync(HttpMethod.Patch, path, DirectoryFixture.Platform,
            """{"limits":{"requestsPerSecond":null}}""");
        Assert.False(back.Json.TryGetProperty(
            "limits", out _));
        var wrong = await directory.SendAsync(HttpMethod.Patch, path, DirectoryFixture.Platform,
            """{"limits":{"requestsPerSecond":0},"status":"gone"}""");
        Assert.Equal([("value-invalid", "/status"), ("value-invalid", "/limits/requestsPerSecond")], wrong.Errors);
    }

    [Fact]
    public async Task Sites_and_groups_are_added_once()
    {
        var platform = DirectoryFixture.Platform;
        Assert.Equal(201, (await directory.SendAsync(HttpMethod.Post, "/v1/idcs", platform, new { code = "east" }))
            .Status);
        Assert.Equal("code-taken",
            (await directory.SendAsync(HttpMethod.Post, "/v1/idcs", platform, new { code = "east" })).Problem);
        Assert.Equal(201,
            (await directory.SendAsync(HttpMethod.Post, "/v1/groups", platform, new { code = "g2", idc = "east" }))
                .Status);
        Assert.Equal("code-taken",
            (await directory.SendAsync(HttpMethod.Post, "/v1/groups", platform, new { code = "g2", idc = "east" }))
                .Problem);
        var unknown =
            await directory.SendAsync(HttpMethod.Post, "/v1/groups", platform, new { code = "g3", idc = "west" });
        Assert.Equal([("idc-unknown", "/idc")], unknown.Errors);
        Assert.Contains("\"east\"", (await directory.SendAsync(HttpMethod.Get, "/v1/idcs", platform)).Text);
        var snapshot =
            await directory.SendAsync(HttpMethod.Get, "/internal/revocations",
                platform with { Scopes = [Scopes.Internal] });
        Assert.Equal("east", snapshot.Json.GetProperty("groups").GetProperty("g2").GetString());
        var placed =
            await directory.SendAsync(HttpMethod.Post, "/v1/orgs", platform,
                new { code = DirectoryFixture.NewCode(), name = "x", group = "g2" });
        Assert.Equal("east", placed.Json.GetProperty("idc").GetString());
    }

    private async Task<IEnumerable<long>> SuspendedAsync() =>
        (await directory.SendAsync(HttpMethod.Get, "/internal/revocations",
            DirectoryFixture.Platform with { Scopes = [Scopes.Internal] }))
        .Json.GetProperty("suspendedOrgs").EnumerateArray().Select(id => id.GetInt64());
}
