using System.Text;
using System.Text.Json;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>Publish and subscribe, the same for any sidecar.</summary>
public sealed class PubSubTests
{
    private const string ToEvents = """[{"pubsubName":"pubsub","topic":"t","route":"events"}]""";

    public static TheoryData<string> Kinds => SidecarUnderTest.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Json_arrives_as_data_of_an_event(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar =
            await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub], appToken: "of-the-app");

        using var answer = await sidecar.PublishAsync("t", """{"amount":12345678901234567890.5,"name":"星辰"}""");

        Assert.Equal(204, (int)answer.StatusCode);
        var received = app.Next();
        Assert.Equal("/events", received.Target);
        Assert.StartsWith("application/cloudevents+json", received.Headers["Content-Type"]);
        Assert.Equal("of-the-app", received.Headers["dapr-api-token"]);
        using var json = JsonDocument.Parse(received.Body);
        var envelope = json.RootElement;
        Assert.Equal("1.0", envelope.GetProperty("specversion").GetString());
        Assert.Equal("com.dapr.event.sent", envelope.GetProperty("type").GetString());
        Assert.Equal("app", envelope.GetProperty("source").GetString());
        Assert.Equal("t", envelope.GetProperty("topic").GetString());
        Assert.Equal("pubsub", envelope.GetProperty("pubsubname").GetString());
        Assert.StartsWith("application/json", envelope.GetProperty("datacontenttype").GetString());
        Assert.Equal("12345678901234567890.5", envelope.GetProperty("data").GetProperty("amount").GetRawText());
        Assert.Equal("星辰", envelope.GetProperty("data").GetProperty("name").GetString());
        Assert.NotEmpty(envelope.GetProperty("id").GetString()!);
        Assert.Equal(
            envelope.GetProperty("traceparent").GetString()![3..35], received.Headers["traceparent"][3..35]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Text_stays_text_and_bytes_are_base64(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var text = await sidecar.PublishAsync("t", "plain", "text/plain");
        Assert.Equal("plain", Property(app.Next(), "data"));
        using var bytes = await sidecar.PublishAsync("t", "raw", "application/octet-stream");
        Assert.Equal("cmF3", Property(app.Next(), "data_base64"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_event_of_the_app_is_kept_but_for_its_topic(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var answer = await sidecar.PublishAsync(
            "t", """{"specversion":"1.0","id":"mine","source":"me","type":"my.type","topic":"forged","data":1}""",
            "application/cloudevents+json");

        var received = app.Next();
        Assert.Equal("mine", Property(received, "id"));
        Assert.Equal("my.type", Property(received, "type"));
        Assert.Equal("t", Property(received, "topic"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Metadata_overrides_attributes(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var answer = await sidecar.PublishAsync(
            "t", "{}", query: "?metadata.cloudevent.id=chosen&metadata.cloudevent.type=my.type");

        var received = app.Next();
        Assert.Equal("chosen", Property(received, "id"));
        Assert.Equal("my.type", Property(received, "type"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_raw_payload_is_wrapped_for_who_asks_for_raw_payloads(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions:
            """[{"pubsubname":"pubsub","topic":"t","route":"events","metadata":{"rawPayload":"true"}}]""");
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var answer = await sidecar.PublishAsync("t", "just bytes", "text/plain", "?metadata.rawPayload=true");

        Assert.Equal("just bytes", Encoding.UTF8.GetString(Convert.FromBase64String(Property(app.Next(),
            "data_base64"))));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_first_rule_that_matches_routes(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: """
            [{"pubsubname":"pubsub","topic":"t","routes":{"rules":[
              {"match":"event.type == 'special' && has(event.data.size)","path":"/special"},
              {"match":"event.data.size > 10.0","path":"/large"}],"default":"/rest"}}]
            """);
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var large = await sidecar.PublishAsync("t", """{"size":11}""");
        Assert.Equal("/large", app.Next().Target);
        using var rest = await sidecar.PublishAsync("t", """{"size":1}""");
        Assert.Equal("/rest", app.Next().Target);
        using var special = await sidecar.PublishAsync("t", """{"size":1}""",
            query: "?metadata.cloudevent.type=special");
        Assert.Equal("/special", app.Next().Target);
    }

    [Theory]
    [InlineData(SidecarUnderTest.Embedded, 200, """{"status":"DROP"}""")]
    [InlineData(SidecarUnderTest.Embedded, 404, "")]
    [InlineData(SidecarUnderTest.Embedded, 500, "")]
    [InlineData(SidecarUnderTest.Embedded, 200, """{"status":"RETRY"}""")]
    [InlineData(SidecarUnderTest.Daprd, 200, """{"status":"DROP"}""")]
    [InlineData(SidecarUnderTest.Daprd, 404, "")]
    [InlineData(SidecarUnderTest.Daprd, 500, "")]
    [InlineData(SidecarUnderTest.Daprd, 200, """{"status":"RETRY"}""")]
    public async Task What_the_app_does_not_take_goes_to_the_dead_letters(string kind, int status, string body)
    {
        await using var app = await TestApp.StartAsync(subscriptions: """
            [{"pubsubname":"pubsub","topic":"t","route":"events","deadLetterTopic":"dead"},
             {"pubsubname":"pubsub","topic":"dead","route":"letters"}]
            """);
        app.OnEvent = received => received.Target == "/events" ? (status, body) : (200, "");
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var answer = await sidecar.PublishAsync("t", "{}");

        Assert.Equal("/events", app.Next().Target);
        var letter = app.Next();
        Assert.Equal("/letters", letter.Target);
        Assert.Equal("t", Property(letter, "topic"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_refusal_is_tried_again(string kind)
    {
        var refusals = 2;
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        app.OnEvent = _ => refusals-- > 0 ? (500, "") : (200, """{"status":"SUCCESS"}""");
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var answer = await sidecar.PublishAsync("t", "{}");

        var first = app.Next();
        Assert.Equal(first.Body, app.Next().Body);
        Assert.Equal(first.Body, app.Next().Body);
        Assert.True(app.IsQuiet());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_declared_subscription_needs_nothing_of_the_app(string kind)
    {
        const string Declared = """
            apiVersion: dapr.io/v2alpha1
            kind: Subscription
            metadata: {name: declared}
            spec:
              pubsubname: pubsub
              topic: t
              routes:
                rules:
                  - match: event.type == "special"
                    path: /special
                default: /declared
            scopes: [app]
            """;
        await using var app = await TestApp.StartAsync();
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub, Declared]);

        using var answer = await sidecar.PublishAsync("t", "{}");

        Assert.Equal("/declared", app.Next().Target);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bulk_brings_each_entry(string kind)
    {
        await using var app = await TestApp.StartAsync(subscriptions: ToEvents);
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);
        const string Bulk = """
            [{"entryID":"1","event":{"n":1},"contentType":"application/json"},
             {"entryId":"2","event":"two","contentType":"text/plain"}]
            """;
        const string Twice = """[{"entryId":"1","event":1},{"entryId":"1","event":2}]""";

        using var answer = await sidecar.Http.PostAsync("v1.0/publish/bulk/pubsub/t", new StringContent(Bulk));
        using var refused = await sidecar.Http.PostAsync("v1.0-alpha1/publish/bulk/pubsub/t", new StringContent(Twice));

        Assert.Equal(204, (int)answer.StatusCode);
        string[] bodies = [app.Next().Body, app.Next().Body];
        Assert.Contains(bodies, body => body.Contains("\"n\":1"));
        Assert.Contains(bodies, body => body.Contains("two"));
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal("ERR_PUBSUB_EVENTS_SER", await InvocationTests.CodeAsync(refused));
    }

    [Theory]
    [InlineData(SidecarUnderTest.Embedded, "publish/nowhere/t", 404, "ERR_PUBSUB_NOT_FOUND")]
    [InlineData(SidecarUnderTest.Embedded, "publish/pubsub/guarded", 403, "ERR_PUBSUB_FORBIDDEN")]
    [InlineData(SidecarUnderTest.Embedded, "publish/pubsub/", 404, "ERR_TOPIC_NAME_EMPTY")]
    [InlineData(SidecarUnderTest.Daprd, "publish/nowhere/t", 404, "ERR_PUBSUB_NOT_FOUND")]
    [InlineData(SidecarUnderTest.Daprd, "publish/pubsub/guarded", 403, "ERR_PUBSUB_FORBIDDEN")]
    [InlineData(SidecarUnderTest.Daprd, "publish/pubsub/", 404, "ERR_TOPIC_NAME_EMPTY")]
    public async Task A_publication_that_cannot_be_is_refused(string kind, string path, int status, string code)
    {
        const string Guarded = """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: pubsub}
            spec:
              type: pubsub.in-memory
              version: v1
              metadata:
                - {name: protectedTopics, value: guarded}
                - {name: publishingScopes, value: "other=guarded"}
            """;
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null, [Guarded]);

        using var answer = await sidecar.Http.PostAsync("v1.0/" + path, new StringContent("{}"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, await InvocationTests.CodeAsync(answer));
    }

    private static string Property(Received received, string name)
    {
        using var json = JsonDocument.Parse(received.Body);
        return json.RootElement.GetProperty(name).ToString();
    }
}
