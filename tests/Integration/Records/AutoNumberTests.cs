using System.Collections.Concurrent;
using System.Net;
using Xingchen.Testing;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Numbers of records: never twice, in order where it is quiet, and no row that a burst waits for.</summary>
public sealed class AutoNumberTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task A_quiet_object_has_consecutive_numbers()
    {
        var caller = await cell.NewAccountAsync();
        var sibling = await cell.SiblingAsync(caller);
        var customer = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        var theirs = await sibling.NewAsync(Customer, """{"name":"Bob"}""");
        for (var i = 1; i <= 7; i++)
        {
            Assert.Equal($"SO-{i:0000}", await NumberAsync(caller, customer));
            Assert.Equal($"SO-{i:0000}", await NumberAsync(sibling, theirs)); // each account counts by itself
        }
    }

    [Fact]
    public async Task Two_instances_and_a_crash_never_give_a_number_twice()
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        await using var other = await cell.StartAnotherAsync();
        RecordsCaller[] both =
            [caller, new RecordsCaller(other.Address, caller.Org, caller.Account, caller.Sign)];
        var numbers = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            numbers.AddRange(await ManyAsync(120, i => NumberAsync(both[i % 2], customer)));
            await cell.KillAsync();
            await cell.RestartAsync();
        }
        numbers.Add(await NumberAsync(caller, customer));
        Assert.Equal(241, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.StartsWith("SO-", number));
    }

    [Fact]
    public async Task A_burst_does_not_commit_once_per_number()
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"name":"Ada"}""");
        await cell.ExecuteAsync($"""
            create table counted (org_id bigint);
            create function count_step() returns trigger language plpgsql security definer as $$
            begin insert into public.counted values (new.org_id); return null; end $$;
            create trigger count_step after insert or update on records.counters
                for each row when (new.org_id = {caller.Org}) execute function count_step()
            """);
        var numbers = await ManyAsync(400, _ => NumberAsync(caller, customer));
        Assert.Equal(400, numbers.Distinct().Count());
        var steps = (await cell.AskAsync<long>("select count(*) from counted")).Single();
        Assert.InRange(steps, 1, 60);
        // 500 in one batch are one step more at most.
        var operations = string.Join(',', Enumerable.Repeat(
            $$$"""{"op":"create","object":"{{{Order}}}","record":{"customer":"{{{customer}}}"}}""", 500));
        (await caller.PostAsync("/v1/batch", $$"""{"operations":[{{operations}}]}""")).Expect(HttpStatusCode.OK);
        Assert.InRange((await cell.AskAsync<long>("select count(*) from counted")).Single(), steps, steps + 1);
    }

    /// <summary>Calls at the same time, as many as a pool of connections serves without a queue.</summary>
    private static async Task<List<string>> ManyAsync(int count, Func<int, Task<string>> call)
    {
        var numbers = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 24 },
            async (i, _) => numbers.Add(await call(i)));
        return [.. numbers];
    }

    private static async Task<string> NumberAsync(RecordsCaller caller, string customer) =>
        (await caller.PostAsync($"/v1/objects/{Order}/records", $$"""{"customer":"{{customer}}"}"""))
            .Expect(HttpStatusCode.Created).Text("number");
}
