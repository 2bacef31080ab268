using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Xingchen.Schema.Packages;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract;

/// <summary>Promise 10: a rollout under load loses no request; a version with which people fare worse goes back by
/// itself. Through the gateway, with everything as it runs.</summary>
public sealed class RolloutTests(HostFixture host, ITestOutputHelper output)
{
    private const int Orgs = 4;

    [Fact]
    public async Task A_good_version_reaches_everyone_under_load_and_a_bad_one_goes_back()
    {
        using var @operator = await host.OperatorAsync();
        using var publisher = await @operator.CreateOrgAsync("rollout-isv", "wave");
        await PublishAsync(publisher, "1.0.0");
        var orgs = new List<ApiCaller>();
        for (var i = 0; i < Orgs; i++)
        {
            orgs.Add(await @operator.CreateOrgAsync($"rollout-org-{i}"));
            await InstallAsync(orgs[i]);
        }
        using var stop = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var traffic = orgs.Select(org => CallAsync(org, clock, stop.Token)).ToList();

        await PublishAsync(publisher, "1.1.0", """{"name":"extra","type":"text","length":20,"label":{"en":"Extra"}}""");
        var good = await RollOutAsync(publisher, "1.1.0", bakeSeconds: 3);
        Assert.Equal("completed", good.GetProperty("status").GetString());
        Assert.Equal(Orgs, Count(good, "healthy"));
        var goodEnd = clock.Elapsed;

        // No record can be created any more: people would see it at once.
        await PublishAsync(publisher, "2.0.0", """{"name":"extra","type":"text","length":20,"label":{"en":"Extra"}}""",
            """
            {"name":"wave__never","object":"wave__Thing","condition":"title <> 'nobody'",
             "message":{"en":"Nothing is right any more."}}
            """);
        var bad = await RollOutAsync(publisher, "2.0.0", bakeSeconds: 60);
        var badEnd = clock.Elapsed;
        Assert.Equal("halted", bad.GetProperty("status").GetString());
        Assert.Equal(0, Count(bad, "healthy"));
        foreach (var org in orgs)
            (await org.PostAsync("/v1/objects/wave__Thing/records", new { title = "after" }))
                .Expect(HttpStatusCode.Created);
        await stop.CancelAsync();
        var answers = (await Task.WhenAll(traffic)).SelectMany(a => a).ToList();
        var during = answers.Where(a => a.At < goodEnd).ToList();
        Assert.All(during, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        Assert.DoesNotContain(answers, answer => (int)answer.Status >= 500);
        var refused = answers.Where(a => a.Status == HttpStatusCode.UnprocessableEntity).Select(a => a.At).ToList();
        Assert.NotEmpty(refused);
        var seconds = (refused.Max() - refused.Min()).TotalSeconds;
        output.WriteLine($"{during.Count} requests while a good version came to {Orgs} orgs: 0 failed. A bad one: "
            + $"{refused.Count} refused of {answers.Count - during.Count}, from the first to the last {seconds:0.0} s; "
            + $"back after {(badEnd - goodEnd).TotalSeconds:0.0} s.");
    }

    [Fact]
    public async Task What_shall_run_in_an_environment_comes_to_run_there_and_goes_back()
    {
        using var @operator = await host.OperatorAsync();
        using var publisher = await @operator.CreateOrgAsync("deploy-isv", "depl");
        await PublishAsync(publisher, "1.0.0", package: "deploy-things", ns: "depl");
        await PublishAsync(publisher, "1.1.0", package: "deploy-things", ns: "depl");
        using var org = await @operator.CreateOrgAsync("deploy-org");
        await InstallAsync(org, "deploy-things", "1.0.0");

        (await publisher.GetAsync("/v1/deployments")).Expect(HttpStatusCode.Forbidden);
        var suite = new { name = "suite", version = "1.0.0",
            packages = new[] { new { name = "deploy-things", version = "1.0.0" } } };
        (await @operator.PostAsync("/v1/deployment-packages", suite)).Expect(HttpStatusCode.Created);
        (await @operator.PostAsync("/v1/deployment-packages", suite)).Expect(HttpStatusCode.Created);
        var next = new { name = "suite", version = "1.1.0",
            packages = new[] { new { name = "deploy-things", version = "1.1.0" } } };
        (await @operator.PostAsync("/v1/deployment-packages", next)).Expect(HttpStatusCode.Created);
        Assert.Equal("package-version-exists", (await @operator.PostAsync("/v1/deployment-packages",
            next with { version = "1.0.0" })).Expect(HttpStatusCode.Conflict).Problem);
        (await @operator.PutAsync("/v1/environments/test", new { idc = "nowhere", groups = new[] { "x" } }))
            .Expect(HttpStatusCode.UnprocessableEntity);
        (await @operator.PutAsync("/v1/environments/test",
            new { idc = "local", bakeSeconds = 0, waves = new[] { new { percent = 100 } } })).Expect(HttpStatusCode.OK);
        (await @operator.PostAsync("/v1/deployments/test/rollback")).Expect(HttpStatusCode.Conflict);

        (await @operator.PutAsync("/v1/deployments/test", new { package = "suite", version = "1.0.0" }))
            .Expect(HttpStatusCode.OK);
        await UntilInSyncAsync(@operator, "1.0.0");
        (await @operator.PutAsync("/v1/deployments/test", new { package = "suite", version = "1.1.0" }))
            .Expect(HttpStatusCode.OK);
        await UntilInSyncAsync(@operator, "1.1.0");
        Assert.Equal("1.1.0", await InstalledAsync(org));
        (await @operator.PostAsync("/v1/deployments/test/rollback")).Expect(HttpStatusCode.OK);
        await UntilInSyncAsync(@operator, "1.0.0");
        Assert.Equal("1.0.0", await InstalledAsync(org));
        (await @operator.PutAsync("/v1/environments/beyond", new { idc = "local" })).Expect(HttpStatusCode.OK);
        var promoted = (await @operator.PostAsync("/v1/deployments/beyond/promote", new { from = "test" }))
            .Expect(HttpStatusCode.OK).Json.GetProperty("desired");
        Assert.Equal(("1.0.0", "promoted from test"),
            (promoted.GetProperty("version").GetString(), promoted.GetProperty("why").GetString()));
    }

    private static async Task UntilInSyncAsync(ApiCaller @operator, string version)
    {
        for (var look = 0; look < 600; look++)
        {
            var now = (await @operator.GetAsync("/v1/deployments/test")).Expect(HttpStatusCode.OK).Json;
            var item = now.GetProperty("items")[0];
            if (now.GetProperty("state").GetString() == "in-sync"
                && item.GetProperty("observed").EnumerateArray().All(o =>
                    o.GetProperty("version").GetString() == version))
                return;
            Assert.NotEqual("blocked", now.GetProperty("state").GetString());
            await Task.Delay(100);
        }
        Assert.Fail("It did not come to run.");
    }

    private static async Task<string?> InstalledAsync(ApiCaller org) =>
        (await org.GetAsync("/v1/installations")).Expect(HttpStatusCode.OK).Json.GetProperty("installations")[0]
            .GetProperty("version").GetString();

    /// <summary>Creates records one after the other until it is told to stop.</summary>
    private static async Task<List<(TimeSpan At, HttpStatusCode Status)>> CallAsync(
        ApiCaller org, Stopwatch clock, CancellationToken ct)
    {
        var answers = new List<(TimeSpan, HttpStatusCode)>();
        while (!ct.IsCancellationRequested)
        {
            var answer = await org.PostAsync("/v1/objects/wave__Thing/records", new { title = "x" });
            answers.Add((clock.Elapsed, answer.Status));
            await Task.Delay(20, CancellationToken.None);
        }
        return answers;
    }

    private static async Task<JsonElement> RollOutAsync(ApiCaller publisher, string version, int bakeSeconds)
    {
        var started = (await publisher.PostAsync("/v1/rollouts", new
        {
            package = "wave-things", version, bakeSeconds,
            waves = new object[] { new { percent = 25 }, new { percent = 100 } },
        })).Expect(HttpStatusCode.Created).Json;
        while (true)
        {
            var now = (await publisher.GetAsync("/v1/rollouts/" + started.GetProperty("id").GetString()))
                .Expect(HttpStatusCode.OK).Json;
            var isMoving = Count(now, "upgrading") + Count(now, "baking") + Count(now, "rolling-back") > 0;
            if (now.GetProperty("status").GetString() != "running" && !isMoving) return now;
            await Task.Delay(100);
        }
    }

    private static long Count(JsonElement rollout, string status) => rollout.GetProperty("waves").EnumerateArray()
        .Sum(w => w.GetProperty("accounts").TryGetProperty(status, out var count) ? count.GetInt64() : 0);

    private static async Task InstallAsync(ApiCaller org, string package = "wave-things", string version = "1.0.0")
    {
        var accepted = (await org.PostAsync("/v1/installations", new { package, version }))
            .Expect(HttpStatusCode.Accepted).Json;
        await org.UntilAsync("/v1/installations/" + accepted.GetProperty("id").GetString(), "active");
    }

    private static async Task PublishAsync(ApiCaller publisher, string version, string? field = null,
        string? rule = null, string package = "wave-things", string ns = "wave")
    {
        var thing = $$$"""
            {"name":"{{{ns}}}__Thing","label":{"en":"Thing"},"pluralLabel":{"en":"Things"},"nameField":"title",
             "fields":[{"name":"title","type":"text","length":80,"label":{"en":"Title"}}{{{(field is null ? "" : ","
                 + field)}}}]}
            """;
        var files = new List<PackageFile>
        {
            new("package.json", JsonSerializer.SerializeToUtf8Bytes(new { name = package, @namespace = ns, version })),
            new("metadata/objects/Thing.json", System.Text.Encoding.UTF8.GetBytes(thing)),
        };
        if (rule is not null)
            files.Add(new("metadata/validation-rules/never.json", System.Text.Encoding.UTF8.GetBytes(rule)));
        var packed = new MemoryStream();
        PackageWriter.Pack(files, packed);
        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        (await publisher.SendAsync(HttpMethod.Post, "/v1/packages", content)).Expect(HttpStatusCode.Created);
        (await publisher.PostAsync($"/v1/packages/{package}/{version}/release")).Expect(HttpStatusCode.OK);
    }
}
