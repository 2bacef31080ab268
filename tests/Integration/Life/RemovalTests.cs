using System.Net;
using System.Text.Json;
using Npgsql;
using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Life;

/// <summary>Uninstalling with <c>data=delete</c>: what the package left is exported whole, then deleted; nothing else
/// is, and of nobody else.</summary>
public sealed class RemovalTests(LifeCell cell, ITestOutputHelper output) : IClassFixture<LifeCell>
{
    private static readonly (string Name, string Owner, int Number, string Killed)[] Steps =
    [
        ("before the end of the installation commits", "Delivery", 21, "Delivery"),
        ("before the removal begins", "Cell", 10, "Records"),
        ("before the removal begins, Delivery killed", "Cell", 10, "Delivery"),
        ("while it exports", "Cell", 11, "Records"),
        ("before the export is complete", "Cell", 12, "Records"),
        ("while it deletes", "Cell", 13, "Records"),
        ("before its end commits", "Cell", 14, "Records"),
        ("while Delivery notes how far it is", "Delivery", 22, "Delivery"),
        ("before Delivery notes the end", "Delivery", 23, "Delivery"),
    ];

    [Fact]
    public async Task Exports_then_deletes_what_the_package_left_and_nothing_else()
    {
        await PublishAsync();
        var (org, other) = (await RemovalOrgs.NewAsync(cell), await RemovalOrgs.NewAsync(cell));
        var before = await RemovalOrgs.RowsAsync(cell, other);
        var customer = (await org.GetAsync("/v1/objects/lcore__Customer/records?filter=title = 'customer 20'")).Json
            .GetProperty("records")[0];
        var (id, version) = (customer.GetProperty("id").GetString(), customer.GetProperty("version").GetInt64());

        var accepted = (await org.DeleteAsync($"/v1/installations/{RemovalOrgs.Package}?data=delete"))
            .Expect(HttpStatusCode.Accepted);
        (await org.GetAsync("/v1/objects/lplus__Loyalty/records")).Expect(HttpStatusCode.NotFound);
        var done = await org.FollowAsync(accepted);
        Assert.Equal("removed", done.GetProperty("status").GetString());
        Assert.Equal(done.GetProperty("of").GetInt64(), done.GetProperty("deleted").GetInt64());
        Assert.Equal(RemovalOrgs.All, done.GetProperty("deleted").GetInt64());
        var export = done.GetProperty("export").GetString()!;
        RemovalOrgs.CheckExport(await RemovalOrgs.ExportAsync(org, export));
        Assert.True(done.GetProperty("exportUntil").GetDateTime() > done.GetProperty("createdAt").GetDateTime()
            .AddHours(47));

        Assert.Equal(0, await RemovalOrgs.LeftAsync(cell, org));
        var after = (await org.GetAsync("/v1/records/" + id)).Expect(HttpStatusCode.OK).Json;
        Assert.Equal((version + 1, "customer 20", "uninstall"), (after.GetProperty("version").GetInt64(),
            after.GetProperty("title").GetString(), after.GetProperty("modifiedBy").GetString()));
        Assert.Equal(RemovalOrgs.Customers, (await org.GetAsync("/v1/objects/lcore__Customer/records?limit=100")).Json
            .GetProperty("records").GetArrayLength());
        Assert.Equal(before, await RemovalOrgs.RowsAsync(cell, other));

        // Installed again it is empty: values are free, numbers begin anew, the past has nothing of it.
        await org.FollowAsync(await org.PostAsync("/v1/installations", new { package = RemovalOrgs.Package }));
        Assert.Equal(0, (await org.GetAsync("/v1/objects/lplus__Loyalty/records")).Json.GetProperty("records")
            .GetArrayLength());
        var loyalty = await org.NewAsync("lplus__Loyalty", new { title = "new", card = "card-7", customer = id });
        Assert.Equal("L-001", (await org.GetAsync("/v1/records/" + loyalty)).Json.GetProperty("number").GetString());
        Assert.DoesNotContain("code-20", (await org.GetAsync($"/v1/records/{id}/history")).Body,
            StringComparison.Ordinal);
        RemovalOrgs.CheckExport(await RemovalOrgs.ExportAsync(org, export));
    }

