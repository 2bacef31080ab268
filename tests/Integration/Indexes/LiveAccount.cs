using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Schema;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Indexes;

/// <summary>An account whose package changes while it is used, as Metadata would change it: under the account's
/// lock.</summary>
internal sealed class LiveAccount(RecordsCell cell, RecordsCaller caller)
{
    public const string Thing = "shop__Thing";

    private const string Key = """{"name":"key","type":"text","length":40}""";

    /// <summary>Fields without an index.</summary>
    public static readonly string Plain = Key + """
        ,{"name":"code","type":"text","length":40},{"name":"size","type":"number","precision":10,"scale":2},
        {"name":"words","type":"longText"}
        """;

    /// <summary>The same with an index of each kind.</summary>
    public static readonly string Indexed = Key + """
        ,{"name":"code","type":"text","length":40,"unique":true},
        {"name":"size","type":"number","precision":10,"scale":2,"indexed":true},
        {"name":"words","type":"longText","searchable":true}
        """;

    private Places places = Places.None;
    private long version = 1;

    public RecordsCaller Caller => caller;

    public static async Task<LiveAccount> NewAsync(RecordsCell cell, string fields)
    {
        var account = new LiveAccount(cell, await cell.NewAccountAsync());
        await account.PublishAsync(fields);
        return account;
    }

    /// <summary>Puts a version of the package in force, of one object with these fields.</summary>
    public async Task PublishAsync(string fields)
    {
        var document = $$"""{"objects":[{"name":"{{Thing}}","nameField":"key","fields":[{{fields}}]}]}""";
        var layer = Layer.Parse(
            LayerKind.Isv, "shop", "shop", "2.0.0", Encoding.UTF8.GetBytes(document), out var findings);
        Assert.Empty(findings);
        var resolution = Resolver.Resolve([layer]);
        Assert.Empty(resolution.Findings);
        places = Places.Allot(resolution, Places.None, places, forStandard: false);
        var packages = JsonSerializer.Serialize(
            new[] { new StackPackage("shop", "shop", "2.0.0", layer.Digest) }, JsonSerializerOptions.Web);
        await cell.ExecuteAsync("""
            insert into metadata.layers (digest, kind, name, namespace, version, content)
            values ($1, 'isv', 'shop', 'shop', '2.0.0', $2) on conflict do nothing
            """, layer.Digest, document);
        await using var source = NpgsqlDataSource.Create(cell.Owner);
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, "select pg_advisory_xact_lock(metadata.account_lock($1, $2))",
            caller.Org, caller.Account);
        await RunAsync(connection, """
            update metadata.stacks set version = $3, packages = $4::jsonb, places = $5::jsonb
            where org_id = $1 and account_id = $2
            """, caller.Org, caller.Account, ++version, packages, Encoding.UTF8.GetString(places.ToJson()));
        await transaction.CommitAsync();
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every index as <c>field kind status</c>.</summary>
    public async Task<List<string>> IndexesAsync()
    {
        var answer = (await caller.GetAsync($"/v1/objects/{Thing}/indexes")).Expect(HttpStatusCode.OK);
        return [.. answer.Json.GetProperty("indexes").EnumerateArray().Select(index =>
            $"{index.GetProperty("field")} {index.GetProperty("kind")} {index.GetProperty("status")}")];
    }

    /// <summary>Waits until no index is being filled any more.</summary>
    public async Task<List<string>> SettledAsync()
    {
        for (var i = 0; i < 3_000; i++)
        {
            var indexes = await IndexesAsync();
            if (indexes.TrueForAll(index => !index.EndsWith("building", StringComparison.Ordinal))) return indexes;
            await Task.Delay(50);
        }
        throw new TimeoutException($"Still building after 150 s: {cell.Log[^Math.Min(4_000, cell.Log.Length)..]}");
    }

