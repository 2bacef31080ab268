using System.Net;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract;

/// <summary>What was published is in force at the very next request, also where a moment ago the same was
/// refused.</summary>
public sealed class FreshnessTests(HostFixture host)
{
    [Fact]
    public async Task A_field_is_there_at_the_next_request_and_gone_at_the_one_after_its_removal()
    {
        using var @operator = await host.OperatorAsync();
        using var api = await @operator.CreateOrgAsync("fresh-org");
        for (var i = 0; i < 10; i++)
        {
            var field = $"c__f{i}";
            var record = new Dictionary<string, object> { ["name"] = "Åse", [field] = i };
            (await api.PostAsync("/v1/objects/Customer/records", record)).Expect((HttpStatusCode)422);
            (await api.PutAsync(
                $"/v1/metadata/objects/Customer/fields/{field}", new { type = "integer", label = new { en = field } }))
                .Expect(HttpStatusCode.Created);
            (await api.PostAsync("/v1/objects/Customer/records", record)).Expect(HttpStatusCode.Created);
            var found = await api.QueryAsync($"SELECT name, {field} FROM Customer WHERE {field} = {i}");
            Assert.Equal(i, Assert.Single(found).GetProperty(field).GetInt32());
            (await api.DeleteAsync($"/v1/metadata/objects/Customer/fields/{field}")).Expect(HttpStatusCode.NoContent);
            (await api.GetAsync($"/v1/query?q=SELECT%20{field}%20FROM%20Customer")).Expect(HttpStatusCode.BadRequest);
            (await api.PostAsync("/v1/objects/Customer/records", record)).Expect((HttpStatusCode)422);
        }
    }

