using System.Net;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Changes;

/// <summary>The feed as it grows: server-sent events.</summary>
public sealed class ChangeFollowTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task A_follower_gets_what_was_and_what_comes_and_goes_on_where_it_was()
    {
        var caller = await cell.NewAccountAsync();
        await caller.NewAsync(Note, """{"text":"old"}""");
        string last;
        await using (var stream = await caller.FollowAsync("/v1/changes"))
        {
            Assert.Equal("old", Text((await stream.NextAsync()).Change));
            await caller.NewAsync(Note, """{"text":"live\nline"}""");
            var (id, change) = await stream.NextAsync();
            Assert.Equal("live\nline", Text(change));
            Assert.Equal(id, change.Cursor);
            last = id;
        }
        await caller.NewAsync(Note, """{"text":"missed"}""");
        await using var again = await caller.FollowAsync("/v1/changes", ("Last-Event-ID", last));
        Assert.Equal("missed", Text((await again.NextAsync()).Change));
        await caller.NewAsync(Customer, """{"name":"x"}""");
        await using var customers = await caller.FollowAsync("/v1/changes?objects=" + Customer);
        Assert.Equal(Customer, (await customers.NextAsync()).Change.Object);
    }

    [Fact]
    public async Task Followers_of_an_account_are_bounded_and_leave_their_place()
    {
        var caller = await cell.NewAccountAsync();
        var streams = new List<EventStream>();
        for (var i = 0; i < 20; i++) streams.Add(await caller.FollowAsync("/v1/changes"));
        (await caller.GetAsync("/v1/changes", ("Accept", "text/event-stream")))
            .Expect(HttpStatusCode.TooManyRequests, "rate-limited");
        foreach (var stream in streams) await stream.DisposeAsync();
        var place = await TryFollowAsync(caller);
        await place.DisposeAsync();
    }

    private static async Task<EventStream> TryFollowAsync(RecordsCaller caller)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await caller.FollowAsync("/v1/changes");
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    private static string? Text(SeenChange change) =>
        change.Fields.GetProperty("text").GetProperty("new").GetString();
}
