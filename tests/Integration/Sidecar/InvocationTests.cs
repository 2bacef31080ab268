using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>Service invocation, the same for any sidecar.</summary>
public sealed class InvocationTests
{
    public static TheoryData<string> Kinds => SidecarUnderTest.Kinds;

    public static TheoryData<string, string> KindsAndMethods => Rows("GET", "POST", "PUT", "PATCH", "DELETE");

    public static TheoryData<string, string> KindsAndReserved => Rows("a%23b", "a%3Fb", "a%22b", "a%25b", "%E6%98%9F");

    [Theory]
    [MemberData(nameof(KindsAndMethods))]
    public async Task Any_method_reaches_the_app_with_its_query_and_body(string kind, string method)
    {
        await using var app = await TestApp.StartAsync();
        app.OnEvent = received => (207, $$"""{"got":"{{received.Method}}"}""");
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(new HttpMethod(method),
            "v1.0/invoke/app/method/v1/things?a=1&b=x%20y");
        if (method is not ("GET" or "DELETE")) request.Content =
            new StringContent("""{"星":"辰"}""", Encoding.UTF8, "application/json");

        using var answer = await sidecar.Http.SendAsync(request);

        Assert.Equal(207, (int)answer.StatusCode);
        Assert.Equal($$"""{"got":"{{method}}"}""", await answer.Content.ReadAsStringAsync());
        var received = app.Next();
        Assert.Equal("/v1/things?a=1&b=x%20y", received.Target);
        Assert.Equal(request.Content is null ? "" : """{"星":"辰"}""", received.Body);
        if (request.Content is not null) Assert.Equal("application/json; charset=utf-8",
            received.Headers["Content-Type"]);
    }

