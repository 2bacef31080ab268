using Xingchen.Model;

namespace Xingchen.Tests.Integration.Organization;

/// <summary>An administrator of one org against everything of another: what is foreign answers as what is
/// absent.</summary>
public sealed class IsolationTests(DirectoryFixture directory)
{
    public static TheoryData<string, string, string?> Routes => new()
    {
        { "GET", "/v1/orgs/{org}", null },
        { "GET", "/v1/orgs/{org}/accounts", null },
        { "GET", "/v1/orgs/{org}/accounts?limit=1", null },
        { "POST", "/v1/orgs/{org}/accounts", """{"code":"sneaked"}""" },
        { "POST", "/v1/orgs/{org}/accounts", """{"code":"main"}""" },
        { "GET", "/v1/orgs/{org}/clients", null },
        { "POST", "/v1/orgs/{org}/clients", """{"name":"sneaked","scopes":["admin"]}""" },
        { "POST", "/v1/orgs/{org}/clients", """{"name":"sneaked","scopes":["admin"],"account":"secret-account"}""" },
        { "GET", "/v1/orgs/{org}/clients/{client}", null },
        { "DELETE", "/v1/orgs/{org}/clients/{client}", null },
        { "PATCH", "/v1/orgs/{org}/clients/{client}", """{"permissionSets":[]}""" },
        { "PATCH", "/v1/orgs/{own}/clients/{client}", """{"permissionSets":[]}""" },
        // The other org's client, addressed through the caller's own org.
        { "GET", "/v1/orgs/{own}/clients/{client}", null },
        { "DELETE", "/v1/orgs/{own}/clients/{client}", null },
        // The other org's account, named in a body.
        { "POST", "/v1/orgs/{own}/clients", """{"name":"sneaked","scopes":["data"],"account":"{account}"}""" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Foreign_is_absent_byte_for_byte(string method, string route, string? body)
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var (other, client, _) = await directory.CreateOrgAsync();
        var account = await directory.SendAsync(
            HttpMethod.Post, $"/v1/orgs/{other.OrgCode}/accounts", other, new { code = "secret-account" });
        Assert.Equal(201, account.Status);

        async Task<Answer> Ask(string org, string id, string code) => await directory.SendAsync(
            new HttpMethod(method), route.Replace("{org}", org).Replace("{own}", own.OrgCode).Replace("{client}", id),
                own,
            body?.Replace("{account}", code));
        var foreign = await Ask(other.OrgCode, client, "secret-account");
        var absent = await Ask("no-such-org", "cl_nosuchclientnosuchcl", "no-such-account");

        Assert.Equal(route.Contains("{own}/clients", StringComparison.Ordinal) && method == "POST" ? 422 : 404,
            foreign.Status);
        Assert.Equal(absent.Comparable, foreign.Comparable);
        Assert.Equal(absent.Response.Headers.Select(h => h.Key).Order(), foreign.Response.Headers.Select(h => h.Key)
            .Order());
        // And nothing happened to the other org.
        var clients = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{other.OrgCode}/clients", other);
        Assert.Equal(client, Assert.Single(clients.Json.GetProperty("clients").EnumerateArray()).GetProperty("clientId")
            .GetString());
        var accounts = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{other.OrgCode}/accounts", other);
        Assert.Equal(2, accounts.Json.GetProperty("accounts").GetArrayLength());
    }

    [Fact]
    public async Task A_cursor_of_one_orgs_list_opens_no_other()
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var (other, _, _) = await directory.CreateOrgAsync();
        foreach (var org in new[] { own, other })
            await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{org.OrgCode}/accounts", org, new { code = "b" });
        var page = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{other.OrgCode}/accounts?limit=1", other);
        var cursor = page.Json.GetProperty("next").GetString();
        var stolen =
            await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{own.OrgCode}/accounts?limit=1&cursor={cursor}", own);
        Assert.Equal("cursor-invalid", stolen.Problem);
        var rest =
            await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{other.OrgCode}/accounts?limit=1&cursor={cursor}",
                other);
        Assert.Equal("b", rest.Json.GetProperty("accounts")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("POST", "/v1/orgs")]
    [InlineData("GET", "/v1/orgs")]
    [InlineData("PATCH", "/v1/orgs/{own}")]
    [InlineData("PATCH", "/v1/orgs/{other}")]
    [InlineData("DELETE", "/v1/orgs/{other}")]
    [InlineData("GET", "/v1/idcs")]
    [InlineData("POST", "/v1/idcs")]
    [InlineData("GET", "/v1/groups")]
    [InlineData("POST", "/v1/groups")]
    [InlineData("GET", "/v1/topology")]
    [InlineData("GET", "/internal/revocations")]
    [InlineData("GET", "/internal/accounts?group=main&org=0&account=0&limit=10")]
    public async Task What_is_the_platforms_is_no_administrators(string method, string route)
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var path = route.Replace("{own}", own.OrgCode).Replace("{other}", "some-org");
        var answer =
            await directory.SendAsync(new HttpMethod(method), path, own, method is "GET" or "DELETE" ? null : "{}");
        Assert.Equal((403, "scope-missing"), (answer.Status, answer.Problem));
        var nobody =
            await directory.SendAsync(new HttpMethod(method), path, null, method is "GET" or "DELETE" ? null : "{}");
        Assert.Equal((401, "unauthenticated"), (nobody.Status, nobody.Problem));
    }

    [Fact]
    public async Task A_token_for_data_sees_nothing_of_the_directory()
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var answer =
            await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{own.OrgCode}", own with { Scopes = [Scopes.Data] });
        Assert.Equal((403, "scope-missing"), (answer.Status, answer.Problem));
    }

    [Theory]
    [InlineData("platform")]
    [InlineData("internal")]
    [InlineData("publisher")] // without a namespace
    [InlineData("root")]
    public async Task Nobody_gives_more_than_an_org_may_have(string scope)
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var answer = await directory.SendAsync(
            HttpMethod.Post, $"/v1/orgs/{own.OrgCode}/clients", own,
                new { name = "more", scopes = new[] { "data", scope } });
        Assert.Equal([("value-invalid", "/scopes")], answer.Errors);
        if (scope != "platform") return;
        var byOperator =
            await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{own.OrgCode}/clients", DirectoryFixture.Platform,
            new { name = "more", scopes = new[] { scope } });
        Assert.Equal([("value-invalid", "/scopes")], byOperator.Errors);
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("a%00b")]
    [InlineData("';drop table x--")]
    [InlineData("%2e%2e%2f")]
    [InlineData("ORG")]
    public async Task Odd_codes_are_absent(string code)
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var answer = await directory.SendAsync(HttpMethod.Get, $"/v1/orgs/{code}", own);
        Assert.True(answer.Status is 404 or 400, answer.Text);
    }
}
