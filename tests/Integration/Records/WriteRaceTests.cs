#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Net;
using System.Text.Json;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Writers at the same time: whoever loses, no reference points nowhere and no value is had twice.</summary>
public sealed class WriteRaceTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    /// <summary>References of live records to records that are not there; a slot or a body value, whichever holds
    /// it.</summary>
    private const string Dangling = """
        select count(*) from records.records r, jsonb_each(r.body) f
        where r.org_id = $1 and r.deleted_at is null and jsonb_typeof(f.value) = 'number'
            and (f.value #>> '{}')::numeric > 1000000000
            and not exists (select from records.records p where p.org_id = r.org_id and p.account_id = r.account_id
                and p.id = (f.value #>> '{}')::numeric::bigint and p.deleted_at is null)
        """;

    /// <summary>Unique values without their record, or of a record that does not have them.</summary>
    private const string Stray = """
        select count(*) from records.unique_values u where u.org_id = $1 and not exists (
            select from records.records r where r.org_id = u.org_id and r.account_id = u.account_id
                and r.id = u.record_id and r.deleted_at is null and r.body->>u.field_key = u.value)
        """;

    [Fact]
    public async Task Deleting_races_with_what_refers_and_one_of_the_two_loses()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_SEED"), out var given)
            ? given : Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var caller = await cell.NewAccountAsync();
        var customers = new List<string>();
        for (var i = 0; i < 6; i++)
            customers.Add(await caller.NewAsync(Customer, $$"""{"code":"c{{i}}","name":"n"}"""));
        var statuses = await Task.WhenAll(Enumerable.Range(0, 12).Select(worker =>
            RaceAsync(caller, customers, new Random(seed + worker))));
        Assert.All(statuses.SelectMany(one => one), status => Assert.Contains(status, new[] { 200, 201, 204, 404, 409,
            422 }));
        Assert.True(0 == (await cell.AskAsync<long>(Dangling, caller.Org))[0], $"dangling: seed {seed}");
        Assert.True(0 == (await cell.AskAsync<long>(Stray, caller.Org))[0], $"stray values: seed {seed}");
        // The log says the same as the records.
        Assert.Equal([0L], await cell.AskAsync<long>("""
            select count(*) from records.records r where r.org_id = $1 and r.version <> (
                select max(version) from records.changes c where c.org_id = r.org_id and c.record_id = r.id)
            """, caller.Org));
    }

    private static async Task<List<int>> RaceAsync(RecordsCaller caller, List<string> customers, Random random)
    {
        var statuses = new List<int>();
        var orders = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            var customer = customers[random.Next(customers.Count)];
            var other = customers[random.Next(customers.Count)];
            var order = orders.Count > 0 ? orders[random.Next(orders.Count)] : customer;
            var reply = random.Next(9) switch
            {
                0 or 1 => await caller.PostAsync($"/v1/objects/{Order}/records",
                    $$"""{"customer":"{{customer}}","lines":[{"product":"p"}]}"""),
                2 => await caller.DeleteAsync("/v1/records/" + customer),
                3 => await caller.PostAsync($"/v1/records/{customer}/restore"),
                4 => await caller.PatchAsync("/v1/records/" + customer, $$"""{"boss":"{{other}}"}"""),
                5 => await caller.PostAsync($"/v1/objects/{Note}/records", $$"""{"about":"{{order}}"}"""),
                6 => await caller.DeleteAsync($"/v1/records/{order}" + (random.Next(4) == 0 ? "?purge=true" : "")),
                7 => await caller.PostAsync($"/v1/records/{order}/restore"),
                _ => await caller.PostAsync("/v1/batch", $$"""
                    {"atomic":false,"operations":[
                      {"op":"create","object":"{{Order}}","as":"o","record":{"customer":"{{other}}"} },
                      {"op":"create","object":"{{Note}}","record":{"about":"@o.id"} },
                      {"op":"delete","id":"{{order}}"},
                      {"op":"upsert","object":"{{Customer}}","by":"code","record":{"code":"x","name":"n"} }]}
                    """),
            };
            statuses.Add((int)reply.Status);
            if (reply.Status == HttpStatusCode.Created) orders.Add(reply.Text("id"));
            if (reply.Body.StartsWith("{\"results\"", StringComparison.Ordinal))
                statuses.AddRange(reply.Json.GetProperty("results").EnumerateArray()
                    .Select(result => result.GetProperty("status").GetInt32()).Where(status => status != 424));
        }
        return statuses;
    }

    [Fact]
    public async Task Of_many_that_want_a_value_one_gets_it()
    {
        var caller = await cell.NewAccountAsync();
        for (var round = 0; round < 4; round++)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => i % 3 == 0
                ? caller.PostAsync("/v1/batch", $$"""
                    {"operations":[{"op":"create","object":"{{Customer}}","record":{"code":"V","name":"{{i}}"} }]}
                    """)
                : caller.PostAsync($"/v1/objects/{Customer}/records", $$"""{"code":"V","name":"{{i}}"}""")));
            var results = replies.Select(reply => reply.Status == HttpStatusCode.OK
                ? reply.Json.GetProperty("results")[0] : reply.Json).ToList();
            var made = results.Where(result => result.TryGetProperty("id", out _)).ToList();
            Assert.Single(made);
            Assert.All(results.Where(result => !result.TryGetProperty("id", out _)), result =>
                Assert.Equal(409, result.GetProperty("status").GetInt32()));
            // It goes and comes back while others want its value: one has it in the end.
            var id = made[0].GetProperty("id").GetString()!;
            (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
            var race = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
                ? caller.PostAsync($"/v1/records/{id}/restore")
                : caller.PutAsync($"/v1/objects/{Customer}/records/by/code/V", """{"name":"again"}""")));
            Assert.All(race, reply => Assert.Contains((int)reply.Status, new[] { 200, 201, 404, 409 }));
            var holders = await cell.AskAsync<long>(
                "select record_id from records.unique_values where org_id = $1 and value = 'V'", caller.Org);
            Assert.Single(holders);
            Assert.Equal([0L], await cell.AskAsync<long>(Stray, caller.Org));
            (await caller.DeleteAsync("/v1/records/" + new Model.RecordId(holders[0])))
                .Expect(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task A_reference_is_to_a_live_record_of_the_right_object_of_the_same_account()
    {
        var caller = await cell.NewAccountAsync();
        var sibling = await cell.SiblingAsync(caller);
        var theirs = await sibling.NewAsync(Customer, """{"name":"theirs"}""");
        var customer = await caller.NewAsync(Customer, """{"name":"mine"}""");
        var gone = await caller.NewAsync(Customer, """{"name":"gone"}""");
        (await caller.DeleteAsync("/v1/records/" + gone)).Expect(HttpStatusCode.NoContent);
        var order = await caller.NewAsync(Order, $$"""{"customer":"{{customer}}"}""");
        foreach (var id in new[] { theirs, gone, order, "nonsense" })
        {
            Assert.Equal(["/customer reference-not-found"],
                (await caller.PostAsync($"/v1/objects/{Order}/records", $$"""{"customer":"{{id}}"}""")).Errors);
            Assert.Equal(["/customer reference-not-found"],
                (await caller.PatchAsync("/v1/records/" + order, $$"""{"customer":"{{id}}"}""")).Errors);
            if (id != order)
                Assert.Equal(["/about reference-not-found"],
                    (await caller.PostAsync($"/v1/objects/{Note}/records", $$"""{"about":"{{id}}"}""")).Errors);
        }
        Assert.Equal(JsonValueKind.Null,
            (await caller.GetAsync("/v1/records/" + customer)).Json.GetProperty("boss").ValueKind);
        (await caller.PatchAsync("/v1/records/" + customer, $$"""{"boss":"{{customer}}"}"""))
            .Expect(HttpStatusCode.OK); // to itself
        (await caller.DeleteAsync("/v1/records/" + order)).Expect(HttpStatusCode.NoContent);
        (await caller.DeleteAsync("/v1/records/" + customer)).Expect(HttpStatusCode.NoContent);
        // What it refers to has gone since.
        (await caller.PostAsync($"/v1/records/{order}/restore")).Expect(HttpStatusCode.Conflict, "conflict");
    }
}
