using System.Net;
using System.Text.Json;
using Xingchen.Contracts;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>What shall run in an environment, and what stands in its way.</summary>
public sealed class DeploymentTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    private readonly DeliveryCaller gateway = delivery.NewOrg(null, 1, Scopes.Internal);
    private readonly DeliveryCaller platform = delivery.NewOrg(null, 1, Scopes.Platform);

    [Fact]
    public async Task A_rollout_that_halted_is_told_of_and_does_not_stand_in_the_way_back()
    {
        var (name, suite) = (Sample.NewName(), Sample.NewName());
        var orgs = await InstalledAsync(name, 3);
        await EnvironmentAsync(suite, bakeSeconds: 0);
        await DeployAsync(suite, name, "1.0.0");
        await UntilAsync(suite, "in-sync");
        delivery.Metadata.Before = asked => Task.FromResult(!asked.DryRun && asked.Org == orgs[1].Org
            && asked.Packages.Any(p => p.Version == "1.1.0") ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
        try
        {
            await DeployAsync(suite, name, "1.1.0");
            var blocked = await UntilAsync(suite, "blocked");
            Assert.Matches("^The rollout [0-9a-f]{32} is halted: An upgrade was refused",
                blocked.GetProperty("items")[0].GetProperty("reason").GetString());
        }
        finally
        {
            delivery.Metadata.Before = _ => Task.FromResult(HttpStatusCode.OK);
        }
        (await platform.PostAsync($"/v1/deployments/{suite}/rollback")).Expect(HttpStatusCode.OK);
        await UntilAsync(suite, "in-sync");
        Assert.All(orgs, org => Assert.Equal("1.0.0", delivery.Metadata.StackOf(org.Org).Single().Version));
    }

    [Fact]
    public async Task A_rollout_that_is_not_wanted_any_more_upgrades_nobody_else()
    {
        var (name, suite) = (Sample.NewName(), Sample.NewName());
        var orgs = await InstalledAsync(name, 3);
        await EnvironmentAsync(suite, bakeSeconds: 3600, new { percent = 1 }, new { percent = 100 });
        await DeployAsync(suite, name, "1.0.0");
        await DeployAsync(suite, name, "1.1.0");
        await LookAsync(() => Task.FromResult(orgs.Any(org => VersionOf(org) == "1.1.0")));
        await DeployAsync(suite, name, "1.0.0");
        // The one that has it goes back once the rollout that brought it rests: when it has baked, or by hand.
        var outdated = (await platform.GetAsync("/v1/rollouts?package=" + name)).Json.GetProperty("rollouts")[0];
        await LookAsync(async () => (await platform.GetAsync("/v1/rollouts/" + outdated.GetProperty("id").GetString()))
            .Json.GetProperty("status").GetString() == "aborted");
        (await platform.PostAsync($"/v1/rollouts/{outdated.GetProperty("id").GetString()}/abort",
            new { rollBack = true })).Expect(HttpStatusCode.OK);
        await UntilAsync(suite, "in-sync");
        Assert.All(orgs, org => Assert.Equal("1.0.0", VersionOf(org)));
        Assert.Single(orgs, org => delivery.Metadata.Asked.Any(asked => asked.Org == org.Org
            && asked.Packages.Any(p => p.Version == "1.1.0")));
    }

    [Fact]
    public async Task An_account_with_a_higher_version_keeps_it_and_holds_up_nothing()
    {
        var (first, second, suite) = ("a" + Sample.NewName(), "b" + Sample.NewName(), Sample.NewName());
        var ahead = (await InstalledAsync(first, 1))[0];
        await ahead.FollowAsync(await ahead.PostAsync($"/v1/installations/{first}/upgrade",
            new { version = "1.1.0" }));
        var behind = (await InstalledAsync(second, 1))[0];
        await EnvironmentAsync(suite, bakeSeconds: 0);
        await DeployAsync(suite, "1.0.0", (first, "1.0.0"), (second, "1.1.0"));
        var report = await UntilAsync(suite, "in-sync");
        await LookAsync(() => Task.FromResult(VersionOf(behind) == "1.1.0"));
        Assert.Equal("1.1.0", VersionOf(ahead));
        Assert.Equal("Some accounts keep a higher version that they chose.",
            report.GetProperty("items")[0].GetProperty("reason").GetString());
    }

    private async Task EnvironmentAsync(string name, int bakeSeconds, params object[] waves) =>
        (await platform.PutAsync("/v1/environments/" + name, new
        {
            idc = "local", bakeSeconds, waves = waves.Length > 0 ? waves : [new { percent = 100 }],
        })).Expect(HttpStatusCode.OK);

    private Task DeployAsync(string suite, string package, string version) =>
        DeployAsync(suite, version, (package, version));

    private async Task DeployAsync(string suite, string version, params (string Name, string Version)[] packages)
    {
        (await platform.PostAsync("/v1/deployment-packages", new
        {
            name = suite, version, packages = packages.Select(p => new { name = p.Name, version = p.Version }),
        })).Expect(HttpStatusCode.Created);
        (await platform.PutAsync("/v1/deployments/" + suite, new { package = suite, version }))
            .Expect(HttpStatusCode.OK);
    }

    private async Task<List<DeliveryCaller>> InstalledAsync(string name, int count)
    {
        var publisher = delivery.NewOrg("acme");
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var orgs = Enumerable.Range(0, count).Select(_ => delivery.NewOrg()).ToList();
        foreach (var org in orgs)
            await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.1.0"));
        return orgs;
    }

    private async Task<JsonElement> UntilAsync(string environment, string state)
    {
        var last = default(JsonElement);
        await LookAsync(async () =>
        {
            last = (await platform.GetAsync("/v1/deployments/" + environment)).Expect(HttpStatusCode.OK).Json;
            return last.GetProperty("state").GetString() == state;
        });
        return last;
    }

    /// <summary>Looks until it is so; meanwhile a gateway says that it is there.</summary>
    private async Task LookAsync(Func<Task<bool>> isSo)
    {
        for (var look = 0; look < 1_000; look++)
        {
            await gateway.PostAsync("/internal/health", new HealthReport("gateway", []));
            if (await isSo()) return;
            await Task.Delay(40);
        }
        throw new TimeoutException("It did not come to that.");
    }

    private string? VersionOf(DeliveryCaller org) => delivery.Metadata.StackOf(org.Org).SingleOrDefault()?.Version;
}
