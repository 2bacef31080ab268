using System.Net;
using System.Text.Json;
using Xingchen.Contracts;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Rollouts in waves, judged by what gateways report, each of which a test sends.</summary>
public sealed class RolloutTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    private static readonly object Everyone = new[] { new { percent = 100 } };

    private readonly DeliveryCaller gateway = delivery.NewOrg(null, 1, Scopes.Internal);
    private readonly DeliveryCaller platform = delivery.NewOrg(null, 1, Scopes.Platform);

    [Fact]
    public async Task Goes_wave_by_wave_and_leaves_what_nobody_uses_to_a_call_of_its_own()
    {
        var (name, publisher, orgs) = await InstalledAsync(9);
        await publisher.FollowAsync(await publisher.PostAsync("/v1/installations",
            new { package = name, version = "1.0.0" }));
        var probes = delivery.Metadata.Probes;
        var started = await StartAsync(publisher, name, new object[]
            { new { own = true }, new { percent = 20 }, new { name = "rest", percent = 100 } });
        var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
        (await publisher.PostAsync("/v1/rollouts", new { package = name, version = "1.1.0" }))
            .Expect(HttpStatusCode.Conflict, "conflict");
        var seen = new List<(int Own, int Few, int Last)>();
        var done = await UntilAsync(publisher, path, now =>
        {
            var waves = now.GetProperty("waves").EnumerateArray().Select(w => Moved(w)).ToList();
            seen.Add((waves[0], waves[1], waves[2]));
            return Status(now) == "completed";
        });
        Assert.Equal(["own", "20 %", "rest"], done.GetProperty("waves").EnumerateArray()
            .Select(w => w.GetProperty("name").GetString()!));
        Assert.All(seen, s => Assert.False((s.Few > 0 && s.Own == 0) || (s.Last > 0 && s.Few == 0)));
        var healthy = done.GetProperty("waves").EnumerateArray()
            .Select(w => w.GetProperty("accounts").GetProperty("healthy").GetInt64()).ToList();
        Assert.Equal((1, 10), (healthy[0], healthy.Sum()));
        Assert.InRange(healthy[1], 1, 2); // one of the two may be the publisher's own
        Assert.All(orgs, org => Assert.Equal("1.1.0", VersionOf(org)));
        Assert.Equal(10, delivery.Metadata.Probes - probes);
        Assert.Empty(done.GetProperty("troubles").EnumerateArray());
        var list = (await publisher.GetAsync("/v1/rollouts?package=" + name)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("completed", Status(list.GetProperty("rollouts")[0]));
    }

    [Fact]
    public async Task What_fares_worse_goes_back_and_the_wave_halts()
    {
        var (name, publisher, orgs) = await InstalledAsync(6);
        foreach (var org in orgs) await ReportAsync(org, requests: 100);
        var started = await StartAsync(publisher, name, Everyone, bakeSeconds: 3);
        var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
        await UntilAsync(publisher, path, now => Count(now, "baking") == 6);
        var halted = await UntilAsync(publisher, path, async now =>
        {
            await ReportAsync(orgs[0], requests: 20, refusals: 15);
            foreach (var org in orgs.Skip(1)) await ReportAsync(org, requests: 20);
            return Count(now, "rolled-back") == 1 && Count(now, "healthy") == 5;
        });
        Assert.Equal("halted", Status(halted));
        Assert.Equal("1.0.0", VersionOf(orgs[0]));
        Assert.All(orgs.Skip(1), org => Assert.Equal("1.1.0", VersionOf(org)));
        Assert.Matches("^[0-9]+ of [0-9]+ requests were found wrong; in the hour before 0 of [0-9]+\\.$",
            halted.GetProperty("troubles")[0].GetProperty("reason").GetString());
        // Whose account it is, is between it and the operator.
        Assert.False(halted.GetProperty("troubles")[0].TryGetProperty("org", out _));
        var whole = (await platform.GetAsync(path)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("acme", whole.GetProperty("troubles")[0].GetProperty("org").GetString());
        Assert.Equal("completed", Status(await EndAsync(publisher, path + "/resume", path)));
        Assert.Equal("1.0.0", VersionOf(orgs[0]));
    }

    [Fact]
    public async Task What_is_refused_halts_it_and_the_next_wave_waits()
    {
        var (name, publisher, orgs) = await InstalledAsync(4);
        delivery.Metadata.Before = asked => Task.FromResult(!asked.DryRun && asked.Org == orgs[2].Org
            && asked.Packages.Any(p => p.Name == name) ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
        try
        {
            var started = await StartAsync(publisher, name, Everyone);
            var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
            var halted = await UntilAsync(publisher, path, 
                now => Status(now) == "halted" && Count(now, "healthy") == 3);
            Assert.Equal(1, Count(halted, "failed"));
            // What the refusal says of the account is the account's and the operator's.
            var trouble = Assert.Single(halted.GetProperty("troubles").EnumerateArray());
            Assert.Equal("The upgrade was refused.", trouble.GetProperty("reason").GetString());
            Assert.False(trouble.TryGetProperty("detail", out _));
            Assert.DoesNotContain("It does not fit", halted.GetRawText(), StringComparison.Ordinal);
            var whole = (await platform.GetAsync(path)).Expect(HttpStatusCode.OK).Json;
            Assert.Equal("It does not fit.",
                whole.GetProperty("troubles")[0].GetProperty("detail").GetString());
            Assert.Equal("1.0.0", VersionOf(orgs[2]));
            Assert.Equal("aborted", Status((await publisher.PostAsync(path + "/abort", new { rollBack = true }))
                .Expect(HttpStatusCode.OK).Json));
            await UntilAsync(publisher, path, now => Count(now, "rolled-back") == 3);
            Assert.All(orgs, org => Assert.Equal("1.0.0", VersionOf(org)));
            (await publisher.PostAsync(path + "/resume")).Expect(HttpStatusCode.Conflict, "conflict");
        }
        finally
        {
            delivery.Metadata.Before = _ => Task.FromResult(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task An_account_that_went_its_own_way_is_left_alone()
    {
        var (name, publisher, orgs) = await InstalledAsync(3);
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.2.0"));
        var started = await StartAsync(publisher, name,
            new object[] { new { percent = 1 }, new { percent = 100 } }, bakeSeconds: 3600);
        var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
        await UntilAsync(publisher, path, now => Count(now, "baking") == 1);
        (await publisher.PostAsync(path + "/pause")).Expect(HttpStatusCode.OK);
        var first = orgs.Single(org => VersionOf(org) == "1.1.0");
        var others = orgs.Where(org => org != first).ToList();
        await others[0].FollowAsync(await others[0].PostAsync($"/v1/installations/{name}/upgrade",
            new { version = "1.2.0" }));
        (await others[1].DeleteAsync("/v1/installations/" + name)).Expect(HttpStatusCode.NoContent);
        await first.FollowAsync(await first.PostAsync($"/v1/installations/{name}/upgrade", new { version = "1.2.0" }));
        (await publisher.PostAsync(path + "/abort", new { rollBack = true })).Expect(HttpStatusCode.OK);
        await UntilAsync(publisher, path, now => Count(now, "skipped") == 1 && Count(now, "baking") == 0);
        Assert.Equal(("1.2.0", "1.2.0", null), (VersionOf(first), VersionOf(others[0]), VersionOf(others[1])));
    }

    [Fact]
    public async Task Where_no_gateway_says_a_word_accounts_go_back()
    {
        // A service of its own, which no gateway has ever reported to.
        await using var lonely = new DeliveryInstallation();
        await lonely.InitializeAsync();
        var (name, publisher, org) = (Sample.NewName(), lonely.NewOrg("acme"), lonely.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.1.0"));
        var started = (await publisher.PostAsync("/v1/rollouts",
            new { package = name, version = "1.1.0", waves = Everyone, bakeSeconds = 0 }))
            .Expect(HttpStatusCode.Created).Json;
        var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
        var halted = await UntilAsync(publisher, path, now => Count(now, "rolled-back") == 1, silent: true);
        Assert.Equal("halted", Status(halted));
        Assert.Equal("1.0.0", lonely.Metadata.StackOf(org.Org).Single().Version);
    }

    [Fact]
    public async Task Killed_again_and_again_it_upgrades_everyone_once()
    {
        var (name, publisher, orgs) = await InstalledAsync(30);
        var started = await StartAsync(publisher, name, new object[] { new { percent = 30 }, new { percent = 100 } });
        var path = "/v1/rollouts/" + started.GetProperty("id").GetString();
        for (var kill = 0; kill < 5; kill++)
        {
            await UntilAsync(publisher, path, now => Count(now, "waiting") <= 30 - kill * 5);
            await delivery.Process.KillAsync();
            await delivery.RestartAsync();
        }
        var done = await UntilAsync(publisher, path, now => Status(now) == "completed");
        Assert.Equal(30, Count(done, "healthy"));
        foreach (var org in orgs)
        {
            Assert.Equal("1.1.0", VersionOf(org));
            var now = (await org.GetAsync("/v1/installations")).Json.GetProperty("installations").EnumerateArray();
            Assert.Equal("upgrade 1.1.0 active", string.Join(';', now.Select(i =>
                $"{i.GetProperty("act")} {i.GetProperty("version")} {i.GetProperty("status")}")));
            Assert.Equal(2, delivery.Metadata.Asked.Where(asked => asked.Org == org.Org)
                .Select(asked => asked.Packages.Single().Version).Distinct().Count());
        }
    }

    [Fact]
    public async Task Is_its_publishers_and_the_operators_alone()
    {
        var (name, publisher, orgs) = await InstalledAsync(1);
        var started = await StartAsync(publisher, name, Everyone);
        var id = started.GetProperty("id").GetString()!;
        var stranger = delivery.NewOrg("other");
        var absent = Guid.NewGuid().ToString("N");
        foreach (var act in new[] { "", "/pause", "/resume", "/abort" })
        {
            var (there, nowhere) = act.Length == 0
                ? (await stranger.GetAsync("/v1/rollouts/" + id), await stranger.GetAsync("/v1/rollouts/" + absent))
                : (await stranger.PostAsync($"/v1/rollouts/{id}{act}", new { }),
                    await stranger.PostAsync($"/v1/rollouts/{absent}{act}", new { }));
            Assert.Equal(nowhere.Bare(absent), there.Expect(HttpStatusCode.NotFound).Bare(id));
        }
        Assert.Equal(0, (await stranger.GetAsync("/v1/rollouts")).Json.GetProperty("rollouts").GetArrayLength());
        (await stranger.PostAsync("/v1/rollouts", new { package = name, version = "1.1.0" }))
            .Expect(HttpStatusCode.Forbidden, "namespace-not-yours");
        (await orgs[0].GetAsync("/v1/rollouts/" + id)).Expect(HttpStatusCode.Forbidden, "scope-missing");
        (await orgs[0].PostAsync("/internal/health", new HealthReport("x", [])))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
        await UntilAsync(publisher, "/v1/rollouts/" + id, now => Status(now) == "completed");
    }

    [Fact]
    public async Task Says_all_that_is_wrong_at_once()
    {
        var wrong = (await delivery.NewOrg("acme").PostAsync("/v1/rollouts", new
        {
            package = "No", version = "^1.0.0", bakeSeconds = -1, groups = new[] { "main" },
            limits = new { failureShare = 2, slowdown = 0.5 },
            waves = new object?[] { new { percent = 50 }, new { percent = 10 }, new { }, null,
                new { orgs = new[] { "acme" } } },
        })).Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        Assert.Equal(["/package", "/version", "/bakeSeconds", "/limits/failureShare", "/limits/slowdown", "/groups",
            "/waves/1/percent", "/waves/2", "/waves/3", "/waves/4/orgs"],
            wrong.Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()!));
        var (name, publisher, _) = await InstalledAsync(0);
        (await publisher.PostAsync("/v1/rollouts", new { package = name, version = "9.0.0" }))
            .Expect(HttpStatusCode.NotFound);
        (await publisher.UploadAsync(Sample.Package(name, "acme", "1.3.0"))).Expect(HttpStatusCode.Created);
        (await publisher.PostAsync("/v1/rollouts", new { package = name, version = "1.3.0" }))
            .Expect(HttpStatusCode.Conflict, "package-not-released");
    }

    /// <summary>Orgs that have 1.0.0 of a package, of which 1.1.0 is released.</summary>
    private async Task<(string Name, DeliveryCaller Publisher, List<DeliveryCaller> Orgs)> InstalledAsync(int count)
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var orgs = Enumerable.Range(0, count).Select(_ => delivery.NewOrg()).ToList();
        foreach (var org in orgs)
            await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.1.0"));
        return (name, publisher, orgs);
    }

    private static async Task<JsonElement> StartAsync(
        DeliveryCaller publisher, string name, object waves, int bakeSeconds = 0) =>
        (await publisher.PostAsync("/v1/rollouts", new { package = name, version = "1.1.0", waves, bakeSeconds }))
            .Expect(HttpStatusCode.Created).Json;

    private async Task<JsonElement> EndAsync(DeliveryCaller publisher, string act, string path)
    {
        (await publisher.PostAsync(act)).Expect(HttpStatusCode.OK);
        return await UntilAsync(publisher, path, now => Status(now) == "completed");
    }

    private async Task ReportAsync(DeliveryCaller org, int requests, int failures = 0, int refusals = 0) =>
        (await gateway.PostAsync("/internal/health", new HealthReport("gateway",
            [new AccountHealth(org.Org, 1, requests, failures, refusals, requests * 5)])))
            .Expect(HttpStatusCode.NoContent);

    private Task<JsonElement> UntilAsync(
        DeliveryCaller caller, string path, Func<JsonElement, bool> isSo, bool silent = false) =>
        UntilAsync(caller, path, now => Task.FromResult(isSo(now)), silent);

    /// <summary>Looks until it is so; meanwhile a gateway says that it is there.</summary>
    private async Task<JsonElement> UntilAsync(
        DeliveryCaller caller, string path, Func<JsonElement, Task<bool>> isSo, bool silent = false)
    {
        var last = default(JsonElement);
        for (var look = 0; look < 1_500; look++)
        {
            if (!silent) await gateway.PostAsync("/internal/health", new HealthReport("gateway", []));
            last = (await caller.GetAsync(path)).Expect(HttpStatusCode.OK).Json;
            if (await isSo(last)) return last;
            await Task.Delay(40);
        }
        throw new TimeoutException($"It did not come to that: {last}");
    }

    private static string Status(JsonElement rollout) => rollout.GetProperty("status").GetString()!;

    private static int Moved(JsonElement wave) => (int)wave.GetProperty("accounts").EnumerateObject()
        .Where(status => status.Name != "waiting").Sum(status => status.Value.GetInt64());

    private static int Count(JsonElement rollout, string status) => (int)rollout.GetProperty("waves").EnumerateArray()
        .Sum(w => w.GetProperty("accounts").TryGetProperty(status, out var count) ? count.GetInt64() : 0);

    private string? VersionOf(DeliveryCaller org) =>
        delivery.Metadata.StackOf(org.Org).SingleOrDefault()?.Version;
}
