using Npgsql;
using Xingchen.Model;
using Xingchen.Tests.Integration.Changes;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Relay;

/// <summary>Transactions that stay open while others commit, and tickets that go while somebody counts on
/// them.</summary>
public sealed class RelayRaceTests(RelayWorld world) : IClassFixture<RelayWorld>
{
    private const string Announce = """
        insert into records.relay_tickets (context)
        select $1 where not exists (
            select from records.relay_tickets t where t.context = $1 and not t.taken)
        """;

    [Fact]
    public async Task A_lower_position_that_commits_later_comes_first()
    {
        var caller = await world.Cell.NewAccountAsync();
        var prefix = await PrefixAsync(caller);
        await world.AssertClosedAsync(caller);
        await using var source = NpgsqlDataSource.Create(world.Cell.Serving);
        await using var slow = await source.OpenConnectionAsync();
        await using var held = await slow.BeginTransactionAsync();
        await LogAsync(slow, caller, prefix, 1);
        await AnnounceAsync(slow, caller);
        var quick = await caller.NewAsync(Note, """{"text":"quick"}""");
        await UntilAsync(async () => (await world.Cell.AskAsync<bool>(
            "select taken from records.relay_tickets where context = $1", Context(caller))).Contains(true));
        await Task.Delay(600); // time enough to skip it
        Assert.DoesNotContain(world.EventsOf(caller), seen => seen.Id == quick + "-1");
        await held.CommitAsync();
        await world.AssertAllCameAsync(caller, 3);
        Assert.Equal([$"{RecordId.Create(prefix, 1)}-1", quick + "-1"],
            world.EventsOf(caller).DistinctBy(seen => seen.Id).Skip(1).Select(seen => seen.Id));
        await world.AssertClosedAsync(caller);
    }

    [Fact]
    public async Task A_writer_that_counted_on_an_open_ticket_is_waited_for()
    {
        var caller = await world.Cell.NewAccountAsync();
        var prefix = await PrefixAsync(caller);
        await world.AssertClosedAsync(caller);
        await world.Cell.KillAsync(); // nobody takes tickets for the moment
        await using var source = NpgsqlDataSource.Create(world.Cell.Serving);
        await using (var other = await source.OpenConnectionAsync())
            await AnnounceAsync(other, caller);
        await using var slow = await source.OpenConnectionAsync();
        await using var held = await slow.BeginTransactionAsync();
        await LogAsync(slow, caller, prefix, 2);
        await AnnounceAsync(slow, caller);
        await world.Cell.RestartAsync();
        await UntilAsync(async () => (await world.Cell.AskAsync<bool>(
            "select taken from records.relay_tickets where context = $1", Context(caller))).Contains(true));
        await Task.Delay(600); // time enough to close it too early
        Assert.Equal(1, await world.TicketsAsync(caller)); // the writer left none of its own
        await held.CommitAsync();
        await world.AssertAllCameAsync(caller, 2);
        await world.AssertClosedAsync(caller);
    }

    [Fact]
    public async Task A_writer_beside_a_taken_ticket_leaves_its_own()
    {
        var caller = await world.Cell.NewAccountAsync();
        await using var source = NpgsqlDataSource.Create(world.Cell.Owner);
        await using var connection = await source.OpenConnectionAsync();
        await RunAsync(connection, """
            insert into records.relay_tickets (context, taken, due_at) values ($1, true, now() + interval '1 hour')
            """, Context(caller));
        await caller.NewAsync(Note, """{"text":"a"}""");
        await caller.NewAsync(Note, """{"text":"b"}""");
        Assert.Equal(2, await world.TicketsAsync(caller)); // one open one is enough
        await RunAsync(connection, "update records.relay_tickets set due_at = now() where context = $1",
            Context(caller));
        await world.AssertAllCameAsync(caller, 2);
        await world.AssertClosedAsync(caller);
    }

    [Fact]
    public async Task Publishing_waits_for_the_sidecar_and_says_so_once()
    {
        await world.StopSidecarAsync();
        var callers = new List<RecordsCaller>();
        for (var i = 0; i < 5; i++) callers.Add(await world.Cell.NewAccountAsync());
        var before = Warnings();
        foreach (var caller in callers)
            for (var i = 0; i < 30; i++) await caller.NewAsync(Note, """{"text":"w"}""");
        await UntilAsync(() => Task.FromResult(Warnings() > before));
        await Task.Delay(1_500); // time enough to say it again
        Assert.Equal(before + 1, Warnings());
        await world.StartSidecarAsync();
        foreach (var caller in callers)
        {
            await world.AssertAllCameAsync(caller, 30);
            await world.AssertClosedAsync(caller);
        }
    }

    private int Warnings() => world.Cell.Log.Split("Changes are not published").Length - 1;

    private static string Context(RecordsCaller caller) => $"{caller.Org}/{caller.Account}";

    private static async Task<KeyPrefix> PrefixAsync(RecordsCaller caller)
    {
        var id = await caller.NewAsync(Note, """{"text":"first"}""");
        return new RecordId(RecordId.TryParse(id, out var parsed) ? parsed.Value : 0).Prefix;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            Assert.True(tries < 400);
            await Task.Delay(50);
        }
    }

    /// <summary>An entry in the log, as a write makes it, in a transaction that the test holds.</summary>
    private static async Task LogAsync(
        NpgsqlConnection connection, RecordsCaller caller, KeyPrefix prefix, long number)
    {
        await RunAsync(connection, $"select set_config('xingchen.org_id', '{caller.Org}', true)");
        await RunAsync(connection, """
            insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
            values ($1, $2, $3, 1, $4, now(), 'created', 'tester', '', '{}')
            """, caller.Org, caller.Account, RecordId.Create(prefix, number).Value, prefix.Value);
    }

    private static Task AnnounceAsync(NpgsqlConnection connection, RecordsCaller caller) =>
        RunAsync(connection, Announce, Context(caller));

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