    /// <summary>The keys of the records that a condition finds, in their order.</summary>
    public async Task<List<string>> KeysAsync(string where)
    {
        var answer = (await caller.PostAsync("/v1/query",
            JsonSerializer.Serialize(new { q = $"SELECT key FROM {Thing} WHERE {where} ORDER BY key" })))
            .Expect(HttpStatusCode.OK);
        return [.. answer.Json.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("key").GetString()!)];
    }

    public async Task<string> PlanAsync(string where) => (await caller.GetAsync("/v1/query?explain=true&q="
        + Uri.EscapeDataString($"SELECT key FROM {Thing} WHERE {where}"))).Expect(HttpStatusCode.OK).Raw("plan");

    /// <summary>Makes records by an import.</summary>
    public async Task ImportAsync(IEnumerable<object> records)
    {
        var lines = string.Join('\n', records.Select(record => JsonSerializer.Serialize(record)));
        var job = (await caller.SendAsync("POST", $"/v1/imports?object={Thing}&mode=insert", lines,
            "application/x-ndjson")).Expect(HttpStatusCode.Accepted).Text("id");
        RecordsReply state;
        do
        {
            await Task.Delay(50);
            state = (await caller.GetAsync("/v1/imports/" + job)).Expect(HttpStatusCode.OK);
        }
        while (state.Text("status") is "queued" or "running");
        Assert.Equal(("completed", "0"), (state.Text("status"), state.Raw("failed")));
    }

    /// <summary>A record of its own for each number.</summary>
    public static object One(int i) =>
        new { key = $"k{i:0000}", code = $"c{i}", size = i % 90 + 0.25 * (i % 4), words = $"词星{i % 50} word{i} 辰" };

    /// <summary>Makes, changes and deletes records of its own, and touches the others without changing
    /// answers.</summary>
    public static async Task TrafficAsync(RecordsCaller caller, int worker, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var id = await caller.NewAsync(LiveAccount.Thing, $$"""
                {"key":"t{{worker}}-{{i}}","code":"t{{worker}}-{{i}}","size":7,"words":"星7 traffic"}
                """);
            var change = $$"""{"code":"u{{worker}}-{{i}}","words":"changed 星8"}""";
            (await caller.PatchAsync("/v1/records/" + id, change)).Expect(HttpStatusCode.OK);
            if (i % 2 == 0) (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
            if (i % 4 == 0) (await caller.PostAsync($"/v1/records/{id}/restore")).Expect(HttpStatusCode.OK);
            if (i % 8 == 0)
                (await caller.DeleteAsync($"/v1/records/{id}?purge=true")).Expect(HttpStatusCode.NoContent);
        }
    }

    /// <summary>Slots, unique values and grams hold what the bodies say, no more and no less.</summary>
    public async Task AssertFilledAsync()
    {
        const string Mine = "org_id = $1 and account_id = $2";
        Assert.Empty(await cell.AskAsync<long>($"""
            select id from records.records where {Mine}
                and (n1 is distinct from (body->>'_3')::float8 or t1 is distinct from body->>'_2')
            """, caller.Org, caller.Account));
        Assert.Empty(await cell.AskAsync<long>($"""
            (select id from records.records r where {Mine} and deleted_at is null and not exists (
                select 1 from records.unique_values v where v.org_id = r.org_id and v.account_id = r.account_id
                    and v.kp = r.kp and v.field_key = '_2#1' and v.value = r.body->>'_2' and v.record_id = r.id))
            union all
            (select record_id from records.unique_values v where {Mine} and v.field_key = '_2#1' and not exists (
                select 1 from records.records r where r.org_id = v.org_id and r.account_id = v.account_id
                    and r.id = v.record_id and r.deleted_at is null and r.body->>'_2' = v.value))
            """, caller.Org, caller.Account));
        const string Wanted = """
            select distinct id, substr(body->>'_4', i, 3) collate "C" from records.records,
                generate_series(1, length(body->>'_4')) i where org_id = $1 and account_id = $2
            """;
        const string There = """
            select record_id, gram from records.search_grams
            where org_id = $1 and account_id = $2 and field_key = '_4#1'
            """;
        Assert.Empty(await cell.AskAsync<long>(
            $"select id from (({Wanted} except {There}) union all ({There} except {Wanted})) d(id, gram)",
            caller.Org, caller.Account));
    }
}
