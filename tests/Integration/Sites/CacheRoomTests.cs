using System.Net;
using Xingchen.Contracts;
using Xingchen.Model;
using Xingchen.Testing;

namespace Xingchen.Tests.Integration.Sites;

/// <summary>The cache is bounded; what goes was used longest ago, and is nobody's.</summary>
public sealed class CacheRoomTests(SiteWithCache site) : IClassFixture<SiteWithCache>
{
    [Fact]
    public async Task Room_is_made_of_what_was_used_longest_ago_and_nobody_reads()
    {
        var packages = new List<PackageAddress>();
        long size = 0;
        for (var i = 0; i < 5; i++)
        {
            var (address, bytes) = await site.ReleaseAsync();
            packages.Add(address);
            size = Math.Max(size, bytes.Length);
        }
        await using var agent = await site.StartExtensionsAsync(Ports.Free(), cacheBytes: 3 * size);
        for (var i = 0; i < 3; i++) await PrepareAsync(agent, packages[i]);
        Assert.Equal(3, site.Cached.Count);
        Age(packages[1], 3);
        Age(packages[0], 2);
        Age(packages[2], 1);

        await using (File.OpenRead(site.FileOf(packages[1]))) // as a cell's process that runs it
        {
            await PrepareAsync(agent, packages[3]);
            Assert.True(File.Exists(site.FileOf(packages[1])), "what is read was deleted");
            Assert.False(File.Exists(site.FileOf(packages[0])), "what was used longest ago stayed");
        }
        await PrepareAsync(agent, packages[2]); // used now
        await PrepareAsync(agent, packages[4]);
        Assert.False(File.Exists(site.FileOf(packages[1])));
        Assert.Equal(packages[2..].Select(package => package.Digest[7..] + ".xcpkg").Order(), site.Cached.Order());

        // A set that has no room together is there together as long as it is asked for.
        (await site.PrepareAsync(agent, Scopes.Internal, [.. packages])).Expect(HttpStatusCode.OK);
        await PrepareAsync(agent, packages[0]);
        Assert.Empty(site.Incoming);
    }

    private async Task PrepareAsync(ServiceProcess agent, PackageAddress package) =>
        (await site.PrepareAsync(agent, Scopes.Internal, package)).Expect(HttpStatusCode.OK);

    private void Age(PackageAddress package, int hours) =>
        File.SetLastWriteTimeUtc(site.FileOf(package), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-hours));
}
