using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xingchen.Tests.Integration.Organization;

namespace Xingchen.Tests.Integration.Gateway;

public sealed class EdgeTests(EdgeFixture edge)
{
    [Fact]
    public async Task Stamps_the_tokens_identity_and_no_other()
    {
        var (code, client, token) = await edge.CreateOrgAsync();
        var answer =
            await edge.SendAsync(HttpMethod.Get, "/v1/objects/Order/records?limit=5&filter=a%20%3D%20'%26'", token,
                null,
            ("Xingchen-Context", "forged"), ("xingchen-path", "/internal/x"), ("dapr-app-id", "organization"),
            ("dapr-caller-app-id", "gateway"), ("X-Forwarded-For", "6.6.6.6"), ("Forwarded", "for=6.6.6.6"),
            ("Connection", "X-Private"), ("X-Private", "1"), ("X-Mine", "kept"), ("Accept-Language", "zh-CN"));
        Assert.Equal(200, answer.Status);
        var seen = answer.Json;
        var context = seen.GetProperty("context");
        Assert.Equal((code, client),
            (context.GetProperty("orgCode").GetString(), context.GetProperty("actor").GetString()));
        Assert.Equal("?limit=5&filter=a%20%3D%20'%26'", seen.GetProperty("query").GetString());
        var headers = seen.GetProperty("headers");
        Assert.Equal("kept", headers.GetProperty("x-mine").GetString());
        Assert.Equal("zh-CN", headers.GetProperty("accept-language").GetString());
        Assert.False(headers.TryGetProperty("x-private", out _));
        Assert.False(headers.TryGetProperty("authorization", out _));
        Assert.DoesNotContain("6.6.6.6", answer.Text);
        Assert.DoesNotContain("forged", answer.Text);
    }

