using System.Net;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>Promise 9: a crash at a step of the journal leaves the old set or the new one, and a restart ends the
/// work.</summary>
public sealed class InstallationCrashTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_while_metadata_works_it_goes_on_after_a_restart(bool inForce)
    {
        var (name, publisher, org) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var reached = new TaskCompletionSource();
        async Task DieAsync()
        {
            if (!reached.TrySetResult()) return;
            await delivery.Process.KillAsync();
        }
        delivery.Metadata.Before = async asked =>
        {
            if (!inForce && asked.Org == org.Org) await DieAsync();
            return HttpStatusCode.OK;
        };
        delivery.Metadata.After = asked => inForce && asked.Org == org.Org ? DieAsync() : Task.CompletedTask;
        var accepted = (await org.PostAsync("/v1/installations", new { package = name }))
            .Expect(HttpStatusCode.Accepted);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await delivery.RestartAsync();
        var done = await org.FollowAsync(accepted);
        Assert.Equal("active", done.GetProperty("status").GetString());
        Assert.Equal(name, delivery.Metadata.StackOf(org.Org).Single().Name);
        (await org.PostAsync("/v1/installations", new { package = name })).Expect(HttpStatusCode.OK);
        Assert.Equal(2, delivery.Metadata.Asked.Count(asked => asked.Org == org.Org));
        Assert.Single(delivery.Metadata.Asked.Where(asked => asked.Org == org.Org)
            .Select(asked => asked.Packages.Single()).Distinct());
    }

    [Fact]
    public async Task Killed_at_random_moments_every_account_ends_where_it_should()
    {
        var (name, publisher) = (Sample.NewName(), delivery.NewOrg("acme"));
        await publisher.PublishAsync(Sample.Package(name, "acme", "1.0.0"));
        var orgs = Enumerable.Range(0, 12).Select(_ => delivery.NewOrg()).ToList();
        var accepted = new List<Reply>();
        foreach (var org in orgs)
            accepted.Add((await org.PostAsync("/v1/installations", new { package = name }))
                .Expect(HttpStatusCode.Accepted));
        await delivery.Process.KillAsync();
        await delivery.RestartAsync();
        await delivery.Process.KillAsync();
        await delivery.RestartAsync();
        foreach (var (index, org) in orgs.Index())
        {
            Assert.Equal("active", (await org.FollowAsync(accepted[index])).GetProperty("status").GetString());
            Assert.Equal(name, delivery.Metadata.StackOf(org.Org).Single().Name);
        }
    }
}
