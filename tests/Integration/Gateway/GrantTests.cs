using System.Text.Json;
using Xingchen.Tests.Integration.Organization;

namespace Xingchen.Tests.Integration.Gateway;

/// <summary>What a caller is granted reaches the services, and what is granted anew within a second, without a new
/// token.</summary>
public sealed class GrantTests(EdgeFixture edge)
{
    private const string Path = "/v1/objects/Order/records";

    [Fact]
    public async Task A_users_grants_are_those_of_now_and_end_with_the_user_and_his_client()
    {
        var (code, _, admin) = await edge.CreateOrgAsync();
        var (front, secret) = await ClientAsync(code, admin, ",\"actsForUsers\":true");
        var user = (await edge.SendAsync(HttpMethod.Post, "/v1/users", admin,
            """{"name":"U","email":"u@example.com","attributes":{"region":"north"},"permissionSets":["Sales"]}""")).Json
            .GetProperty("id").GetString()!;
        var token = await UserTokenAsync(front, secret, user);
        var context = await ContextAsync(token);
        Assert.Equal((user, front), (context.GetProperty("actor").GetString(),
            context.GetProperty("client").GetString()));
        Assert.Equal(["Sales"], Sets(context));
        Assert.Contains("north", context.GetProperty("grants").GetProperty("attributes").GetString());
        Assert.Equal("data", Assert.Single(context.GetProperty("scopes").EnumerateArray()).GetString());

        await edge.SendAsync(HttpMethod.Patch, $"/v1/users/{user}", admin,
            """{"permissionSets":[],"attributes":{"region":"south"}}""");
        await Task.Delay(TimeSpan.FromSeconds(1));
        context = await ContextAsync(token);
        Assert.Empty(Sets(context));
        Assert.Contains("south", context.GetProperty("grants").GetProperty("attributes").GetString());
        Assert.Empty(Sets(await ContextAsync(await UserTokenAsync(front, secret, user))));
        Assert.Equal((403, "scope-missing"), await ProblemAsync("/v1/users", token)); // never an administrator's

        var other = (await edge.SendAsync(HttpMethod.Post, "/v1/users", admin,
            """{"name":"V","email":"v@example.com"}""")).Json.GetProperty("id").GetString()!;
        var others = await UserTokenAsync(front, secret, other);
        await edge.SendAsync(HttpMethod.Delete, $"/v1/users/{user}", admin);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal((401, "unauthenticated"), await ProblemAsync(Path, token));
        Assert.Empty(Sets(await ContextAsync(others)));
        await edge.SendAsync(HttpMethod.Delete, $"/v1/orgs/{code}/clients/{front}", admin);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal((401, "unauthenticated"), await ProblemAsync(Path, others));
    }

    [Fact]
    public async Task A_client_is_restricted_and_freed_within_a_second()
    {
        var (code, _, admin) = await edge.CreateOrgAsync();
        var (client, secret) = await ClientAsync(code, admin, "");
        var token = await edge.TokenAsync(client, secret);
        Assert.Equal(JsonValueKind.Undefined, Grants(await ContextAsync(token)).ValueKind);
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}/clients/{client}", admin,
            """{"permissionSets":["Sales","Extra"]}""");
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(["Extra", "Sales"], Sets(await ContextAsync(token)));
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}/clients/{client}", admin,
            """{"permissionSets":null}""");
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(JsonValueKind.Undefined, Grants(await ContextAsync(token)).ValueKind);
    }

    [Fact]
    public async Task A_stream_that_is_followed_ends_when_its_callers_grants_change()
    {
        var (code, client, token) = await edge.CreateOrgAsync();
        using var request = edge.Request(HttpMethod.Get, "/v1/exports?slow=1", token);
        using var response = await edge.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("{\"line\":0}", await reader.ReadLineAsync());
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}/clients/{client}", token,
            """{"permissionSets":[]}""");
        var rest = "";
        try
        {
            while (await reader.ReadLineAsync() is { } line) rest += line;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // cut off: what it should be
        }
        Assert.DoesNotContain("\"line\":2", rest, StringComparison.Ordinal);
    }

    private async Task<(string Id, string Secret)> ClientAsync(string code, string admin, string more)
    {
        var made = await edge.SendAsync(HttpMethod.Post, $"/v1/orgs/{code}/clients", admin,
            """{"name":"app","scopes":["data"]""" + more + "}");
        Assert.Equal(201, made.Status);
        return (made.Json.GetProperty("clientId").GetString()!, made.Json.GetProperty("clientSecret").GetString()!);
    }

    private async Task<string> UserTokenAsync(string client, string secret, string user)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = secret, ["user"] = user,
        });
        var answer = await Answer.ReadAsync(await edge.Client.PostAsync("/oauth/token", form));
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("access_token").GetString()!;
    }

    private async Task<JsonElement> ContextAsync(string token)
    {
        var answer = await edge.SendAsync(HttpMethod.Get, Path, token);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("context");
    }

    private async Task<(int, string)> ProblemAsync(string path, string token)
    {
        var answer = await edge.SendAsync(HttpMethod.Get, path, token);
        return (answer.Status, answer.Problem);
    }

    private static JsonElement Grants(JsonElement context) =>
        context.TryGetProperty("grants", out var grants) && grants.ValueKind != JsonValueKind.Null ? grants : default;

    private static IEnumerable<string?> Sets(JsonElement context) =>
        Grants(context).GetProperty("sets").EnumerateArray().Select(set => set.GetString());
}