    [Theory]
    [InlineData("/v1/objects/Order/records/by/name/a%2Fb", "a/b")]
    [InlineData("/v1/objects/Order/records/by/name/a%252Fb", "a%2Fb")]
    [InlineData("/v1/objects/Order/records/by/name/%E6%98%9F%20%3F%23", "星 ?#")]
    [InlineData("/v1/objects/Order/records/by/name/..a", "..a")]
    [InlineData("/v1/objects/Order/records/by/name/a+b", "a+b")]
    [InlineData("/v1/objects/Order/records/by/name/", "")]
    public async Task Hands_the_path_on_byte_for_byte(string path, string last)
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        var answer = await edge.SendAsync(HttpMethod.Get, path + "?x=1", token);
        Assert.Equal(200, answer.Status);
        Assert.Equal(path, answer.Json.GetProperty("raw").GetString());
        Assert.Equal(last, answer.Json.GetProperty("segments").EnumerateArray().Last().GetString());
        Assert.Equal("?x=1", answer.Json.GetProperty("query").GetString());
    }

    [Theory]
    [InlineData("/v1/objects/../../internal/revocations")]
    [InlineData("/v1/records/%2e%2e/%2e%2e/internal/revocations")]
    [InlineData("/v1/records/./x")]
    public async Task Refuses_dot_segments(string path)
    {
        var answer = await edge.SendAsync(HttpMethod.Get, path, await edge.OperatorAsync());
        Assert.Equal((400, "request-invalid"), (answer.Status, answer.Problem));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v2/orgs")]
    [InlineData("/internal/revocations")]
    [InlineData("/dapr/subscribe")]
    [InlineData("/v1/objects/a/fields")]
    [InlineData("//v1/orgs")]
    [InlineData("/v1/groups/nowhere/release")]
    [InlineData("/problems/no-such")]
    public async Task Unknown_routes_are_a_404_problem(string path)
    {
        var answer = await edge.SendAsync(HttpMethod.Get, path, await edge.OperatorAsync());
        Assert.Equal((404, "not-found"), (answer.Status, answer.Problem));
        Assert.Equal("application/problem+json", answer.Response.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Response.Headers.Contains("Server-Timing"));
    }

    [Fact]
    public async Task Refuses_bad_tokens()
    {
        var token = await edge.OperatorAsync();
        var parts = token.Split('.');
        string B64(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
        var kid = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0]))
            .RootElement.GetProperty("kid").GetString();
        foreach (var bad in new[]
        {
            "x", "a.b.c", token + "x", parts[0] + "." + parts[1] + ".", $"{B64("""{"alg":"none"}""")}.{parts[1]}.",
            $"{B64($$"""{"alg":"HS256","kid":"{{kid}}"}""")}.{parts[1]}.{parts[2]}",
            $"{B64("""{"alg":"ES256","kid":"unknown"}""")}.{parts[1]}.{parts[2]}",
            $"{parts[0]}.{B64("""{"iss":"xingchen","org":1}""")}.{parts[2]}", new string('a', 10_000),
        })
        {
            var answer =
                await edge.SendAsync(HttpMethod.Get, "/v1/orgs", null, null, ("Authorization", "Bearer " + bad));
            Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Problem));
            Assert.Contains("invalid_token", answer.Response.Headers.WwwAuthenticate.ToString());
        }
        var none = await edge.SendAsync(HttpMethod.Get, "/v1/orgs", null);
        Assert.Equal((401, "Bearer"), (none.Status, none.Response.Headers.WwwAuthenticate.ToString()));
    }

    [Fact]
    public async Task Revocation_and_suspension_take_effect_within_a_second()
    {
        var (code, client, token) = await edge.CreateOrgAsync();
        Assert.Equal(200, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token)).Status);
        var revoked = await edge.SendAsync(HttpMethod.Delete, $"/v1/orgs/{code}/clients/{client}", token);
        Assert.Equal(204, revoked.Status);
        await Task.Delay(1000);
        Assert.Equal(401, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token)).Status);

        var (other, _, live) = await edge.CreateOrgAsync();
        Assert.Equal(200, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", live)).Status);
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{other}", await edge.OperatorAsync(),
            """{"status":"suspended"}""");
        await Task.Delay(1000);
        var suspended = await edge.SendAsync(HttpMethod.Get, "/v1/records/x", live);
        Assert.Equal((403,
            "org-suspended"), (suspended.Status, suspended.Problem));
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{other}", await edge.OperatorAsync(),
            """{"status":"active"}""");
        await Task.Delay(1000);
        Assert.Equal(200, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", live)).Status);
    }

    [Fact]
    public async Task Streams_answers_as_they_come_and_drops_what_is_of_one_hop()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        using var request = edge.Request(HttpMethod.Get, "/v1/exports", token);
        using var response = await edge.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var clock = Stopwatch.StartNew();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("{\"line\":0}", await reader.ReadLineAsync());
        Assert.True(clock.ElapsedMilliseconds < 700, "the first line waited for the last");
        Assert.Equal("{\"line\":1}", await reader.ReadLineAsync());
        Assert.Equal("{\"line\":2}", await reader.ReadLineAsync());
        Assert.False(response.Headers.Contains("dapr-secret"));
        var timing = string.Join(',', response.Headers.GetValues("Server-Timing"));
        Assert.Contains("auth;dur=", timing);
        Assert.Contains("gateway;dur=", timing);
        Assert.Equal(2, timing.Split("dur=").Length - 2); // the service's own stage stands before
    }

    [Fact]
    public async Task Streams_an_import_of_any_size_and_caps_other_bodies()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        using var import = edge.Request(HttpMethod.Post, "/v1/imports", token);
        import.Content = new StreamContent(new MemoryStream(new byte[3_000_000]));
        import.Headers.TransferEncodingChunked = true;
        var imported = await Answer.ReadAsync(await edge.Client.SendAsync(import));
        Assert.Equal(3_000_000, imported.Json.GetProperty("bytes").GetInt64());

        var fits =
            await edge.SendAsync(HttpMethod.Post, "/v1/objects/Order/records", token,
                "\"" + new string('x', 90_000) + "\"");
        Assert.Equal(90_002, fits.Json.GetProperty("bytes").GetInt64());
        var declared =
            await edge.SendAsync(HttpMethod.Post, "/v1/objects/Order/records", token, new string('x', 100_001));
        Assert.Equal((413, "body-too-large"), (declared.Status, declared.Problem));
    }

    [Fact]
    public async Task Caps_a_body_that_does_not_say_its_size()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, edge.Gateway.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/objects/Order/records HTTP/1.1\r\nHost: x\r\n" +
            $"Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"));
        var chunk = Encoding.ASCII.GetBytes("8000\r\n" + new string('x', 0x8000) + "\r\n");
        for (var i = 0; i < 4; i++) await stream.WriteAsync(chunk);
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 413 Payload Too Large", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_caller_that_leaves_cancels_the_call()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        using var request = edge.Request(HttpMethod.Get, "/v1/changes", token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => edge.Client.SendAsync(request, leave.Token));
        await edge.GivenUp.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task What_is_behind_and_broken_is_a_problem_without_internals()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        var absent = await edge.SendAsync(HttpMethod.Get, "/v1/functions/p/f", token); // has no sidecar here
        var crashed = await edge.SendAsync(HttpMethod.Post, "/v1/batch", token, "{}");
        foreach (var answer in new[] { absent, crashed })
        {
            Assert.Equal((503, "unavailable"), (answer.Status, answer.Problem));
            Assert.Equal("1", answer.Response.Headers.RetryAfter!.ToString());
            Assert.DoesNotContain("ERR_", answer.Text);
            Assert.DoesNotContain("127.0.0.1", answer.Text);
            Assert.DoesNotContain("extensions-main", answer.Text);
        }
    }

    [Fact]
    public async Task Keeps_the_callers_trace()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        var seen =
            await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token, null,
                ("traceparent", $"00-{Trace}-b7ad6b7169203331-01"));
        Assert.StartsWith($"00-{Trace}-", seen.Json.GetProperty("headers").GetProperty("traceparent").GetString());
        var problem =
            await edge.SendAsync(HttpMethod.Get, "/nowhere", token, null,
                ("traceparent", $"00-{Trace}-b7ad6b7169203331-01"));
        Assert.Equal(Trace, problem.Json.GetProperty("traceId").GetString());
    }

    [Fact]
    public async Task Limits_can_be_read_and_the_rate_is_held()
    {
        var (code, _, token) = await edge.CreateOrgAsync();
        var limits = (await edge.SendAsync(HttpMethod.Get, "/v1/limits", token)).Json;
        Assert.Equal(JsonValueKind.Null, limits.GetProperty("requestsPerSecond").GetProperty(
            "maximum").ValueKind);
        Assert.Equal(100_000, limits.GetProperty("requestBodyBytes").GetProperty("maximum").GetInt64());
        await edge.SendAsync(HttpMethod.Patch, $"/v1/orgs/{code}", await edge.OperatorAsync(),
            """{"limits":{"requestsPerSecond":3}}""");
        await Task.Delay(1000);
        var answers = new List<Answer>();
        for (var i = 0; i < 40; i++) answers.Add(await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token));
        Assert.Equal("\"org\";q=3;w=1", answers[0].Response.Headers.GetValues("RateLimit-Policy").Single());
        var refused = answers.Find(answer => answer.Status == 429)!;
        Assert.Equal(("rate-limited", "1"), (refused.Problem, refused.Response.Headers.RetryAfter!.ToString()));
        Assert.StartsWith("\"org\";r=0", refused.Response.Headers.GetValues("RateLimit").Single());
    }

    [Fact]
    public async Task Serves_a_page_for_a_problem_and_its_health()
    {
        var markdown = await edge.SendAsync(HttpMethod.Get, "/problems/not-found", null);
        Assert.StartsWith("# Not found", markdown.Text);
        var html = await edge.SendAsync(HttpMethod.Get, "/problems/not-found", null, null, ("Accept", "text/html"));
        Assert.Equal("text/html", html.Response.Content.Headers.ContentType!.MediaType);
        var health = await edge.SendAsync(HttpMethod.Get, "/health", null);
        Assert.Equal(200, health.Status);
        Assert.True(health.Json.GetProperty("checks").GetProperty("sidecar").GetBoolean());
    }

    [Fact]
    public async Task The_topology_shows_who_answers()
    {
        var topology = (await edge.SendAsync(HttpMethod.Get, "/v1/topology", await edge.OperatorAsync())).Json;
        var services = topology.GetProperty("services").EnumerateArray()
            .ToDictionary(service => service.GetProperty("appId").GetString()!, service =>
                service.GetProperty("instances").GetArrayLength());
        Assert.Equal(1, services["organization"]);
        Assert.Equal(1, services["gateway"]);
        Assert.Equal(0, services["delivery"]);
    }
}

/// <summary>Alone, because it takes the directory away from everyone.</summary>
[Collection(nameof(OutageTests))]
[CollectionDefinition(nameof(OutageTests), DisableParallelization = true)]
public sealed class OutageTests(EdgeFixture edge)
{
    [Fact]
    public async Task Without_the_directory_nobody_is_let_through_and_it_comes_back_by_itself()
    {
        var (_, _, token) = await edge.CreateOrgAsync();
        Assert.Equal(200, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token)).Status);
        await edge.KillOrganizationAsync();
        await Task.Delay(1100);
        var closed = await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token);
        Assert.Equal((503, "unavailable"), (closed.Status, closed.Problem));
        await edge.ReviveOrganizationAsync();
        var clock = Stopwatch.StartNew();
        while ((await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token)).Status != 200
            && clock.Elapsed < TimeSpan.FromSeconds(20))
            await Task.Delay(100);
        Assert.Equal(200, (await edge.SendAsync(HttpMethod.Get, "/v1/records/x", token)).Status);
    }
}
