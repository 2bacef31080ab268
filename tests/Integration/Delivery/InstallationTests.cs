using System.Net;

namespace Xingchen.Tests.Integration.Delivery;

public sealed class InstallationTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    private static string Version(System.Text.Json.JsonElement installation) =>
        installation.GetProperty("version").GetString()!;

    private static string Status(System.Text.Json.JsonElement installation) =>
        installation.GetProperty("status").GetString()!;

    [Fact]
    public async Task Who_uploads_and_who_plans_is_told_that_code_does_not_run()
    {
        var (publisher, name) = (delivery.NewOrg("acme"), Sample.NewName());
        var taken = (await publisher.UploadAsync(Sample.Calling(name, "acme", "1.0.0"))).Expect(HttpStatusCode.Created);
        Assert.Equal(["package-unsigned", "extensions-not-running"],
            taken.Json.GetProperty("warnings").EnumerateArray()
                .Select(warning => warning.GetProperty("code").GetString()));
        await publisher.PostAsync($"/v1/packages/{name}/1.0.0/release", new { });
        var plan = (await delivery.NewOrg().PostAsync("/v1/installations/plan",
            new { package = name, version = "^1.0.0" })).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(0, plan.GetProperty("blocked").GetArrayLength());
        var told = Assert.Single(plan.GetProperty("warnings").EnumerateArray());
        Assert.Equal("extensions-not-running", told.GetProperty("code").GetString());
        Assert.StartsWith($"{name} 1.0.0: ", told.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Installs_with_dependencies_first_and_again_changes_nothing()
    {
        var publisher = delivery.NewOrg("acme");
        var (top, low) = ("z" + Sample.NewName(), "a" + Sample.NewName());
        await publisher.PublishAsync(Sample.Package(low, "acme", "1.0.0"));
        await publisher.PublishAsync(Sample.Package(low, "acme", "1.4.0"));
        await publisher.PublishAsync(Sample.Package(low, "acme", "2.0.0"));
        await publisher.PublishAsync(Sample.Package(top, "acme", "1.0.0", new Dictionary<string,
            string> { [low] = "^1.0.0" }));
        var org = delivery.NewOrg();
        var plan = (await org.PostAsync("/v1/installations/plan", new { package = top, version = "^1.0.0" }))
            .Expect(HttpStatusCode.OK);
        Assert.Equal(0, plan.Json.GetProperty("blocked").GetArrayLength());
        Assert.Equal([$"{low} 1.4.0 install", $"{top} 1.0.0 install"],
            plan.Json.GetProperty("packages").EnumerateArray()
            .Select(p => $"{p.GetProperty("name")} {p.GetProperty("version")} {p.GetProperty("change")}"));
        Assert.Equal("acme__Loyalty", plan.Json.GetProperty("objects").GetProperty("added")[0].GetProperty("object")
            .GetString());
        Assert.Equal("acme__points", plan.Json.GetProperty("fields").GetProperty("added")[0].GetProperty("field")
            .GetString());
        var done = await org.FollowAsync(await org.PostAsync("/v1/installations",
            new { package = top, version = "^1.0.0" }));
        Assert.Equal(("1.0.0", "active"), (Version(done), Status(done)));
        Assert.Equal([low, top], delivery.Metadata.StackOf(org.Org).Select(package => package.Name));
        var again = (await org.PostAsync("/v1/installations", new { package = top, version = "^1.0.0" }))
            .Expect(HttpStatusCode.OK);
        Assert.Equal(done.GetProperty("id").GetString(), again.Json.GetProperty("id").GetString());
        Assert.Single(delivery.Metadata.Asked, asked => asked.Org == org.Org);
        var list = (await org.GetAsync("/v1/installations")).Json.GetProperty("installations");
        Assert.Equal([low, top], list.EnumerateArray().Select(i => i.GetProperty("package").GetString()!));
        (await org.DeleteAsync("/v1/installations/" + low)).Expect(HttpStatusCode.Conflict, "package-in-use");
        (await org.DeleteAsync("/v1/installations/" + top)).Expect(HttpStatusCode.NoContent);
        Assert.Empty(delivery.Metadata.StackOf(org.Org));
        Assert.Equal(0, (await org.GetAsync("/v1/installations")).Json.GetProperty("installations").GetArrayLength());
    }

    [Fact]
    public async Task Upgrades_and_goes_back()
    {
        var (name, publisher, org) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        (await org.PostAsync($"/v1/installations/{name}/rollback")).Expect(HttpStatusCode.Conflict, "conflict");
        (await org.PostAsync($"/v1/installations/{name}/upgrade", new { })).Expect(HttpStatusCode.OK);
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.1.0"));
        var up = await org.FollowAsync(await org.PostAsync($"/v1/installations/{name}/upgrade",
            new { version = "^1.1.0" }));
        Assert.Equal(("1.1.0", "active"), (Version(up), Status(up)));
        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/yank", new { reason = "old" }))
            .Expect(HttpStatusCode.OK);
        var back = await org.FollowAsync(await org.PostAsync($"/v1/installations/{name}/rollback"));
        Assert.Equal(("1.0.0", "active"), (Version(back), Status(back)));
        Assert.Equal("1.0.0", delivery.Metadata.StackOf(org.Org).Single().Version);
    }

    [Fact]
    public async Task Says_why_nothing_fits()
    {
        var publisher = delivery.NewOrg("acme");
        // Which choice is told of first follows from the names.
        var (low, one, two) = (Sample.NewName(), "a" + Sample.NewName(), "b" + Sample.NewName());
        await publisher.PublishAsync(Sample.Package(low, "acme", "1.0.0"));
        await publisher.PublishAsync(Sample.Package(low, "acme", "2.0.0"));
        await publisher.PublishAsync(Sample.Package(one, "acme", "1.0.0", new Dictionary<string,
            string> { [low] = "^1.0.0" }));
        await publisher.PublishAsync(Sample.Package(two, "acme", "1.0.0", new Dictionary<string,
            string> { [low] = "^2.0.0" }));
        var org = delivery.NewOrg();
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = one }));
        var refused = (await org.PostAsync("/v1/installations", new { package = two }))
            .Expect(HttpStatusCode.Conflict, "resolution-failed");
        var why = refused.Json.GetProperty("detail").GetString()!;
        foreach (var part in (string[])[low, $"^1.0.0 (asked for by {one} 1.0.0)",
            $"^2.0.0 (asked for by {two} 1.0.0)", "1.0.0, 2.0.0"])
            Assert.Contains(part, why, StringComparison.Ordinal);
        var plan = (await org.PostAsync("/v1/installations/plan", new { package = two }))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal("resolution-failed", plan.GetProperty("blocked")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_refusal_of_metadata_fails_the_installation_with_its_findings()
    {
        var (name, publisher, org) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        delivery.Metadata.Before = asked => Task.FromResult(
            asked.Org == org.Org ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
        var failed = await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        Assert.Equal("failed", Status(failed));
        var problem = failed.GetProperty("problem");
        Assert.Equal("/problems/definition-invalid", problem.GetProperty("type").GetString());
        Assert.Equal("field-missing", problem.GetProperty("errors")[0].GetProperty("code").GetString());
        delivery.Metadata.Before = _ => Task.FromResult(HttpStatusCode.OK);
        var mended = await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        Assert.Equal("active", Status(mended));
    }

    [Fact]
    public async Task Tries_again_while_metadata_does_not_answer()
    {
        var (name, publisher, org) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var left = 3;
        delivery.Metadata.Before = asked => Task.FromResult(asked.Org == org.Org && Interlocked.Decrement(ref left) >= 0
            ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK);
        Assert.Equal("active", Status(await org.FollowAsync(await org.PostAsync("/v1/installations",
            new { package = name }))));
        Assert.Equal(4, delivery.Metadata.Asked.Count(asked => asked.Org == org.Org));
    }

    [Fact]
    public async Task Another_orgs_installations_are_as_if_they_were_not()
    {
        var (name, publisher, org, stranger) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg(),
            delivery.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var done = await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = name }));
        var (id, absent) = (done.GetProperty("id").GetString()!, Guid.NewGuid().ToString("N"));
        var foreign = (await stranger.GetAsync("/v1/installations/" + id)).Expect(HttpStatusCode.NotFound, "not-found");
        var none = (await stranger.GetAsync("/v1/installations/" + absent)).Expect(HttpStatusCode.NotFound);
        Assert.Equal(none.Bare(absent), foreign.Bare(id));
        foreach (var act in (string[])["upgrade", "rollback"])
            (await stranger.PostAsync($"/v1/installations/{name}/{act}", new { }))
                .Expect(HttpStatusCode.NotFound, "not-found");
        (await stranger.DeleteAsync("/v1/installations/" + name)).Expect(HttpStatusCode.NotFound, "not-found");
        Assert.DoesNotContain(name, (await stranger.GetAsync("/v1/installations")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"package":"Not A Name"}""", HttpStatusCode.UnprocessableEntity, "content-invalid")]
    [InlineData("""{"package":"northwind","version":"latest"}""", HttpStatusCode.UnprocessableEntity,
        "content-invalid")]
    [InlineData("""{"package":"northwind","verzion":"1"}""", HttpStatusCode.BadRequest, "request-invalid")]
    [InlineData("""{"package":"no-such-package"}""", HttpStatusCode.NotFound, "not-found")]
    public async Task Refuses_requests(string body, HttpStatusCode status, string slug) =>
        (await delivery.NewOrg().PostAsync("/v1/installations", System.Text.Json.JsonDocument.Parse(body).RootElement))
            .Expect(status, slug);

    [Fact]
    public async Task Installing_takes_the_scope_of_an_administrator() =>
        (await delivery.NewOrg(scopes: Model.Scopes.Data).PostAsync("/v1/installations", new { package = "northwind" }))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
}
