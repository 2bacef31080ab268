using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using Xingchen.Model;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Changes;

/// <summary>Commit order without a gap, whoever writes at the same time.</summary>
public sealed class ChangeOrderTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task A_lower_number_that_commits_later_is_not_skipped()
    {
        var caller = await cell.NewAccountAsync();
        var prefix = new RecordId(Parse(await caller.NewAsync(Note, """{"text":"first"}"""))).Prefix;
        var (_, start) = await caller.ReadAsync(1);
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        await using var slow = await source.OpenConnectionAsync();
        await using var held = await slow.BeginTransactionAsync();
        await LogAsync(slow, caller, prefix, 1);
        var quick = await caller.NewAsync(Note, """{"text":"quick"}"""); // commits first, with a higher number
        var (before, next) = await caller.ChangesAsync(start);
        Assert.Empty(before); // not yet: the cursor may not go past what is in flight
        await held.CommitAsync();
        var (after, _) = await caller.ReadAsync(2, next);
        Assert.Equal([RecordId.Create(prefix, 1).ToString(), quick], after.Select(change => change.Record));
    }

    [Fact]
    public async Task What_was_rolled_back_holds_nobody_up()
    {
        var caller = await cell.NewAccountAsync();
        var prefix = new RecordId(Parse(await caller.NewAsync(Note, """{"text":"first"}"""))).Prefix;
        var (_, start) = await caller.ReadAsync(1);
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        await using (var slow = await source.OpenConnectionAsync())
        await using (await slow.BeginTransactionAsync())
            await LogAsync(slow, caller, prefix, 2);
        var second = await caller.NewAsync(Note, """{"text":"second"}""");
        Assert.Equal([second], (await caller.ReadAsync(1, start)).Changes.Select(change => change.Record));
    }

    [Fact]
    public async Task An_old_transaction_that_comes_late_to_a_record_is_told_late()
    {
        // The one that waits has its transaction id first: by ids, version 3 would come before version 2.
        var caller = await cell.NewAccountAsync();
        var id = await caller.NewAsync(Note, """{"text":"one"}""");
        var (_, start) = await caller.ReadAsync(1);
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        await using var old = await source.OpenConnectionAsync();
        await using var transaction = await old.BeginTransactionAsync();
        await RunAsync(old, "select pg_current_xact_id()");
        (await caller.PatchAsync("/v1/records/" + id, """{"text":"two"}""")).Expect(HttpStatusCode.OK);
        await LogAsync(old, caller, new RecordId(Parse(id)).Prefix, Parse(id) & ((1L << 45) - 1), version: 3);
        await transaction.CommitAsync();
        Assert.Equal([2L, 3L], (await caller.ReadAsync(2, start)).Changes.Select(change => change.Version));
    }

    [Fact]
    public async Task Many_writers_and_one_reader_every_change_once_and_in_order()
    {
        const int Writers = 8, Rounds = 40;
        var caller = await cell.NewAccountAsync();
        var shared = await caller.NewAsync(Note, """{"text":"0"}""");
        var (_, start) = await caller.ReadAsync(1);
        var written = new ConcurrentBag<(string Record, long Version)>();
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                written.Add((await caller.NewAsync(Note, """{"text":"n"}"""), 1));
                var patched = (await caller.PatchAsync("/v1/records/" + shared, $$"""{"text":"{{writer}}-{{i}}"}"""))
                    .Expect(HttpStatusCode.OK);
                written.Add((shared, patched.Json.GetProperty("version").GetInt64()));
            }
        }));
        var read = new List<SeenChange>();
        var next = start;
        for (var done = false; !done;)
        {
            done = writing.IsCompleted;
            var (changes, further) = await caller.AllChangesAsync(next, limit: 50);
            read.AddRange(changes);
            next = further;
        }
        await writing;
        read.AddRange((await caller.ReadAsync(written.Count - read.Count, next)).Changes);
        Assert.Equal(written.Order(), read.Select(change => (change.Record, change.Version)).Order());
        Assert.Equal(Enumerable.Range(2, Writers * Rounds).Select(version => (long)version),
            read.Where(change => change.Record == shared).Select(change => change.Version));
        Assert.Equal(read.Select(change => change.Id),
            (await caller.AllChangesAsync(start)).Changes.Select(change => change.Id)); // the same order again
    }

    private static long Parse(string id) => RecordId.TryParse(id, out var parsed) ? parsed.Value : 0;

    /// <summary>An entry in the log, as a write makes it, in a transaction that the test holds.</summary>
    private static async Task LogAsync(
        NpgsqlConnection connection, RecordsCaller caller, KeyPrefix prefix, long number, long version = 1)
    {
        await RunAsync(connection, $"select set_config('xingchen.org_id', '{caller.Org}', true)");
        await RunAsync(connection, """
            insert into records.changes (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
            values ($1, $2, $3, $4, $5, now(), $6, 'tester', '', '{}')
            """, caller.Org, caller.Account, RecordId.Create(prefix, number).Value, version, prefix.Value,
            version == 1 ? "created" : "updated");
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