    [Theory]
    [MemberData(nameof(KindsAndReserved))]
    public async Task Encoded_characters_stay_part_of_the_path(string kind, string segment)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);

        using var answer = await sidecar.Http.GetAsync($"v1.0/invoke/app/method/{segment}");

        Assert.Equal("/" + segment, app.Next().Target);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_header_names_the_app_and_does_not_arrive(string kind)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "some/path?x=1") { Headers =
            { { "dapr-app-id", "app" } } };

        using var answer = await sidecar.Http.SendAsync(request);

        var received = app.Next();
        Assert.Equal("/some/path?x=1", received.Target);
        Assert.False(received.Headers.ContainsKey("dapr-app-id"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Basic_authentication_names_the_app(string kind)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "some/path");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String("dapr-app-id:app"u8));

        using var answer = await sidecar.Http.SendAsync(request);

        Assert.Equal("/some/path", app.Next().Target);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_app_learns_who_calls_and_in_which_trace(string kind)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, appToken: "of-the-app");
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1.0/invoke/app/method/who");
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        request.Headers.Add("tracestate", "vendor=value");
        request.Headers.Add("dapr-caller-app-id", "an-impostor");

        using var answer = await sidecar.Http.SendAsync(request);

        var headers = app.Next().Headers;
        Assert.Equal("app", headers["dapr-caller-app-id"]);
        Assert.Equal("app", headers["dapr-callee-app-id"]);
        Assert.Equal("of-the-app", headers["dapr-api-token"]);
        Assert.StartsWith($"00-{Trace}-", headers["traceparent"]);
        Assert.EndsWith("-01", headers["traceparent"]);
        Assert.Equal("vendor=value", headers["tracestate"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_trace_begins_where_none_is(string kind)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);

        using var answer = await sidecar.Http.GetAsync("v1.0/invoke/app/method/who");

        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", app.Next().Headers["traceparent"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Headers_of_the_connection_stop_at_the_sidecar(string kind)
    {
        await using var app = await TestApp.StartAsync(map => map.MapGet("/answer", (HttpContext http) =>
        {
            http.Response.Headers["Keep-Alive"] = "timeout=5";
            http.Response.Headers["Proxy-Authenticate"] = "Basic realm=x";
            http.Response.Headers["X-End-To-End"] = "stays";
            return "ok";
        }));
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1.0/invoke/app/method/ask");
        request.Headers.TryAddWithoutValidation("Keep-Alive", "timeout=5");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("X-End-To-End", "stays");

        using var asked = await sidecar.Http.SendAsync(request);
        using var answer = await sidecar.Http.GetAsync("v1.0/invoke/app/method/answer");

        var received = app.Next().Headers;
        Assert.Equal("stays", received["X-End-To-End"]);
        Assert.DoesNotContain(received.Keys, name => name is "Keep-Alive" or "Proxy-Authorization" or "TE");
        Assert.Equal("stays", Assert.Single(answer.Headers.GetValues("X-End-To-End")));
        Assert.False(answer.Headers.Contains("Keep-Alive"));
        Assert.False(answer.Headers.Contains("Proxy-Authenticate"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_app_that_nobody_knows_is_an_error_of_invocation(string kind)
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null);

        using var unknown = await sidecar.Http.GetAsync("v1.0/invoke/nobody/method/x");
        using var nameless = await sidecar.Http.GetAsync("v1.0/invoke/");

        Assert.Equal(500, (int)unknown.StatusCode);
        Assert.Equal("ERR_DIRECT_INVOKE", await CodeAsync(unknown));
        Assert.Equal(404, (int)nameless.StatusCode);
        Assert.Equal("ERR_DIRECT_INVOKE", await CodeAsync(nameless));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Without_the_token_only_health_answers(string kind)
    {
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, apiToken: "secret");
        using var stranger = new HttpClient { BaseAddress = sidecar.Http.BaseAddress };

        using var refused = await stranger.GetAsync("v1.0/invoke/app/method/x");
        using var health = await stranger.GetAsync("v1.0/healthz");
        using var accepted = await sidecar.Http.GetAsync("v1.0/invoke/app/method/x");

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("invalid api token", (await refused.Content.ReadAsStringAsync()).Trim());
        Assert.Equal(HttpStatusCode.NoContent, health.StatusCode);
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
        Assert.False(app.Next().Headers.ContainsKey("dapr-api-token"));
        Assert.True(app.IsQuiet(100));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_body_arrives_while_it_is_sent(string kind)
    {
        var arrived = Channel.CreateUnbounded<string>();
        await using var app = await TestApp.StartAsync(map => map.MapPost("/sink", async (HttpContext http) =>
        {
            var buffer = new byte[64];
            for (int read; (read = await http.Request.Body.ReadAsync(buffer)) > 0;)
                await arrived.Writer.WriteAsync(Encoding.UTF8.GetString(buffer, 0, read));
        }));
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        var body = new StepwiseContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1.0/invoke/app/method/sink") { Content = body };

        var sending = sidecar.Http.SendAsync(request);
        foreach (var word in (string[])["one", "two", "three"])
        {
            await body.WriteAsync(word);
            Assert.Equal(word, await arrived.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        }
        body.End();
        using var answer = await sending.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refusal_by_the_head_is_heard_before_a_large_body(string kind)
    {
        await using var app = await TestApp.StartAsync(map => map.MapPost("/never", () => Results.StatusCode(413)));
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1.0/invoke/app/method/never")
        {
            Content = new ByteArrayContent(new byte[64 * 1024 * 1024]),
            Headers = { ExpectContinue = true },
        };

        using var answer = await sidecar.Http.SendAsync(request);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Server_sent_events_arrive_as_they_are_sent(string kind)
    {
        using var gate = new SemaphoreSlim(0);
        await using var app = await TestApp.StartAsync(map => map.MapGet("/events", async (HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await http.Response.WriteAsync($"data: {i}\n\n");
                await http.Response.Body.FlushAsync();
                await gate.WaitAsync(http.RequestAborted);
            }
        }));
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app);
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1.0/invoke/app/method/events");
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var answer = await sidecar.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
            await reader.ReadLineAsync();
            gate.Release();
        }
    }

    internal static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("errorCode").GetString();
    }

    private static TheoryData<string, string> Rows(params string[] values)
    {
        var rows = new TheoryData<string, string>();
        foreach (var value in values)
        {
            rows.Add(SidecarUnderTest.Embedded, value);
            rows.Add(SidecarUnderTest.Daprd, value);
        }
        return rows;
    }
}