    [Fact]
    public async Task An_object_is_there_at_the_next_request()
    {
        using var @operator = await host.OperatorAsync();
        using var api = await @operator.CreateOrgAsync("fresh-object");
        (await api.GetAsync("/v1/objects/c__New/records")).Expect(HttpStatusCode.NotFound);
        (await api.PutAsync("/v1/metadata/objects/c__New", new
        {
            name = "c__New", label = new { en = "New" }, pluralLabel = new { en = "New" }, nameField = "title",
            fields = new[] { new { name = "title", type = "text", length = 10, label = new { en = "Title" } } },
        })).Expect(HttpStatusCode.Created);
        (await api.GetAsync("/v1/objects/c__New/records")).Expect(HttpStatusCode.OK);
        (await api.PostAsync("/v1/objects/c__New/records", new { title = "x" })).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_accounts_days_begin_where_its_time_zone_says_within_a_second()
    {
        using var @operator = await host.OperatorAsync();
        using var api = await @operator.CreateOrgAsync("zoned-org");
        (await api.PutAsync("/v1/metadata/objects/Customer/fields/c__seen",
            new { type = "dateTime", label = new { en = "Seen" } })).Expect(HttpStatusCode.Created);
        (await api.PostAsync("/v1/objects/Customer/records", new { name = "x", c__seen = "2026-11-19T18:30:00Z" }))
            .Expect(HttpStatusCode.Created);
        const string Question = "SELECT id FROM Customer WHERE c__seen >= 2026-11-20";
        Assert.Empty(await api.QueryAsync(Question));
        (await api.PatchAsync("/v1/orgs/zoned-org/accounts/main", new { timeZone = "Asia/Kathmandu" }))
            .Expect(HttpStatusCode.OK);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Single(await api.QueryAsync(Question));
        (await api.PatchAsync("/v1/orgs/zoned-org/accounts/main", new { timeZone = "UTC" })).Expect(HttpStatusCode.OK);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Empty(await api.QueryAsync(Question));
    }

    [Fact]
    public async Task A_revoked_client_and_a_suspended_org_are_refused_within_a_second()
    {
        using var @operator = await host.OperatorAsync();
        using var admin = await @operator.CreateOrgAsync("revoked-org");
        var client =
            (await admin.PostAsync("/v1/orgs/revoked-org/clients", new { name = "app", scopes = new[] { "data" } }))
            .Expect(HttpStatusCode.Created).Json;
        using var app = await ApiCaller.SignInAsync(
            host.Url, client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!);
        (await app.GetAsync("/v1/objects")).Expect(HttpStatusCode.OK);
        (await admin.DeleteAsync($"/v1/orgs/revoked-org/clients/{app.ClientId}")).Expect(HttpStatusCode.NoContent);
        await Task.Delay(TimeSpan.FromSeconds(1));
        (await app.GetAsync("/v1/objects")).Expect(HttpStatusCode.Unauthorized);
        (await @operator.PatchAsync("/v1/orgs/revoked-org", new { status = "suspended" })).Expect(HttpStatusCode.OK);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal("org-suspended", (await admin.GetAsync("/v1/objects")).Expect(HttpStatusCode.Forbidden).Problem);
        (await @operator.PatchAsync("/v1/orgs/revoked-org", new { status = "active" })).Expect(HttpStatusCode.OK);
        await Task.Delay(TimeSpan.FromSeconds(1));
        (await admin.GetAsync("/v1/objects")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_feed_that_is_followed_ends_when_its_client_is_revoked()
    {
        using var @operator = await host.OperatorAsync();
        using var admin = await @operator.CreateOrgAsync("followed-org");
        var client = (await admin.PostAsync(
            "/v1/orgs/followed-org/clients", new { name = "app", scopes = new[] { "data" } })).Json;
        using var app = await ApiCaller.SignInAsync(
            host.Url, client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!);
        using var http = new HttpClient { BaseAddress = host.Url };
        http.DefaultRequestHeaders.Add("Authorization", "Bearer " + app.Token);
        http.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        using var lines = new StreamReader(await http.GetStreamAsync("/v1/changes"));
        (await admin.PostAsync("/v1/objects/Customer/records", new { name = "before" })).Expect(HttpStatusCode.Created);
        string? change;
        do change = await lines.ReadLineAsync();
        while (change?.Contains("before", StringComparison.Ordinal) == false);
        Assert.NotNull(change); // the stream brought it, and goes on


        (await admin.DeleteAsync($"/v1/orgs/followed-org/clients/{app.ClientId}")).Expect(HttpStatusCode.NoContent);
        await Task.Delay(TimeSpan.FromSeconds(1));
        (await admin.PostAsync("/v1/objects/Customer/records", new { name = "after" })).Expect(HttpStatusCode.Created);
        var seen = "";
        try
        {
            while (await lines.ReadLineAsync() is { } line) seen += line;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // cut off: what it should be
        }
        Assert.DoesNotContain("after", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_is_in_force_at_the_next_request_and_what_it_compares_with_soon()
    {
        using var @operator = await host.OperatorAsync();
        using var admin = await @operator.CreateOrgAsync("ruled-org");
        await AllowAsync("creditLimit >= :user.least");
        var made = (await admin.PostAsync(
            "/v1/orgs/ruled-org/clients", new { name = "clerk", scopes = new[] { "data" } }))
            .Expect(HttpStatusCode.Created).Json;
        var id = made.GetProperty("clientId").GetString()!;
        await GrantAsync(10);
        using var clerk = await ApiCaller.SignInAsync(host.Url, id, made.GetProperty("clientSecret").GetString()!);
        foreach (var limit in new[] { 5, 15 })
            (await admin.PostAsync("/v1/objects/Customer/records", new { name = $"c{limit}", creditLimit = limit }))
                .Expect(HttpStatusCode.Created);
        Assert.Equal("c15", Assert.Single(await SeenAsync()));

        await GrantAsync(1);
        for (var tries = 0; tries < 200 && (await SeenAsync()).Count < 2; tries++) await Task.Delay(50);
        Assert.Equal(2, (await SeenAsync()).Count);
        await AllowAsync("creditLimit < :user.least + 10");
        Assert.Equal("c5", Assert.Single(await SeenAsync()));
        await AllowAsync("createdBy = :user");
        Assert.Empty(await SeenAsync());
        var refused = await SetAsync("nothing = :user");
        Assert.Equal(("definition-invalid", "/objects/0/rule"),
            (refused.Problem, refused.Json.GetProperty("errors")[0].GetProperty("pointer").GetString()));
        Assert.Empty(await SeenAsync());

        Task<Answer> SetAsync(string rule) => admin.PutAsync("/v1/metadata/permission-sets/c__Clerk", new
        {
            name = "c__Clerk", objects = new[] { new { @object = "Customer", read = true, otherFields = "see", rule } },
        });
        async Task AllowAsync(string rule)
        {
            var answer = await SetAsync(rule);
            Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK, answer.Body);
        }
        async Task GrantAsync(int least) => (await admin.PatchAsync("/v1/orgs/ruled-org/clients/" + id,
            new { permissionSets = new[] { "c__Clerk" }, attributes = new { least } })).Expect(HttpStatusCode.OK);
        async Task<IReadOnlyList<string>> SeenAsync() =>
            [.. (await clerk.QueryAsync("SELECT name FROM Customer"))
                .Select(row => row.GetProperty("name").GetString()!)];
    }
}
