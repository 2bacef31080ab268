using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Tests.Integration.Changes;
using Xingchen.Tests.Integration.Exports;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>What is forgotten, what is not, and what stays true then.</summary>
public sealed class RetentionTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task An_object_s_policy_folds_its_history_and_empties_its_bin_and_no_other_s()
    {
        var caller = await cell.NewAccountAsync();
        var strict = Document.Replace("{\"name\":\"shop__Customer\",",
            "{\"name\":\"shop__Customer\",\"historyDays\":3,\"recycleBinDays\":5,", StringComparison.Ordinal);
        await cell.PublishAsync("1.7.0", strict);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.7.0", strict);
        var (kept, binned) = (await NewAsync(caller, Customer), await NewAsync(caller, Customer));
        var (thing, binnedThing) = (await NewAsync(caller, Thing), await NewAsync(caller, Thing));
        var then = await HistoryTests.MarkAsync();
        foreach (var id in new[] { binned, binnedThing })
            (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);

        await RunAsync(caller, days: 2); // nothing is due
        Assert.Equal(["updated", "created"], await KindsAsync(caller, kept));
        (await caller.GetAsync($"/v1/records/{kept}?asOf={then}")).Expect(HttpStatusCode.OK);

        await RunAsync(caller, days: 4);
        Assert.Equal(["baseline"], await KindsAsync(caller, kept));
        Assert.Equal(["baseline"], await KindsAsync(caller, binned));
        Assert.Equal(["updated", "created"], await KindsAsync(caller, thing));
        foreach (var id in new[] { kept, binned })
            (await caller.GetAsync($"/v1/records/{id}?asOf={then}")).Expect(HttpStatusCode.Gone, "history-gone");
        (await caller.ExportAsync("SELECT id FROM shop__Customer", asOf: then))
            .Expect(HttpStatusCode.Gone, "history-gone");
        (await caller.ExportAsync("SELECT id FROM shop__Thing", asOf: then)).Expect(HttpStatusCode.OK);
        (await caller.GetAsync($"/v1/records/{thing}?asOf={then}")).Expect(HttpStatusCode.OK);
        (await caller.PostAsync($"/v1/records/{binned}/restore")).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync("/v1/records/" + binned)).Expect(HttpStatusCode.NoContent);

        await RunAsync(caller, days: 6);
        (await caller.GetAsync($"/v1/records/{binned}/history")).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.PostAsync($"/v1/records/{binned}/restore")).Expect(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("deleted", (await KindsAsync(caller, binnedThing))[0]); // its cell says 30 days
        await RunAsync(caller, days: 31);
        (await caller.GetAsync($"/v1/records/{binnedThing}/history")).Expect(HttpStatusCode.NotFound, "not-found");
        Assert.Equal(["updated", "created"], await KindsAsync(caller, thing)); // for good
        Assert.Equal("two", (await caller.GetAsync("/v1/records/" + thing)).Text("text"));
        var told = (await caller.ReadAsync(7)).Changes.ToLookup(change => change.Record, change => change.Kind);
        Assert.Equal(["created"], told[kept]);
        Assert.Equal("deleted", told[binned].Last());
    }

    [Fact]
    public async Task A_purge_leaves_no_value_behind()
    {
        const string Canary = "canary-9f27";
        var caller = await cell.NewAccountAsync();
        var (live, binned) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));
        foreach (var code in new[] { live, binned })
        {
            var id = await caller.NewAsync(Customer, $$"""{"name":"{{Canary}} {{code[..8]}}"}""");
            (await caller.PatchAsync("/v1/records/" + id, $$"""{"name":"{{Canary}} 2"}""")).Expect(HttpStatusCode.OK);
            var seen = await HistoryTests.MarkAsync();
            if (code == binned) (await caller.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
            (await caller.DeleteAsync($"/v1/records/{id}?purge=true")).Expect(HttpStatusCode.NoContent);
            (await caller.GetAsync($"/v1/records/{id}/history")).Expect(HttpStatusCode.NotFound, "not-found");
            (await caller.GetAsync($"/v1/records/{id}?asOf={seen}")).Expect(HttpStatusCode.NotFound, "not-found");
            Assert.Equal("""{"records":[],"next":null}""", (await caller.GetAsync(
                $"/v1/query?q=SELECT%20name%20FROM%20shop__Customer&asOf={seen}")).Expect(HttpStatusCode.OK).Body);
        }
        Assert.Empty(await cell.AskAsync<string>(
            "select c::text from records.changes c where c.org_id = $1 and c::text like '%' || $2 || '%'",
            caller.Org, Canary));
        Assert.Equal(["created", "updated", "deleted", "purged", "created", "updated", "deleted", "purged"],
            await cell.AskAsync<string>(
                "select kind from records.changes where org_id = $1 order by record_id, version", caller.Org));
    }

    [Fact]
    public async Task The_serving_role_cannot_change_what_the_log_says_of_who_and_when()
    {
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        foreach (var column in new[] { "at", "actor", "version", "kind", "seq", "record_id", "trace" })
        {
            await using var command = source.CreateCommand($"update records.changes set {column} = default");
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege,
                (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState);
        }
    }

    private static async Task<string> NewAsync(RecordsCaller caller, string item)
    {
        var field = item == Customer ? "name" : "text";
        var id = await caller.NewAsync(item, $$"""{"{{field}}":"one"}""");
        (await caller.PatchAsync("/v1/records/" + id, $$"""{"{{field}}":"two"}""")).Expect(HttpStatusCode.OK);
        return id;
    }

    private static async Task<List<string?>> KindsAsync(RecordsCaller caller, string id) =>
    [
        .. (await caller.GetAsync($"/v1/records/{id}/history")).Expect(HttpStatusCode.OK).Json
            .GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("kind").GetString()),
    ];

    /// <summary>The rounds of a day so many days from now.</summary>
    private async Task RunAsync(RecordsCaller caller, int days)
    {
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var schemas = new SchemaCache(database, Options.Create(new CellOptions()));
        var retention = new RecordRetention(
            database, Options.Create(new RetentionOptions { BatchRecords = 1 }), new LaterClock(days));
        var account = new AccountKey(new OrgId(caller.Org), new AccountId(caller.Account));
        while (await retention.RunAsync(account, schemas, CancellationToken.None)) { }
        Assert.False(await retention.RunAsync(account, schemas, CancellationToken.None)); // none is due now
    }

    /// <summary>The clock as it will be some days from now.</summary>
    private sealed class LaterClock(int days) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(days);
    }
}
