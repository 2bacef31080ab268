using System.Net;
using System.Text.Json;
using Npgsql;
using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Life;

/// <summary>Orgs with the packages <c>life-core</c> and <c>life-plus</c>: the second has objects of its own, and fields
/// on an object of the first.</summary>
internal static class RemovalOrgs
{
    public const string Package = "life-plus";
    public const int Customers = 50, Loyalties = 45;

    /// <summary>What the package has of an org: records of its own and records with values of its.</summary>
    public const int All = Loyalties + Customers - 10;

    public static async Task PublishAsync(LifeCell cell)
    {
        await cell.PublishAsync("lcore", LifePackage.Pack("life-core", "lcore", "1.0.0", null,
            [LifePackage.ObjectOf("lcore__Customer", LifePackage.Text("title"))]));
        var loyalty = LifePackage.ObjectOf("lplus__Loyalty",
            new { name = "title", type = "text", length = 80, searchable = true, label = new { en = "x" } },
            LifePackage.Text("card", unique: true),
            new { name = "number", type = "autoNumber", format = "L-{000}", label = new { en = "x" } },
            new
            {
                name = "customer", type = "masterDetail", references = new[] { "lcore__Customer" },
                children = "lplus__loyalties", label = new { en = "x" },
            });
        var overlay = new
        {
            overlays = "lcore__Customer",
            fields = new object[]
            {
                new { name = "lplus__points", type = "integer", indexed = true, label = new { en = "x" } },
                LifePackage.Text("lplus__code", unique: true),
            },
        };
        await cell.PublishAsync("lplus", LifePackage.Pack(Package, "lplus", "1.0.0",
            new Dictionary<string, string> { ["life-core"] = "^1.0.0" }, [loyalty, overlay]));
    }

    /// <summary>An org with both and records: of ten customers the package has nothing, and of its own records five are
    /// in the recycle bin.</summary>
    public static async Task<LifeOrg> NewAsync(LifeCell cell)
    {
        var org = cell.NewOrg();
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = "life-core" }));
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = Package }));
        var customers = await BatchAsync(org, Enumerable.Range(0, Customers).Select(i => new
        {
            op = "create", @object = "lcore__Customer",
            record = new Dictionary<string, object>(i < 10 ? [] : new Dictionary<string, object>
                { ["lplus__points"] = i, ["lplus__code"] = "code-" + i }) { ["title"] = "customer " + i },
        }));
        var loyalties = await BatchAsync(org, Enumerable.Range(0, Loyalties).Select(i => new
        {
            op = "create", @object = "lplus__Loyalty",
            record = new { title = "loyalty of many words " + i, card = "card-" + i, customer = customers[i] },
        }));
        foreach (var id in loyalties.Take(5))
            (await org.DeleteAsync("/v1/records/" + id)).Expect(HttpStatusCode.NoContent);
        return org;
    }

    /// <summary>Every row that an org has in the cell's tables of records, written down; the tables that only count are
    /// left out.</summary>
    public static async Task<string> RowsAsync(LifeCell cell, LifeOrg org)
    {
        await using var source = NpgsqlDataSource.Create(cell.CellOwner);
        var rows = new List<string>();
        foreach (var table in (string[])["records", "unique_values", "changes", "counters", "search_grams", "fills"])
        {
            await using var command = source.CreateCommand(
                $"select row_to_json(t)::text from records.{table} t where org_id = {org.Org}");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) rows.Add(table + " " + reader.GetString(0));
        }
        return string.Join('\n', rows.Order(StringComparer.Ordinal));
    }

    /// <summary>How many values and rows of the package an org has: records and values, unique values, grams, counters,
    /// values in the log.</summary>
    public static Task<long> LeftAsync(LifeCell cell, LifeOrg org) => LifeCell.AskAsync<long>(cell.CellOwner, $$"""
        with core as (
            select distinct kp from records.records where org_id = {{org.Org}} and body::text like '%customer %')
        select (select count(*) from records.records where org_id = {{org.Org}}
                and (kp not in (select kp from core) or body::text like '%code-%'))
            + (select count(*) from records.records where org_id = {{org.Org}} and n1 is not null)
            + (select count(*) from records.unique_values where org_id = {{org.Org}})
            + (select count(*) from records.search_grams where org_id = {{org.Org}})
            + (select count(*) from records.counters where org_id = {{org.Org}})
            + (select count(*) from records.changes where org_id = {{org.Org}}
                and (coalesce(before::text, '') || coalesce(after::text, '')) ~ '(code|card)-')
        """);

    /// <summary>The lines of an export, by file.</summary>
    public static async Task<Dictionary<string, List<JsonElement>>> ExportAsync(LifeOrg org, string address)
    {
        var export = (await org.GetAsync(address)).Expect(HttpStatusCode.OK).Json;
        Assert.True(export.GetProperty("complete").GetBoolean());
        var files = new Dictionary<string, List<JsonElement>>();
        foreach (var file in export.GetProperty("files").EnumerateArray())
        {
            var reply = (await org.GetAsync(file.GetProperty("href").GetString()!)).Expect(HttpStatusCode.OK);
            Assert.Equal(file.GetProperty("bytes").GetInt64(), reply.Bytes.Length);
            files[file.GetProperty("name").GetString()!] = [.. reply.Body.Split('\n',
                StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        }
        return files;
    }

    /// <summary>Every record of the package once, with its values.</summary>
    public static void CheckExport(Dictionary<string, List<JsonElement>> files)
    {
        Assert.Equal(["lcore__Customer", "lplus__Loyalty"], files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(0, Loyalties).Select(i => "card-" + i).Order(StringComparer.Ordinal),
            files["lplus__Loyalty"].Select(one => one.GetProperty("card").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(5, files["lplus__Loyalty"].Count(one => one.TryGetProperty("deleted", out _)));
        Assert.Equal(Enumerable.Range(10, Customers - 10), files["lcore__Customer"]
            .Select(one => one.GetProperty("lplus__points").GetInt32()).Order());
        Assert.All(files["lcore__Customer"], one => Assert.False(one.TryGetProperty("title", out _)));
    }

    private static async Task<List<string>> BatchAsync(LifeOrg org, IEnumerable<object> operations)
    {
        var done = (await org.PostAsync("/v1/batch", new { atomic = true, operations })).Expect(HttpStatusCode.OK).Json;
        return [.. done.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("id").GetString()!)];
    }
}
