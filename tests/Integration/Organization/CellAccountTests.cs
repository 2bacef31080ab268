using Xingchen.Hosting;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Organization;

/// <summary>What cells ask the directory for: who is there to keep up.</summary>
public sealed class CellAccountTests(DirectoryFixture directory)
{
    [Fact]
    public async Task Pages_of_a_group_follow_one_another_and_hold_every_account_once()
    {
        for (var i = 0; i < 3; i++)
            Assert.Equal(201, (await directory.SendAsync(HttpMethod.Post, "/v1/orgs", DirectoryFixture.Platform,
                new { code = DirectoryFixture.NewCode(), name = "One" })).Status);
        var paged = new List<(long Org, int Account)>();
        var (org, account) = (0L, 0);
        while (await PageAsync("main", org, account, 2) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            paged.AddRange(page);
            (org, account) = page[^1];
        }
        Assert.True(paged.Count >= 4, $"{paged.Count}");
        Assert.Equal(paged.Distinct().Order(), paged);
        Assert.Empty(await PageAsync("nowhere", 0, 0, 100));
    }

    private async Task<List<(long Org, int Account)>> PageAsync(string group, long org, int account, int limit)
    {
        var answer = await directory.SendAsync(HttpMethod.Get,
            $"/internal/accounts?group={group}&org={org}&account={account}&limit={limit}",
            ServiceClient.Internal("records"));
        Assert.Equal(200, answer.Status);
        return [.. answer.Json.GetProperty("accounts").EnumerateArray().Select(one =>
            (one.GetProperty("org").GetInt64(), one.GetProperty("account").GetInt32()))];
    }
}
