using System.Net;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Changes;

/// <summary>The feed over HTTP: what it says, where it goes on, what it refuses, whose it is.</summary>
public sealed class ChangeTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task A_record_s_life_is_told_in_order_and_in_the_api_s_forms()
    {
        var caller = await cell.NewAccountAsync();
        var boss = await caller.NewAsync(Customer, """{"name":"Boss"}""");
        var id = await caller.NewAsync(Customer, $$"""{"name":"A","code":"c","boss":"{{boss}}"}""");
        (await caller.PatchAsync("/v1/records/" + id, """{"name":"B","code":null}""")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
        (await caller.PostAsync($"/v1/records/{id}/restore")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
        var (changes, next) = await caller.ReadAsync(6);
        (await caller.DeleteAsync($"/v1/records/{id}?purge=true")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(
            [(boss, "created", 1L), (id, "created", 1), (id, "updated", 2), (id, "deleted", 3), (id, "restored", 4),
                (id, "deleted", 5)],
            changes.Select(change => (change.Record, change.Kind, change.Version)));
        Assert.All(changes, change => Assert.Equal(Customer, change.Object));
        Assert.Equal(6, changes.Select(change => change.Id).Distinct().Count());
        Assert.Equal(
            """{"code":{"old":null,"new":"c"},"name":{"old":null,"new":"A"},"boss":{"old":null,"new":"ID"}}"""
                .Replace("ID", boss),
            changes[1].Fields.GetRawText());
        Assert.Equal("""{"code":{"old":"c","new":null},"name":{"old":"A","new":"B"}}""",
            changes[2].Fields.GetRawText());
        Assert.Equal("B", changes[3].Fields.GetProperty("name").GetProperty("old").GetString());
        Assert.Equal("B", changes[4].Fields.GetProperty("name").GetProperty("new").GetString());
        Assert.Empty((await caller.ChangesAsync(next)).Changes);
        // Purged for good: the places stay, the values do not.
        var again = (await caller.ReadAsync(3, changes[2].Cursor)).Changes;
        Assert.Equal(changes.Skip(3).Select(change => change.Id), again.Select(change => change.Id));
        Assert.All(again, change => Assert.Equal("{}", change.Fields.GetRawText()));
    }

    [Fact]
    public async Task Pages_join_without_a_gap_and_next_is_always_there()
    {
        var caller = await cell.NewAccountAsync();
        var (none, start) = await caller.ChangesAsync();
        Assert.Empty(none);
        for (var i = 0; i < 7; i++) await caller.NewAsync(i % 2 == 0 ? Customer : Note,
            i % 2 == 0 ? """{"name":"x"}""" : """{"text":"x"}""");
        var (all, _) = await caller.ReadAsync(7, start);
        Assert.Equal(7, all.Count);
        Assert.Equal(all.Select(change => change.Id),
            (await caller.AllChangesAsync(start, limit: 2)).Changes.Select(change => change.Id));
        var (notes, next) = await caller.ChangesAsync(start, $"&objects={Note}");
        Assert.Equal(3, notes.Count);
        Assert.Empty((await caller.ChangesAsync(next)).Changes);
        Assert.Equal(7, (await caller.ChangesAsync(start, $"&objects={Note},{Customer}")).Changes.Count);
    }

    [Theory]
    [InlineData("limit=0", "request-invalid")]
    [InlineData("limit=2001", "request-invalid")]
    [InlineData("limit=x", "request-invalid")]
    [InlineData("colour=red", "request-invalid")]
    [InlineData("objects=", "request-invalid")]
    [InlineData("objects=shop__Customer,Nothing", "request-invalid")]
    [InlineData("after=", "cursor-invalid")]
    [InlineData("after=AAAA", "cursor-invalid")]
    public async Task What_is_wrong_is_said(string query, string slug)
    {
        var caller = await cell.NewAccountAsync();
        (await caller.GetAsync("/v1/changes?" + query)).Expect(HttpStatusCode.BadRequest, slug);
        (await caller.GetAsync("/v1/changes?" + query, ("Accept", "text/event-stream")))
            .Expect(HttpStatusCode.BadRequest, slug);
    }

    [Fact]
    public async Task A_cursor_stays_valid_when_the_service_dies_and_starts_again()
    {
        var caller = await cell.NewAccountAsync();
        await caller.NewAsync(Note, """{"text":"before"}""");
        var (_, next) = await caller.ReadAsync(1);
        await cell.KillAsync();
        await cell.RestartAsync();
        var after = await caller.NewAsync(Note, """{"text":"after"}""");
        Assert.Equal([after], (await caller.ReadAsync(1, next)).Changes.Select(change => change.Record));
    }

    [Fact]
    public async Task An_account_sees_its_own_changes_and_no_other_s_cursor_opens_it()
    {
        var caller = await cell.NewAccountAsync();
        var sibling = await cell.SiblingAsync(caller);
        var stranger = await cell.NewAccountAsync();
        foreach (var one in new[] { caller, sibling, stranger })
            await one.NewAsync(Customer, $$"""{"name":"canary-{{one.Org}}-{{one.Account}}"}""");
        foreach (var one in new[] { caller, sibling, stranger })
        {
            var change = Assert.Single((await one.ReadAsync(1)).Changes);
            Assert.Equal($"canary-{one.Org}-{one.Account}",
                change.Fields.GetProperty("name").GetProperty("new").GetString());
        }
        var cursor = (await caller.ChangesAsync()).Next;
        foreach (var other in new[] { sibling, stranger })
            (await other.GetAsync("/v1/changes?after=" + cursor)).Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        var flipped = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..];
        (await caller.GetAsync("/v1/changes?after=" + flipped)).Expect(HttpStatusCode.BadRequest, "cursor-invalid");
        (await caller.GetAsync("/v1/changes?after=" + cursor)).Expect(HttpStatusCode.OK);
    }
}
