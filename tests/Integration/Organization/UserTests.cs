using System.Buffers.Text;
using System.Text.Json;
using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Organization;

/// <summary>Users, what they and clients are granted, and tokens for users.</summary>
public sealed class UserTests(DirectoryFixture directory)
{
    private const string NoUser = "us_nosuchusernosuchuserno";

    private static readonly OrgContext Gateway = DirectoryFixture.Platform with { Scopes = [Scopes.Internal] };

    [Fact]
    public async Task A_user_is_made_read_listed_changed_and_deleted()
    {
        var (admin, _, _) = await directory.CreateOrgAsync();
        var made = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, new
        {
            name = "Åsa", email = "asa@example.com",
            attributes = new { region = "north", level = 3.50, trainee = true },
            permissionSets = new[] { "c__Visitor", "Sales" },
        });
        Assert.Equal(201, made.Status);
        var id = made.Json.GetProperty("id").GetString()!;
        Assert.Equal($"/v1/users/{id}", made.Response.Headers.Location!.ToString());
        Assert.Equal(["Sales", "c__Visitor"], Sets(made.Json));
        Assert.Equal("north", made.Json.GetProperty("attributes").GetProperty("region").GetString());
        var read = await directory.SendAsync(HttpMethod.Get, $"/v1/users/{id}", admin);
        Assert.Equal((200, made.Text), (read.Status, read.Text));

        var changed = await directory.SendAsync(HttpMethod.Patch, $"/v1/users/{id}", admin,
            """{"name":"Åsa N.","attributes":{"region":null,"office":"Umeå"},"permissionSets":[]}""");
        Assert.Equal(200, changed.Status);
        Assert.Equal(["level", "office", "trainee"],
            changed.Json.GetProperty("attributes").EnumerateObject().Select(member => member.Name).Order());
        Assert.Empty(Sets(changed.Json));
        Assert.Equal("asa@example.com", changed.Json.GetProperty("email").GetString());

