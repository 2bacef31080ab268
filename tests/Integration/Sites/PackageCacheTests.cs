using System.Net;
using Xingchen.Contracts;
using Xingchen.Model;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Sites;

/// <summary>A package is in the site's cache, verified, before it is in force; whatever is killed or spoilt on the
/// way.</summary>
public sealed class PackageCacheTests(SiteWithCache site) : IClassFixture<SiteWithCache>, IDisposable
{
    public void Dispose() => site.Send = SiteWithCache.WholeAsync;

    [Fact]
    public async Task What_is_installed_is_in_the_cache_and_pulled_once()
    {
        var (package, bytes) = await site.ReleaseAsync();
        var before = site.Pulls;
        foreach (var org in (DeliveryCaller[])[site.Delivery.NewOrg(), site.Delivery.NewOrg()])
        {
            Assert.Equal("active", await InstallAsync(org, package));
            Assert.Equal(bytes, await File.ReadAllBytesAsync(site.FileOf(package)));
        }
        Assert.Equal(1, site.Pulls - before);
        Assert.Empty(site.Incoming);
    }

    [Fact]
    public async Task Many_who_want_it_at_once_wait_for_one_pull()
    {
        var (package, _) = await site.ReleaseAsync();
        var (before, gate) = (site.Pulls, new TaskCompletionSource());
        site.Send = async (response, bytes) =>
        {
            await gate.Task;
            await SiteWithCache.WholeAsync(response, bytes);
        };
        var asked = Enumerable.Range(0, 8)
            .Select(_ => site.PrepareAsync(site.Extensions, Scopes.Internal, package)).ToList();
        await UntilAsync(() => site.Pulls > before);
        gate.SetResult();
        foreach (var answer in await Task.WhenAll(asked)) answer.Expect(HttpStatusCode.OK);
        Assert.Equal(1, site.Pulls - before);
    }

    [Fact]
    public async Task A_changed_file_is_found_and_pulled_again()
    {
        var (package, bytes) = await site.ReleaseAsync();
        (await site.PrepareAsync(site.Extensions, Scopes.Internal, package)).Expect(HttpStatusCode.OK);
        var spoilt = (byte[])bytes.Clone();
        spoilt[^30] ^= 1;
        await File.WriteAllBytesAsync(site.FileOf(package), spoilt);
        var again = (await site.PrepareAsync(site.Extensions, Scopes.Internal, package)).Expect(HttpStatusCode.OK);
        Assert.Equal(package.Digest, again.Json.GetProperty("pulled")[0].GetString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(site.FileOf(package)));
        var third = (await site.PrepareAsync(site.Extensions, Scopes.Internal, package)).Expect(HttpStatusCode.OK);
        Assert.Equal(0, third.Json.GetProperty("pulled").GetArrayLength());
    }

    [Fact]
    public async Task Other_bytes_than_were_released_are_refused_and_told()
    {
        var (package, _) = await site.ReleaseAsync();
        site.Send = (response, bytes) =>
        {
            bytes[^30] ^= 1;
            return SiteWithCache.WholeAsync(response, bytes);
        };
        var org = site.Delivery.NewOrg();
        var accepted = await org.PostAsync("/v1/installations", new { package = package.Name });
        var failed = await org.FollowAsync(accepted);
        Assert.Equal("failed", failed.GetProperty("status").GetString());
        var problem = failed.GetProperty("problem");
        Assert.Equal("/problems/package-invalid", problem.GetProperty("type").GetString());
        var finding = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal("digest-mismatch", finding.GetProperty("code").GetString());
        Assert.Contains(package.Digest, finding.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(site.FileOf(package)));
        Assert.Empty(site.Incoming);
        Assert.Empty(site.Delivery.Metadata.StackOf(org.Org));
        site.Send = SiteWithCache.WholeAsync;
        Assert.Equal("active", await InstallAsync(org, package));
    }

