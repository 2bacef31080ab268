using System.Net;
using System.Text.Json;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Permissions come apart from code: what is not granted keeps nobody on an old version.</summary>
public sealed class PermissionTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task A_new_permission_waits_and_the_code_comes()
    {
        var (name, org) = await InstalledAsync(["data", "https://a.example"], "data");
        await PublishAsync(name, "1.1.0", ["data", "https://a.example", "admin"]);
        var plan = (await org.PostAsync("/v1/installations/plan", new { package = name })).Expect(HttpStatusCode.OK)
            .Json.GetProperty("packages")[0];
        Assert.Equal("data | https://a.example,admin", Granted(plan));
        var up = await org.FollowAsync(await org.PostAsync($"/v1/installations/{name}/upgrade", new { }));
        Assert.Equal(("1.1.0", "data | https://a.example,admin"), (Version(up), Granted(up)));
        var path = "/v1/installations/" + name;
        var granted = (await org.PatchAsync(path, new { grant = new[] { "admin", "data", "admin" } }))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal("data,admin | https://a.example", Granted(granted));
        Assert.Equal(up.GetProperty("id").GetString(), granted.GetProperty("id").GetString());
        Assert.Equal("data,admin | https://a.example", await GrantedAsync(org, up));
        var revoked = (await org.PatchAsync(path, new { grant = Array.Empty<string>() })).Expect(HttpStatusCode.OK);
        Assert.Equal(" | data,https://a.example,admin", Granted(revoked.Json));
    }

    [Fact]
    public async Task What_was_granted_is_found_again_by_the_way_back_and_lapses_after_that()
    {
        var (name, org) = await InstalledAsync(["a", "b"], "a", "b");
        await PublishAsync(name, "1.1.0", ["a"]);
        await PublishAsync(name, "1.2.0", ["a", "c"]);
        await PublishAsync(name, "1.3.0", ["a", "b", "c"]);
        Assert.Equal("a | ", Granted(await UpgradeAsync(org, name, "1.1.0")));
        var back = await org.FollowAsync(await org.PostAsync($"/v1/installations/{name}/rollback"));
        Assert.Equal("a,b | ", Granted(back));
        Assert.Equal("a | ", Granted(await UpgradeAsync(org, name, "1.1.0")));
        Assert.Equal("a | c", Granted(await UpgradeAsync(org, name, "1.2.0")));
        Assert.Equal("a | b,c", Granted(await UpgradeAsync(org, name, "1.3.0")));
    }

    [Fact]
    public async Task Installing_again_grants_more_and_an_upgrade_by_post_grants_too()
    {
        var (name, org) = await InstalledAsync(["a", "b"], "a");
        var again = new { package = name, version = "1.0.0", grant = new[] { "b" } };
        Assert.Equal("a,b | ", Granted((await org.PostAsync("/v1/installations", again)).Expect(HttpStatusCode.OK)
            .Json));
        await PublishAsync(name, "1.1.0", ["a", "b", "c", "d"]);
        var up = await org.FollowAsync(await org.PostAsync("/v1/installations",
            new { package = name, version = "1.1.0", grant = new[] { "d" } }));
        Assert.Equal("a,b,d | c", Granted(up));
    }

    [Fact]
    public async Task A_grant_of_what_is_not_asked_for_is_a_finding_and_changes_nothing()
    {
        var (name, org) = await InstalledAsync(["a", "b"], "a");
        var (path, wrong) = ("/v1/installations/" + name, new { grant = new[] { "b", "x", "y" } });
        var refused = (await org.PatchAsync(path, wrong))
            .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        Assert.Equal(["/grant/1", "/grant/2"], refused.Json.GetProperty("errors").EnumerateArray()
            .Select(error => error.GetProperty("pointer").GetString()!));
        Assert.Equal(["permission-unknown", "permission-unknown"], refused.Codes);
        foreach (var route in (string[])["/v1/installations", "/v1/installations/plan"])
            (await org.PostAsync(route, new { package = name, wrong.grant }))
                .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        (await org.PatchAsync(path, new { })).Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
        (await org.PatchAsync(path, new { grants = new[] { "a" } })).Expect(HttpStatusCode.BadRequest);
        var list = (await org.GetAsync("/v1/installations")).Json.GetProperty("installations");
        Assert.Equal("a | b", Granted(list.EnumerateArray().Single()));
    }

    [Fact]
    public async Task Nobody_grants_for_another_org()
    {
        var (name, org) = await InstalledAsync(["a"]);
        var (stranger, absent) = (delivery.NewOrg(), Sample.NewName());
        var foreign = (await stranger.PatchAsync("/v1/installations/" + name, new { grant = new[] { "a" } }))
            .Expect(HttpStatusCode.NotFound, "not-found");
        var none = (await stranger.PatchAsync("/v1/installations/" + absent, new { grant = new[] { "a" } }))
            .Expect(HttpStatusCode.NotFound);
        Assert.Equal(none.Bare(absent), foreign.Bare(name));
        var list = (await org.GetAsync("/v1/installations")).Json.GetProperty("installations");
        Assert.Equal(" | a", Granted(list.EnumerateArray().Single()));
    }

    private static string Version(JsonElement installation) => installation.GetProperty("version").GetString()!;

    private static string Granted(JsonElement of)
    {
        string List(string name) =>
            string.Join(',', of.GetProperty(name).EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(of.GetProperty("asked").EnumerateArray().Select(one => one.GetString()!).Order(),
            (List("granted") + "," + List("missing")).Split(',', StringSplitOptions.RemoveEmptyEntries).Order());
        return List("granted") + " | " + List("missing");
    }

    private static async Task<string> GrantedAsync(DeliveryCaller org, JsonElement act) =>
        Granted((await org.GetAsync("/v1/installations/" + act.GetProperty("id").GetString())).Json);

    private static async Task<JsonElement> UpgradeAsync(DeliveryCaller org, string name, string version) =>
        await org.FollowAsync(await org.PostAsync($"/v1/installations/{name}/upgrade", new { version }));

    private Task PublishAsync(string name, string version, string[] permissions) => delivery.NewOrg("acme", 900_001)
        .PublishAsync(Sample.Asking(name, "acme", version, permissions));

    private async Task<(string Name, DeliveryCaller Org)> InstalledAsync(string[] asked, params string[] grant)
    {
        var (name, org) = (Sample.NewName(), delivery.NewOrg());
        await PublishAsync(name, "1.0.0", asked);
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name, grant }));
        return (name, org);
    }
}
