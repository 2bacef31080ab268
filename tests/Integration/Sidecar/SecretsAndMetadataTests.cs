using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Xingchen.Tests.Integration.Sidecar;

/// <summary>Secrets, metadata, health and shutdown, the same for any sidecar.</summary>
public sealed class SecretsAndMetadataTests
{
    private const string Scoped = """
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: {name: scoped}
        spec:
          secrets:
            scopes:
              - storeName: secrets
                defaultAccess: allow
                deniedSecrets: [one]
        """;

    public static TheoryData<string> Kinds => SidecarUnderTest.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Secrets_are_read_one_by_one_and_all_at_once(string kind)
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null, [SidecarUnderTest.Secrets]);

        var one = await sidecar.Http.GetFromJsonAsync<Dictionary<string, string>>("v1.0/secrets/secrets/one");
        var nested = await sidecar.Http.GetFromJsonAsync<Dictionary<string, string>>("v1.0/secrets/secrets/nested:b:1");
        var all = await sidecar.Http.GetFromJsonAsync<Dictionary<string, Dictionary<string, string>>>(
            "v1.0/secrets/secrets/bulk");

        Assert.Equal("1", Assert.Single(one!, pair => pair.Key == "one").Value);
        Assert.Equal("z", nested!["nested:b:1"]);
        Assert.Equal("x", all!["nested:a"]["nested:a"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Secrets_that_are_not_there_are_errors(string kind)
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null, [SidecarUnderTest.Secrets], Scoped);

        using var missing = await sidecar.Http.GetAsync("v1.0/secrets/secrets/nothing");
        using var nowhere = await sidecar.Http.GetAsync("v1.0/secrets/nowhere/one");
        using var denied = await sidecar.Http.GetAsync("v1.0/secrets/secrets/one");
        var all = await sidecar.Http.GetFromJsonAsync<Dictionary<string, JsonElement>>("v1.0/secrets/secrets/bulk");

        Assert.Equal((500, "ERR_SECRET_GET"), ((int)missing.StatusCode, await InvocationTests.CodeAsync(missing)));
        Assert.Equal((401, "ERR_SECRET_STORE_NOT_FOUND"), ((int)nowhere.StatusCode,
            await InvocationTests.CodeAsync(nowhere)));
        Assert.Equal((403, "ERR_PERMISSION_DENIED"), ((int)denied.StatusCode, await InvocationTests.CodeAsync(denied)));
        Assert.DoesNotContain("one", all!.Keys);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Metadata_tells_of_the_app_and_keeps_attributes(string kind)
    {
        await using var app = await TestApp.StartAsync(
            subscriptions: """[{"pubsubname":"pubsub","topic":"t","route":"events"}]""");
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, app, [SidecarUnderTest.Pubsub]);

        using var set = await sidecar.Http.PutAsync("v1.0/metadata/color", new StringContent("blue"));
        var metadata = await sidecar.Http.GetFromJsonAsync<JsonElement>("v1.0/metadata");

        Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
        Assert.Equal("app", metadata.GetProperty("id").GetString());
        Assert.Equal("blue", metadata.GetProperty("extended").GetProperty("color").GetString());
        Assert.Equal("pubsub.in-memory", metadata.GetProperty("components")[0].GetProperty("type").GetString());
        var subscription = metadata.GetProperty("subscriptions")[0];
        Assert.Equal("t", subscription.GetProperty("topic").GetString());
        Assert.EndsWith("events", subscription.GetProperty("rules")[0].GetProperty("path").GetString());
        Assert.Equal(app.Port, metadata.GetProperty("appConnectionProperties").GetProperty("port").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Health_is_of_this_app(string kind)
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null);

        using var outbound = await sidecar.Http.GetAsync("v1.0/healthz/outbound");
        using var other = await sidecar.Http.GetAsync("v1.0/healthz?appid=other");

        Assert.Equal(HttpStatusCode.NoContent, outbound.StatusCode);
        Assert.Equal("ERR_HEALTH_APPID_NOT_MATCH", await InvocationTests.CodeAsync(other));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task It_stops_when_it_is_asked_to(string kind)
    {
        await using var sidecar = await SidecarUnderTest.StartAsync(kind, null);

        using var answer = await sidecar.Http.PostAsync("v1.0/shutdown", null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            for (var attempt = 0; attempt < 100; attempt++)
            {
                using var again = await sidecar.Http.GetAsync("v1.0/healthz/outbound");
                await Task.Delay(100);
            }
        });
    }
}