    [Fact]
    public async Task Every_package_that_is_wrong_is_told_at_once()
    {
        var (package, _) = await site.ReleaseAsync();
        var absent = package with { Name = "absent", Digest = "sha256:" + new string('0', 64) };
        var misnamed = package with { Name = "other" };
        var answer = (await site.PrepareAsync(site.Extensions, Scopes.Internal, absent, misnamed))
            .Expect(HttpStatusCode.UnprocessableEntity, "package-invalid");
        Assert.Equal(["file-missing", "name-mismatch"], answer.Codes);
    }

    [Fact]
    public async Task Killed_in_the_middle_of_a_pull_it_goes_on_after_a_restart()
    {
        var (package, bytes) = await site.ReleaseAsync();
        var (half, dead) = (new TaskCompletionSource(), new TaskCompletionSource());
        site.Send = async (response, whole) =>
        {
            await response.Body.WriteAsync(whole.AsMemory(0, whole.Length / 2));
            await response.Body.FlushAsync();
            half.TrySetResult();
            await dead.Task;
        };
        var org = site.Delivery.NewOrg();
        var accepted = await org.PostAsync("/v1/installations", new { package = package.Name });
        await half.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await UntilAsync(() => site.Incoming.Count == 1);
        await site.Extensions.KillAsync();
        site.Send = SiteWithCache.WholeAsync;
        dead.SetResult();
        Assert.False(File.Exists(site.FileOf(package)));
        Assert.Single(site.Incoming);
        Assert.Empty(site.Delivery.Metadata.StackOf(org.Org));
        await site.RestartExtensionsAsync();
        var done = await org.FollowAsync(accepted);
        Assert.Equal("active", done.GetProperty("status").GetString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(site.FileOf(package)));
        Assert.Empty(site.Incoming);
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_is_tried_again()
    {
        var (package, bytes) = await site.ReleaseAsync();
        var broken = 0;
        site.Send = async (response, whole) =>
        {
            if (Interlocked.Increment(ref broken) > 2)
            {
                await SiteWithCache.WholeAsync(response, whole);
                return;
            }
            await response.Body.WriteAsync(whole.AsMemory(0, whole.Length / 2));
            await response.Body.FlushAsync();
            response.HttpContext.Abort();
        };
        Assert.Equal("active", await InstallAsync(site.Delivery.NewOrg(), package));
        Assert.Equal(3, broken);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(site.FileOf(package)));
    }

    [Fact]
    public async Task Two_processes_share_one_cache()
    {
        await using var other = await site.StartExtensionsAsync(Ports.Free());
        var packages = new List<PackageAddress>();
        for (var i = 0; i < 4; i++) packages.Add((await site.ReleaseAsync()).Address);
        var asked = packages.SelectMany(package => (ServiceProcess[])[site.Extensions, other],
            (package, agent) => site.PrepareAsync(agent, Scopes.Internal, package)).ToList();
        foreach (var answer in await Task.WhenAll(asked)) answer.Expect(HttpStatusCode.OK);
        foreach (var package in packages)
            Assert.Equal(package.Digest, Digest.Of(await File.ReadAllBytesAsync(site.FileOf(package))).Value);
        Assert.Empty(site.Incoming);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("admin")]
    [InlineData("platform")]
    public async Task Nobody_but_services_may_ask(string scope)
    {
        var (package, _) = await site.ReleaseAsync();
        (await site.PrepareAsync(site.Extensions, scope, package)).Expect(HttpStatusCode.Forbidden, "scope-missing");
        (await site.Delivery.NewOrg(null, null, scope).GetAsync("/internal/packages/" + package.Digest))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
    }

    [Theory]
    [InlineData("sha256:..%2F..%2Fetc%2Fpasswd")]
    [InlineData("sha256:ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task What_is_no_address_of_a_file_is_not_there(string digest)
    {
        (await site.Delivery.NewOrg(null, null, Scopes.Internal).GetAsync("/internal/packages/" + digest))
            .Expect(HttpStatusCode.NotFound, "not-found");
    }

    private static async Task<string> InstallAsync(DeliveryCaller org, PackageAddress package)
    {
        var accepted = await org.PostAsync("/v1/installations", new { package = package.Name });
        return (await org.FollowAsync(accepted)).GetProperty("status").GetString()!;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 1_500 && !condition(); i++) await Task.Delay(20);
        Assert.True(condition());
    }
}