    [Fact]
    public async Task An_export_is_its_accounts_own_and_goes_when_its_time_is_over()
    {
        await PublishAsync();
        var (org, stranger) = (await RemovalOrgs.NewAsync(cell), cell.NewOrg());
        var done = await org.FollowAsync(
            await org.DeleteAsync($"/v1/installations/{RemovalOrgs.Package}?data=delete"));
        var (export, absent) = (done.GetProperty("export").GetString()!, Guid.NewGuid().ToString("N"));
        foreach (var file in (string[])["", "/lplus__Loyalty"])
        {
            var none = (await stranger.GetAsync($"/v1/exports/{absent}{file}")).Expect(HttpStatusCode.NotFound);
            var foreign = (await stranger.GetAsync(export + file)).Expect(HttpStatusCode.NotFound, "not-found");
            Assert.Equal(none.Bare($"/v1/exports/{absent}{file}"), foreign.Bare(export + file));
            (await org.GetAsync(export + file)).Expect(HttpStatusCode.OK);
        }
        foreach (var wrong in (string[])["/nothing", "/not.a-name", "/lplus__Loyalty/more"])
            (await org.GetAsync(export + wrong)).Expect(HttpStatusCode.NotFound);
        await using var source = NpgsqlDataSource.Create(cell.CellOwner);
        await using (var command = source.CreateCommand(
            $"update records.removals set expires_at = now() - interval '1 second' where org_id = {org.Org}"))
            await command.ExecuteNonQueryAsync();
        (await org.GetAsync(export)).Expect(HttpStatusCode.NotFound);
        await LifeOrg.UntilAsync("the export is gone", async () => await LifeCell.AskAsync<long>(cell.CellOwner, $"""
            select (select count(*) from records.removal_files where org_id = {org.Org})
                + (select count(*) from records.removals where org_id = {org.Org})
            """) == 0);
    }

    [Fact]
    public async Task Killed_at_any_step_it_exports_everything_once_and_deletes_everything()
    {
        await PublishAsync();
        await StepHold.SetAsync(cell.CellOwner, "records.removals", "insert or update", """
            case when old.id is null then 10
                when old.state = 'exporting' and new.state = 'exporting' then 11
                when old.state = 'exporting' then 12
                when new.state = 'deleting' then 13
                when old.state = 'deleting' then 14 end
            """);
        await StepHold.SetAsync(cell.DeliveryOwner, "delivery.installations", "update", """
            case when old.status = 'activating' and new.status = 'removing' then 21
                when new.status = 'removing' and new.removal is distinct from old.removal then 22
                when old.status = 'removing' and new.status = 'removed' then 23 end
            """);
        var early = 0;
        foreach (var (name, owner, number, killed) in Steps)
        {
            var org = await RemovalOrgs.NewAsync(cell);
            Task asking;
            await using (var hold = await StepHold.AtAsync(
                owner == "Cell" ? cell.CellOwner : cell.DeliveryOwner, number))
            {
                asking = AskAsync(org);
                await LifeOrg.UntilAsync("the removal is " + name, async () => await hold.WaitingAsync() > 0);
                await cell.KillAsync(killed);
            }
            await asking;
            if (killed != "Records") early += await CheckAsync(org, name);
            await cell.RestartAsync(killed);
            early += await CheckAsync(org, name);
            await LifeOrg.UntilAsync($"it is removed, killed {name}", async () => (await org.GetAsync(
                "/v1/installations")).Json.GetProperty("installations").GetArrayLength() == 1);
            var id = await LifeCell.AskAsync<string>(cell.DeliveryOwner, $"""
                select id from delivery.installations where org_id = {org.Org} and act = 'uninstall'
                """);
            var done = (await org.GetAsync("/v1/installations/" + id)).Json;
            Assert.Equal(("removed", RemovalOrgs.All),
                (done.GetProperty("status").GetString(), done.GetProperty("deleted").GetInt32()));
            RemovalOrgs.CheckExport(await RemovalOrgs.ExportAsync(org, done.GetProperty("export").GetString()!));
            Assert.Equal(0, await RemovalOrgs.LeftAsync(cell, org));
        }
        output.WriteLine(
            $"{Steps.Length} steps, {Steps.Length} kills, lines twice or missing 0, deleted early {early}");
        Assert.Equal(0, early);
    }

    private async Task PublishAsync()
    {
        if (await LifeCell.AskAsync<long>(cell.DeliveryOwner,
            $"select count(*) from delivery.versions where name = '{RemovalOrgs.Package}'") == 0)
            await RemovalOrgs.PublishAsync(cell);
    }

    /// <summary>Whether something was deleted before the export was complete: 1 or 0.</summary>
    private async Task<int> CheckAsync(LifeOrg org, string step)
    {
        var deleted = await LifeCell.AskAsync<long>(cell.CellOwner, $"""
            select count(*) from records.changes where org_id = {org.Org} and kind = 'purged'
            """);
        var state = await LifeCell.AskAsync<string>(cell.CellOwner, $"""
            select coalesce((select state from records.removals where org_id = {org.Org}), 'none')
            """);
        if (deleted == 0 || state is "deleting" or "done") return 0;
        output.WriteLine($"{step}: {deleted} deleted while {state}");
        return 1;
    }

    private static async Task AskAsync(LifeOrg org)
    {
        try
        {
            await org.DeleteAsync($"/v1/installations/{RemovalOrgs.Package}?data=delete");
        }
        catch (HttpRequestException)
        {
            // Delivery was killed.
        }
    }
}
