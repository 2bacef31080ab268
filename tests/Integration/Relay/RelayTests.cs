using System.Diagnostics;
using System.Net;
using System.Text;
using Xingchen.Tests.Integration.Imports;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>Changes reach a consumer: all of them, in order, and nobody else's.</summary>
public sealed class RelayTests(RelayWorld world, ITestOutputHelper output) : IClassFixture<RelayWorld>
{
    [Fact]
    public async Task Every_kind_of_write_is_relayed_as_the_feed_tells_it()
    {
        var caller = await world.Cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"code":"A","name":"Ada"}""");
        await caller.NewAsync(Order,
            $$"""{"customer":"{{customer}}","lines":[{"product":"p1"},{"product":"p2"}]}""");
        var note = await caller.NewAsync(Note, $$"""{"text":"n","about":"{{customer}}"}""");
        (await caller.PatchAsync("/v1/records/" + note, """{"text":"m"}""")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + note)).Expect(HttpStatusCode.NoContent);
        await world.AssertAllCameAsync(caller, 6);
        await world.AssertClosedAsync(caller); // so that the next write has to leave a ticket of its own
        await caller.UploadAsync($"object={Customer}", Encoding.UTF8.GetBytes("code,name\nB,Bea\nC,Cid\n"));
        var feed = await world.AssertAllCameAsync(caller, 8);
        await world.AssertClosedAsync(caller);
        foreach (var (change, seen) in feed.Zip(world.EventsOf(caller)))
        {
            Assert.Equal(change.Id, seen.Change.GetProperty("id").GetString());
            Assert.Equal(change.Cursor, seen.Change.GetProperty("cursor").GetString());
            Assert.Equal(change.Fields.GetRawText(), seen.Change.GetProperty("fields").GetRawText());
            Assert.Equal("xingchen.record-change", seen.Body.GetProperty("type").GetString());
            Assert.Equal($"/orgs/{caller.Org}/accounts/1", seen.Body.GetProperty("source").GetString());
        }
    }

    [Fact]
    public async Task A_change_too_large_for_a_message_comes_without_its_fields()
    {
        var caller = await world.Cell.NewAccountAsync();
        await caller.NewAsync(Thing, $$"""{"long":"{{new string('x', 30_000)}}"}""");
        await caller.NewAsync(Thing, """{"long":"y"}""");
        var feed = await world.AssertAllCameAsync(caller, 2);
        var seen = world.EventsOf(caller).DistinctBy(one => one.Id).ToList();
        Assert.False(seen[0].Change.TryGetProperty("fields", out _));
        Assert.Equal(feed[0].Cursor, seen[0].Change.GetProperty("cursor").GetString());
        Assert.Equal("y", seen[1].Change.GetProperty("fields").GetProperty("long").GetProperty("new").GetString());
    }

    [Fact]
    public async Task Many_orgs_write_through_two_instances_and_none_gets_anothers()
    {
        const int Orgs = 4, Writers = 3, Rounds = 25;
        await using var second = await world.Cell.StartAnotherAsync();
        var callers = new List<RecordsCaller>();
        for (var i = 0; i < Orgs; i++) callers.Add(await world.Cell.NewAccountAsync());
        callers.Add(await world.Cell.SiblingAsync(callers[0]));
        await Task.WhenAll(callers.SelectMany(caller => Enumerable.Range(0, Writers).Select(async writer =>
        {
            var through = writer % 2 == 0
                ? caller : new RecordsCaller(second.Address, caller.Org, caller.Account, caller.Sign);
            var id = await through.NewAsync(Note, Canary(caller, "0"));
            for (var i = 1; i < Rounds; i++)
                (await through.PatchAsync("/v1/records/" + id, Canary(caller, $"{i}"))).Expect(HttpStatusCode.OK);
        })));
        foreach (var caller in callers)
        {
            await world.AssertAllCameAsync(caller, Writers * Rounds);
            foreach (var seen in world.EventsOf(caller))
            {
                var text = seen.Body.GetRawText();
                Assert.Contains(Mark(caller), text);
                Assert.All(callers.Where(other => other != caller),
                    other => Assert.DoesNotContain(Mark(other), text));
            }
            await world.AssertClosedAsync(caller);
        }
    }

    /// <summary>Says how long it takes, in the output; asserts only that it happens.</summary>
    [Fact]
    public async Task A_change_arrives_soon_after_its_commit()
    {
        var caller = await world.Cell.NewAccountAsync();
        var milliseconds = new List<double>();
        for (var i = 0; i < 40; i++)
        {
            var id = await caller.NewAsync(Note, """{"text":"t"}""") + "-1";
            var clock = Stopwatch.StartNew();
            while (world.EventsOf(caller).All(seen => seen.Id != id))
            {
                Assert.True(clock.Elapsed.TotalSeconds < 60, world.Cell.Log);
                await Task.Delay(1);
            }
            milliseconds.Add(clock.Elapsed.TotalMilliseconds);
        }
        milliseconds.Sort();
        output.WriteLine($"answer to arrival, ms: median {milliseconds[20]:0}, p90 {milliseconds[36]:0}");
    }

    [Fact]
    public async Task A_ticket_names_its_account_and_nothing_of_its_data()
    {
        Assert.Equal(["context", "due_at", "id", "taken", "tries"], (await world.Cell.AskAsync<string>(
            "select column_name::text from information_schema.columns where table_schema = 'records' "
            + "and table_name = 'relay_tickets'")).Order());
        Assert.Empty(await world.Cell.AskAsync<string>(
            "select context from records.relay_tickets where context !~ '^[0-9]+/[0-9]+$'"));
    }

    private static string Mark(RecordsCaller caller) => $"canary-{caller.Org}-{caller.Account}-";

    private static string Canary(RecordsCaller caller, string text) => $$"""{"text":"{{Mark(caller)}}{{text}}"}""";
}
