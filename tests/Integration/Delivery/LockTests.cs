using System.Net;
using System.Text;
using System.Text.Json;
using Xingchen.Model;
using Xingchen.Schema.Packages;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>What packages were built with: made by the command line, checked at intake, told in plans.</summary>
public sealed class LockTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task A_folder_is_packed_with_what_its_dependencies_come_to()
    {
        var (low, high, name) = (Sample.NewName(), Sample.NewName(), "acme-" + Sample.NewName());
        var publisher = delivery.NewOrg("acme");
        var bottom = Sample.Package(low, "acme", "1.0.0");
        await publisher.PublishAsync(bottom);
        await publisher.PublishAsync(Sample.Package(high, "acme", "1.0.0", Depends(low, "^1.0.0")));
        await using var front = await publisher.FrontAsync();
        await front.WriteAsync("mine/package.json", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
        {
            name, @namespace = "acme", version = "1.0.0", dependencies = Depends(high, "^1.0.0"),
        })));
        var (folder, first) = (Path.Combine(front.Folder, "mine"), Path.Combine(front.Folder, "first"));
        var (second, third) = (Path.Combine(front.Folder, "second"), Path.Combine(front.Folder, "third"));

        await front.Cli.RunAsync("pack", folder, "-o", first, "--offline");
        Assert.Null(LockOf(first));
        await front.Cli.RunAsync("pack", folder, "-o", first);
        Assert.Equal([(high, "1.0.0"), (low, "1.0.0")], Versions(LockOf(first)!).OrderBy(p => p.Item1 == low));
        Assert.Equal(Digest.Of(bottom).Value, LockOf(first)!.Packages[low].Digest);
        Assert.False(File.Exists(Path.Combine(folder, "package-lock.json")));
        await front.Cli.RunAsync("lock", folder);

        // A kept lock is taken as it is, whatever is released since, also offline; renewed it moves on.
        await publisher.PublishAsync(Sample.Package(low, "acme", "1.1.0"));
        await front.Cli.RunAsync("pack", folder, "-o", second);
        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(second));
        await front.Cli.RunAsync("push", folder);
        var told = (await publisher.GetAsync($"/v1/packages/{name}/1.0.0")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("1.0.0", told.GetProperty("lock").GetProperty(low).GetString());
        await publisher.PostAsync($"/v1/packages/{name}/1.0.0/release");
        var plan = (await publisher.PostAsync("/v1/installations/plan", new { package = name })).Expect(
            HttpStatusCode.OK).Json;
        Assert.Equal([$"{name} 1.0.0 was built and tested with {low} 1.0.0; here it runs with 1.1.0."],
            plan.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetProperty("detail").GetString()));
        await front.Cli.RunAsync("pack", folder, "-o", third, "--update-lock");
        Assert.Equal("1.1.0", LockOf(third)!.Packages[low].Version);

        var (code, _, error) = await front.Cli.TryAsync("pack", folder.Replace("mine", "other",
            StringComparison.Ordinal));
        Assert.Equal((1, true), (code, error.Contains("There is no folder", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_lock_is_held_to_what_is_released()
    {
        var (low, high, publisher) = (Sample.NewName(), Sample.NewName(), delivery.NewOrg("acme"));
        var bottom = Sample.Package(low, "acme", "1.0.0");
        await publisher.PublishAsync(bottom);
        var top = Sample.Package(high, "acme", "1.0.0", Depends(low, "^1.0.0"));
        await publisher.PublishAsync(top);
        await publisher.UploadAsync(Sample.Package(low, "acme", "1.2.0")); // not released
        var other = Digest.Of("other bytes"u8).Value;

        await ExpectAsync([], (low, "1.0.0", Digest.Of(bottom).Value), (high, "1.0.0", Digest.Of(top).Value));
        await ExpectAsync(["lock-digest"], (low, "1.0.0", other), (high, "1.0.0", Digest.Of(top).Value));
        await ExpectAsync(["lock-not-released"], (low, "1.2.0", other), (high, "1.0.0", Digest.Of(top).Value));
        await ExpectAsync(["lock-missing"], (high, "1.0.0", Digest.Of(top).Value));
        await ExpectAsync(["lock-missing"], (low, "1.0.0", Digest.Of(bottom).Value));

        async Task ExpectAsync(string[] codes, params (string Name, string Version, string Digest)[] locked)
        {
            var file = Encoding.UTF8.GetString(new PackageLock(locked.ToDictionary(
                p => p.Name, p => new LockedPackage(p.Version, p.Digest))).ToFile());
            var reply = await publisher.UploadAsync(Sample.Package(Sample.NewName(), "acme", "1.0.0",
                Depends(high, "^1.0.0"), ("package-lock.json", file)));
            Assert.Equal(codes, codes.Length == 0 ? reply.Expect(HttpStatusCode.Created).Bytes.Select(_ => "").Take(0)
                : reply.Expect(HttpStatusCode.UnprocessableEntity, "package-invalid").Codes);
        }
    }

    [Fact]
    public async Task Nobody_learns_of_unreleased_versions_by_asking_what_fits()
    {
        var (name, publisher, stranger) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        var absent = Sample.NewName();
        await publisher.UploadAsync(Sample.Package(name, "acme", "1.0.0"));
        var hidden = await stranger.PostAsync("/v1/packages/resolve", new { dependencies = Depends(name, "*") });
        var none = await stranger.PostAsync("/v1/packages/resolve", new { dependencies = Depends(absent, "*") });
        Assert.Equal(none.Expect(HttpStatusCode.Conflict, "resolution-failed").Bare(absent),
            hidden.Expect(HttpStatusCode.Conflict, "resolution-failed").Bare(name));
        foreach (var wrong in new object[] { new { }, new { dependencies = Depends("No!", "*") },
            new { dependencies = Depends(name, "latest") } })
            (await stranger.PostAsync("/v1/packages/resolve", wrong))
                .Expect(HttpStatusCode.UnprocessableEntity, "content-invalid");
    }

    private static Dictionary<string, string> Depends(string name, string range) => new() { [name] = range };

    private static PackageLock? LockOf(string file)
    {
        using var stream = File.OpenRead(file);
        var contents = PackageReader.Read(stream);
        Assert.Empty(contents.Findings);
        return contents.Lock;
    }

    private static IEnumerable<(string, string)> Versions(PackageLock @lock) =>
        @lock.Packages.Select(package => (package.Key, package.Value.Version));
}
