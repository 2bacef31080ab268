using System.Net;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Delivery;

public sealed class PackageTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task Takes_a_package_once_and_never_changes_it()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        var file = Sample.Package(name, "acme", "1.0.0");
        var first = (await publisher.UploadAsync(file)).Expect(HttpStatusCode.Created);
        Assert.Equal($"/v1/packages/{name}/1.0.0", first.Location);
        Assert.Equal(Digest.Of(file).Value, first.Json.GetProperty("digest").GetString());
        Assert.Equal("uploaded", first.Json.GetProperty("status").GetString());
        Assert.Equal("package-unsigned", first.Json.GetProperty("warnings")[0].GetProperty("code").GetString());
        Assert.Equal(first.Body, (await publisher.UploadAsync(file)).Expect(HttpStatusCode.OK).Body);
        var other = Sample.Package(name, "acme", "1.0.0", null, 
            ("metadata/picklists/acme__a.json", """{"name":"acme__a","values":[{"value":"a"}]}"""));
        (await publisher.UploadAsync(other)).Expect(HttpStatusCode.Conflict, "package-version-exists");
        Assert.Empty(Directory.GetFiles(Path.Combine(delivery.StorePath, "incoming")));
    }

    [Fact]
    public async Task Concurrent_uploads_of_the_same_bytes_are_one()
    {
        var publisher = delivery.NewOrg("acme");
        var file = Sample.Package(Sample.NewName(), "acme", "1.0.0");
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => publisher.UploadAsync(file)));
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.Created);
        Assert.Equal(7, replies.Count(reply => reply.Status == HttpStatusCode.OK));
        Assert.Single(replies.Select(reply => reply.Body).Distinct());
    }

    [Fact]
    public async Task Downloads_by_digest_with_ranges()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        var file = Sample.Package(name, "acme", "1.0.0");
        await publisher.UploadAsync(file);
        var path = $"/v1/packages/{name}/1.0.0/content";
        var whole = (await publisher.GetAsync(path)).Expect(HttpStatusCode.OK);
        Assert.Equal(file, whole.Bytes);
        Assert.Equal($"\"{Digest.Of(file)}\"", whole.Tag);
        (await publisher.GetAsync(path, ("If-None-Match", whole.Tag!))).Expect(HttpStatusCode.NotModified);
        var part = (await publisher.GetAsync(path, ("Range", "bytes=10-19"))).Expect(HttpStatusCode.PartialContent);
        Assert.Equal(file[10..20], part.Bytes);
        (await publisher.GetAsync(path, ("Range", "bytes=999999-")))
            .Expect(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task A_corrupted_file_is_never_given_to_anybody()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        var file = Sample.Package(name, "acme", "1.0.0");
        await publisher.UploadAsync(file);
        var hex = Digest.Of(file).Value["sha256:".Length..];
        file[file.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(
            Path.Combine(delivery.StorePath, "sha256", hex[..2], hex + ".xcpkg"), file);
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.0/content"))
            .Expect(HttpStatusCode.InternalServerError, "internal-error");
    }

    [Fact]
    public async Task Refuses_what_is_not_the_publishers()
    {
        var file = Sample.Package(Sample.NewName(), "acme", "1.0.0");
        (await delivery.NewOrg("other").UploadAsync(file)).Expect(HttpStatusCode.Forbidden, "namespace-not-yours");
        (await delivery.NewOrg().UploadAsync(file)).Expect(HttpStatusCode.Forbidden, "scope-missing");
        (await delivery.NewOrg("acme").UploadAsync(file, "application/json"))
            .Expect(HttpStatusCode.UnsupportedMediaType, "media-type-unsupported");
        var name = Sample.NewName();
        (await delivery.NewOrg("acme").UploadAsync(Sample.Package(name, "acme", "1.0.0")))
            .Expect(HttpStatusCode.Created);
        (await delivery.NewOrg("zeta").UploadAsync(Sample.Package(name, "zeta", "1.0.0")))
            .Expect(HttpStatusCode.Conflict, "package-name-taken");
    }

    [Fact]
    public async Task A_version_tells_what_it_changes()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        byte[] Package(string version, string fields) => Sample.Package(name, "acme", version, null,
            ("metadata/objects/acme__Card.json", $$"""
                {"name":"acme__Card","nameField":"name","fields":[{"name":"name","type":"text"}{{fields}}]}
                """));
        const string points = """,{"name":"points","type":"integer"}""", note = """,{"name":"note","type":"text"}""";
        (await publisher.UploadAsync(Package("1.4.0", points))).Expect(HttpStatusCode.Created);
        (await publisher.UploadAsync(Package("1.4.1", ""))).Expect(HttpStatusCode.Created); // nothing is released yet
        (await publisher.PostAsync($"/v1/packages/{name}/1.4.0/release")).Expect(HttpStatusCode.OK);
        Assert.Equal(["version-too-low"], (await publisher.PostAsync($"/v1/packages/{name}/1.4.1/release"))
            .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Codes);
        Assert.Equal("uploaded", (await publisher.GetAsync($"/v1/packages/{name}/1.4.1")).Json.GetProperty("status")
            .GetString());

        var refused = (await publisher.UploadAsync(Package("1.4.2", note)))
            .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Json.GetProperty("errors");
        Assert.Equal(
            [
                "version-too-low metadata/objects/acme__Card.json /fields Against 1.4.0: acme__Card.points is gone. "
                    + "That is a major change: the version must be 2.0.0 at least, not 1.4.2.",
                "version-too-low metadata/objects/acme__Card.json /fields/1 Against 1.4.0: acme__Card.note is new. "
                    + "That is a minor change: the version must be 1.5.0 at least, not 1.4.2.",
            ], refused.EnumerateArray().Select(error => string.Join(' ', new[] { "code", "file", "pointer", "detail" }
                .Select(member => error.GetProperty(member).GetString()))));
        (await publisher.UploadAsync(Package("1.5.0", points + note))).Expect(HttpStatusCode.Created);
        (await publisher.UploadAsync(Package("2.0.0-beta.1", note))).Expect(HttpStatusCode.Created);
        (await publisher.UploadAsync(Package("0.9.0", ""))).Expect(HttpStatusCode.Created); // before all others
        var retyped = (await publisher.UploadAsync(Package("3.0.0", """,{"name":"points","type":"text"}""")))
            .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Json.GetProperty("errors");
        Assert.Equal("field-type-change", retyped[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_dry_run_says_everything_and_keeps_nothing()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        var file = Sample.Package(name, "acme", "1.0.0");
        var tried = (await publisher.UploadAsync(file, dryRun: true)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(("valid", name), (tried.GetProperty("status").GetString(), tried.GetProperty("name").GetString()));
        (await publisher.GetAsync($"/v1/packages/{name}/1.0.0")).Expect(HttpStatusCode.NotFound);
        Assert.Equal(["dependency-unresolved"], (await publisher.UploadAsync(
            Sample.Package(name, "acme", "1.0.0", new { nothing = "^1.0.0" }), dryRun: true))
                .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Codes);
        (await publisher.UploadAsync(file)).Expect(HttpStatusCode.Created);
        Assert.Equal("uploaded", (await publisher.UploadAsync(file, dryRun: true)).Expect(HttpStatusCode.OK).Json
            .GetProperty("status").GetString());
    }

    [Fact]
    public async Task Refuses_hostile_bytes_with_every_finding_and_keeps_nothing()
    {
        var publisher = delivery.NewOrg("acme");
        (await publisher.UploadAsync("not a zip at all, but some text"u8.ToArray()))
            .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid");
        (await publisher.UploadAsync(new byte[5 << 20])).Expect(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        (await publisher.UploadAsync([])).Expect(HttpStatusCode.UnprocessableEntity, "package-invalid");
        var bad = Sample.Package(Sample.NewName(), "acme", "1.0.0", new { nothing = "^1.0.0" },
            ("metadata/objects/Bad.json", """{"name":"Bad","fields":[{"name":"a","type":"nonsense"}]}"""),
            ("metadata/objects/Worse.json", "{"));
        var refused = (await publisher.UploadAsync(bad)).Expect(HttpStatusCode.UnprocessableEntity, "package-invalid");
        var files = refused.Json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("file").GetString());
        Assert.Contains("metadata/objects/Bad.json", files);
        Assert.Contains("metadata/objects/Worse.json", files);
        Assert.Contains("prefix-invalid", refused.Codes);
        Assert.Empty(Directory.GetFiles(Path.Combine(delivery.StorePath, "incoming")));
    }

    [Fact]
    public async Task Refuses_references_that_do_not_resolve()
    {
        var publisher = delivery.NewOrg("acme");
        var missing = Sample.Package(Sample.NewName(), "acme", "1.0.0", new { nothing = "^1.0.0" });
        Assert.Contains("dependency-unresolved",
            (await publisher.UploadAsync(missing)).Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Codes);
        var dangling = Sample.Package(Sample.NewName(), "acme", "1.0.0", null,
            ("metadata/overlays/Nowhere.json", """{"overlays":"Nowhere","label":{"en":"x"}}"""));
        Assert.NotEmpty((await publisher.UploadAsync(dangling)).Expect(HttpStatusCode.UnprocessableEntity).Codes);
    }

    [Fact]
    public async Task An_unreleased_package_is_nobodys_business()
    {
        var (name, publisher, stranger) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg("other"));
        await publisher.UploadAsync(Sample.Package(name, "acme", "1.0.0"));
        var absent = Sample.NewName();
        foreach (var suffix in (string[])["", "/1.0.0", "/1.0.0/content", "/1.0.0/key"])
        {
            var hidden = (await stranger.GetAsync($"/v1/packages/{name}{suffix}"))
                .Expect(HttpStatusCode.NotFound, "not-found");
            var none = (await stranger.GetAsync($"/v1/packages/{absent}{suffix}")).Expect(HttpStatusCode.NotFound);
            Assert.Equal(none.Bare($"/v1/packages/{absent}"), hidden.Bare($"/v1/packages/{name}"));
        }
        (await stranger.PostAsync($"/v1/packages/{name}/1.0.0/release")).Expect(HttpStatusCode.NotFound, "not-found");
        (await stranger.PostAsync($"/v1/packages/{name}/1.0.0/yank", new { reason = "x" }))
            .Expect(HttpStatusCode.NotFound);
        Assert.DoesNotContain(name, (await stranger.GetAsync("/v1/packages?limit=200")).Body, StringComparison.Ordinal);
        (await stranger.PostAsync("/v1/installations", new { package = name }))
            .Expect(HttpStatusCode.NotFound, "not-found");
        (await stranger.PostAsync("/v1/installations/plan", new { package = name })).Expect(HttpStatusCode.NotFound);
        (await publisher.PostAsync("/v1/installations", new { package = name }))
            .Expect(HttpStatusCode.Conflict, "package-not-released");
    }

    [Fact]
    public async Task Releases_one_way_and_yanks()
    {
        var (name, publisher, stranger) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg("other"));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        Assert.Equal("released", (await stranger.GetAsync($"/v1/packages/{name}/1.0.0")).Json.GetProperty("status")
            .GetString());
        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/release")).Expect(HttpStatusCode.OK);
        (await stranger.PostAsync($"/v1/packages/{name}/1.0.0/release"))
            .Expect(HttpStatusCode.Forbidden, "namespace-not-yours");
        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/yank", new { }))
            .Expect(HttpStatusCode.UnprocessableEntity);
        var yanked = (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/yank", new { reason = "leaks" }))
            .Expect(HttpStatusCode.OK);
        Assert.Equal("leaks", yanked.Json.GetProperty("yankReason").GetString());
        (await publisher.PostAsync($"/v1/packages/{name}/1.0.0/release")).Expect(HttpStatusCode.Conflict, "conflict");
        (await stranger.PostAsync("/v1/installations", new { package = name }))
            .Expect(HttpStatusCode.Conflict, "resolution-failed");
    }

    [Fact]
    public async Task Lists_in_pages_whose_cursors_are_the_callers_own()
    {
        var (mark, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        foreach (var i in Enumerable.Range(1, 5)) await publisher.PublishAsync(
            Sample.Package($"{mark}-{i}", "acme", "1.0.0"));
        var (names, cursor) = (new List<string>(), "");
        do
        {
            var page = (await publisher.GetAsync($"/v1/packages?search={mark}&limit=2{cursor}"))
                .Expect(HttpStatusCode.OK).Json;
            names.AddRange(page.GetProperty("packages").EnumerateArray()
                .Select(p => p.GetProperty("name").GetString()!));
            cursor = page.TryGetProperty("next", out var next) ? "&cursor=" + next.GetString() : "";
            if (cursor.Length > 0)
                (await delivery.NewOrg().GetAsync($"/v1/packages?search={mark}&limit=2{cursor}"))
                    .Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        }
        while (cursor.Length > 0);
        Assert.Equal(Enumerable.Range(1, 5).Select(i => $"{mark}-{i}"), names);
        (await publisher.GetAsync("/v1/packages?limit=0")).Expect(HttpStatusCode.BadRequest, "request-invalid");
        (await publisher.GetAsync("/v1/packages?search=%00")).Expect(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task Layers_are_for_services_only()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        await publisher.UploadAsync(Sample.Package(name, "acme", "1.0.0"));
        (await publisher.GetAsync($"/internal/packages/{name}/1.0.0/layer"))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
        var service = delivery.NewOrg(scopes: Scopes.Internal);
        var layer = (await service.GetAsync($"/internal/packages/{name}/1.0.0/layer")).Expect(HttpStatusCode.OK);
        var digest = layer.Json.GetProperty("digest").GetString();
        Assert.Equal(layer.Body, (await service.GetAsync("/internal/layers/" + digest)).Expect(HttpStatusCode.OK).Body);
        Assert.Equal("isv", layer.Json.GetProperty("kind").GetString());
        (await service.GetAsync("/internal/layers/sha256:0")).Expect(HttpStatusCode.NotFound, "not-found");
    }
}