        await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, new { name = "B", email = "b@example.com" });
        var page = await directory.SendAsync(HttpMethod.Get, "/v1/users?limit=1", admin);
        var rest = await directory.SendAsync(HttpMethod.Get,
            $"/v1/users?limit=1&cursor={page.Json.GetProperty("next").GetString()}", admin);
        Assert.Equal(2, page.Json.GetProperty("users").EnumerateArray()
            .Concat(rest.Json.GetProperty("users").EnumerateArray())
            .Select(user => user.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(JsonValueKind.Null, rest.Json.GetProperty("next").ValueKind);

        Assert.Equal(204, (await directory.SendAsync(HttpMethod.Delete, $"/v1/users/{id}", admin)).Status);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete, HttpMethod.Patch })
            Assert.Equal(404, (await directory.SendAsync(method, $"/v1/users/{id}", admin,
                method == HttpMethod.Patch ? "{}" : null)).Status);
    }

    [Fact]
    public async Task An_email_address_is_one_users_of_an_org()
    {
        var (admin, _, _) = await directory.CreateOrgAsync();
        var (other, _, _) = await directory.CreateOrgAsync();
        var body = new { name = "A", email = "Same@example.com" };
        var first = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, body);
        Assert.Equal(201, (await directory.SendAsync(HttpMethod.Post, "/v1/users", other, body)).Status);
        var again = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin,
            new { name = "B", email = "same@example.com" });
        Assert.Equal((409, "email-taken"), (again.Status, again.Problem));
        Assert.Equal([("email-taken", "/email")], again.Errors);
        await directory.SendAsync(HttpMethod.Delete, $"/v1/users/{first.Json.GetProperty("id").GetString()}", admin);
        Assert.Equal(201, (await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, body)).Status);
    }

    [Fact]
    public async Task Everything_wrong_with_a_user_is_said_at_once()
    {
        var (admin, _, _) = await directory.CreateOrgAsync();
        var answer = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, """
            {"email":"nobody","attributes":{"Region":"x","deep":{"a":1},"half":"\ud800"},
             "permissionSets":["A","A","not a name",7],"role":"boss"}
            """);
        Assert.Equal((422, "content-invalid"), (answer.Status, answer.Problem));
        Assert.Equal(
            ["/attributes", "/attributes/deep", "/attributes/half", "/email", "/name", "/permissionSets/1",
                "/permissionSets/2", "/permissionSets/3", "/role"],
            answer.Errors.Select(error => error.Pointer).Order(StringComparer.Ordinal));
        var many = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, new
        {
            name = "A", email = "many@example.com",
            attributes = Enumerable.Range(0, 21).ToDictionary(i => $"a{i}", i => i),
        });
        Assert.Equal(422, many.Status);
        var nothing = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin,
            """{"name":"A","email":"null@example.com","permissionSets":null}""");
        Assert.Equal([("type-mismatch", "/permissionSets")], nothing.Errors);
    }

    [Fact]
    public async Task Users_are_an_administrators_and_another_orgs_are_absent()
    {
        var (own, _, _) = await directory.CreateOrgAsync();
        var (other, _, _) = await directory.CreateOrgAsync();
        var made = await directory.SendAsync(HttpMethod.Post, "/v1/users", other,
            new { name = "Secret", email = "secret@example.com" });
        var id = made.Json.GetProperty("id").GetString()!;
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Patch, HttpMethod.Delete })
        {
            var body = method == HttpMethod.Patch ? """{"name":"mine"}""" : null;
            var foreign = await directory.SendAsync(method, $"/v1/users/{id}", own, body);
            var absent = await directory.SendAsync(method, $"/v1/users/{NoUser}", own, body);
            Assert.Equal((404, absent.Comparable), (foreign.Status, foreign.Comparable));
            var data = await directory.SendAsync(
                method, $"/v1/users/{id}", other with { Scopes = [Scopes.Data] }, body);
            Assert.Equal("scope-missing", data.Problem);
        }
        Assert.Equal(0, (await directory.SendAsync(HttpMethod.Get, "/v1/users", own)).Json.GetProperty("users")
            .GetArrayLength());
        Assert.Equal(made.Text, (await directory.SendAsync(HttpMethod.Get, $"/v1/users/{id}", other)).Text);
    }

    [Fact]
    public async Task A_client_that_acts_for_users_gets_tokens_for_them()
    {
        var (admin, id, secret) = await directory.CreateOrgAsync();
        var (other, _, _) = await directory.CreateOrgAsync();
        var user = await AddUserAsync(admin, "Sales");
        var foreign = await AddUserAsync(other, "Sales");
        Assert.Equal("unauthorized_client", await FailureAsync(id, secret, user)); // a right of its own

        var made = await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{admin.OrgCode}/clients", admin,
            new { name = "front", scopes = new[] { "data", "admin" }, actsForUsers = true });
        (id, secret) = (made.Json.GetProperty("clientId").GetString()!,
            made.Json.GetProperty("clientSecret").GetString()!);
        var claims = await ClaimsAsync(id, secret, user);
        Assert.Equal((user, id, "data"), (claims.GetProperty("sub").GetString(),
            claims.GetProperty("client").GetString(), claims.GetProperty("scope").GetString()));
        Assert.Equal("Sales", Assert.Single(claims.GetProperty("sets").EnumerateArray()).GetString());
        Assert.Contains("north", claims.GetProperty("attributes").GetString());
        Assert.Equal("invalid_request", await FailureAsync(id, secret, foreign));
        Assert.Equal("invalid_request", await FailureAsync(id, secret, "us_nobody"));
        Assert.Equal("invalid_request", await FailureAsync(id, secret, "\0"));
        Assert.Equal("invalid_scope", await FailureAsync(id, secret, user + "&scope=admin"));
        Assert.False((await ClaimsAsync(id, secret, null)).TryGetProperty("sets", out _));

        await directory.SendAsync(HttpMethod.Delete, $"/v1/users/{user}", admin);
        Assert.Equal("invalid_request", await FailureAsync(id, secret, user));
        var useless = await directory.SendAsync(HttpMethod.Post, $"/v1/orgs/{admin.OrgCode}/clients", admin,
            new { name = "front", scopes = new[] { "admin" }, actsForUsers = true });
        Assert.Equal([("value-invalid", "/scopes")], useless.Errors);
    }

    [Fact]
    public async Task A_client_is_restricted_by_sets_and_freed_by_null()
    {
        var (admin, id, secret) = await directory.CreateOrgAsync();
        var path = $"/v1/orgs/{admin.OrgCode}/clients/{id}";
        var before = await directory.SendAsync(HttpMethod.Get, path, admin);
        Assert.False(before.Json.TryGetProperty("permissionSets", out _));
        var changed = await directory.SendAsync(HttpMethod.Patch, path, admin,
            """{"permissionSets":["Sales"],"attributes":{"region":"south"}}""");
        Assert.Equal(["Sales"], Sets(changed.Json));
        var claims = await ClaimsAsync(id, secret, null);
        Assert.Equal("Sales", claims.GetProperty("sets")[0].GetString());
        Assert.False(claims.TryGetProperty("client", out _));
        await directory.SendAsync(HttpMethod.Patch, path, admin, """{"permissionSets":[]}""");
        Assert.Equal(0, (await ClaimsAsync(id, secret, null)).GetProperty("sets").GetArrayLength());
        await directory.SendAsync(HttpMethod.Patch, path, admin, """{"permissionSets":null}""");
        Assert.False((await ClaimsAsync(id, secret, null)).TryGetProperty("sets", out _));
        var (other, foreign, _) = await directory.CreateOrgAsync();
        var absent = await directory.SendAsync(
            HttpMethod.Patch, $"/v1/orgs/{admin.OrgCode}/clients/cl_none", admin, "{}");
        foreach (var org in new[] { admin, other })
        {
            var asked = await directory.SendAsync(
                HttpMethod.Patch, $"/v1/orgs/{org.OrgCode}/clients/{foreign}", admin, "{}");
            Assert.Equal((404, absent.Comparable), (asked.Status, asked.Comparable));
        }
    }

    [Fact]
    public async Task Gateways_are_told_what_was_granted_since_the_version_they_know()
    {
        var (admin, id, _) = await directory.CreateOrgAsync();
        var user = await AddUserAsync(admin, "Sales");
        var start = await RevocationsAsync(0);
        Assert.DoesNotContain(user, Subjects(start)); // tokens say it themselves
        await directory.SendAsync(HttpMethod.Patch, $"/v1/users/{user}", admin,
            """{"permissionSets":["Other"],"attributes":{"region":"south"}}""");
        var known = start.GetProperty("version").GetInt64();
        var told = await RevocationsAsync(known);
        Assert.True(told.GetProperty("version").GetInt64() > known);
        var granted = told.GetProperty("grants").EnumerateArray()
            .Single(entry => entry.GetProperty("subject").GetString() == user);
        Assert.Equal("Other", granted.GetProperty("sets")[0].GetString());
        Assert.Equal("""{"region": "south"}""", granted.GetProperty("attributes").GetString());
        Assert.DoesNotContain(user, Subjects(await RevocationsAsync(told.GetProperty("version").GetInt64())));

        await directory.SendAsync(HttpMethod.Patch, $"/v1/orgs/{admin.OrgCode}/clients/{id}", admin,
            """{"permissionSets":["Sales"]}""");
        await directory.SendAsync(HttpMethod.Patch, $"/v1/orgs/{admin.OrgCode}/clients/{id}", admin,
            """{"permissionSets":null}""");
        var freed = (await RevocationsAsync(known)).GetProperty("grants").EnumerateArray()
            .Single(entry => entry.GetProperty("subject").GetString() == id);
        Assert.False(freed.TryGetProperty("sets", out var sets) && sets.ValueKind != JsonValueKind.Null);
        await directory.SendAsync(HttpMethod.Delete, $"/v1/users/{user}", admin);
        Assert.Contains(user, (await RevocationsAsync(0)).GetProperty("revokedClients").EnumerateArray()
            .Select(entry => entry.GetString()));
    }

    private static IEnumerable<string?> Sets(JsonElement view) =>
        view.GetProperty("permissionSets").EnumerateArray().Select(set => set.GetString());

    private static IEnumerable<string?> Subjects(JsonElement told) =>
        !told.TryGetProperty("grants", out var grants) || grants.ValueKind == JsonValueKind.Null ? []
            : grants.EnumerateArray().Select(entry => entry.GetProperty("subject").GetString());

    private async Task<string> AddUserAsync(OrgContext admin, string set)
    {
        var made = await directory.SendAsync(HttpMethod.Post, "/v1/users", admin, new
        {
            name = "U", email = "u@example.com", attributes = new { region = "north" }, permissionSets = new[] { set },
        });
        Assert.Equal(201, made.Status);
        return made.Json.GetProperty("id").GetString()!;
    }

    private async Task<JsonElement> RevocationsAsync(long known) =>
        (await directory.SendAsync(HttpMethod.Get, $"/internal/revocations?known={known}", Gateway)).Json;

    private static string Form(string id, string secret, string? user) =>
        $"grant_type=client_credentials&client_id={id}&client_secret={secret}"
        + (user is null ? "" : "&user=" + user.Replace("\0", "%00"));

    private async Task<JsonElement> ClaimsAsync(string id, string secret, string? user)
    {
        var answer = await directory.TokenAsync(Form(id, secret, user));
        Assert.True(answer.Status == 200, answer.Text);
        var token = answer.Json.GetProperty("access_token").GetString()!;
        return JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;
    }

    private async Task<string?> FailureAsync(string id, string secret, string user) =>
        (await directory.TokenAsync(Form(id, secret, user))).Json.GetProperty("error").GetString();
}
