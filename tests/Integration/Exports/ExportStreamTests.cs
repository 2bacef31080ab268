using System.Net;
using System.Text.Json;
using Xingchen.Testing;
using Xingchen.Tests.Integration.History;
using Xingchen.Tests.Integration.Imports;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Exports;

/// <summary>What an export is while it runs: a stream of one moment, that holds nobody up and ends with its
/// reader.</summary>
public sealed class ExportStreamTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string All = "SELECT long FROM shop__Thing";

    /// <summary>More than all the buffers between PostgreSQL and a reader take.</summary>
    private const int Rows = 6_000;

    private static readonly string Long =
        JsonSerializer.Serialize(new { @long = string.Concat(Enumerable.Repeat("long ", 2_000)) });

    private async Task<RecordsCaller> FilledAsync(int rows = Rows)
    {
        var shop = await cell.NewAccountAsync();
        await cell.FillAsync(shop, Long, rows);
        return shop;
    }

    [Fact]
    public async Task It_shows_one_moment_and_holds_up_neither_writers_nor_the_change_feed()
    {
        var shop = await FilledAsync();
        using var response = await shop.OpenAsync(All);
        await AssertRunningAsync();
        await cell.ExecuteAsync("delete from records.records where org_id = $1", shop.Org);
        await shop.NewAsync(ShopPackage.Thing, """{"text":"new"}""");
        var changes = (await shop.GetAsync("/v1/changes?limit=10")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(2, changes.GetProperty("changes").GetArrayLength());
        await AssertRunningAsync();
        Assert.Equal(Rows, await response.RestAsync());
        Assert.Single(await shop.LinesAsync(All));
    }

    [Fact]
    public async Task A_reader_that_leaves_frees_its_connection()
    {
        var shop = await FilledAsync();
        using (await shop.OpenAsync(All)) await AssertRunningAsync();
        await AssertNoneRunsAsync();
        Assert.Equal(Rows, await (await shop.OpenAsync(All)).RestAsync());
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_and_sees_that_the_file_is_not_whole()
    {
        await using var impatient = await cell.StartWithAsync(("Export__StallSeconds", "1"));
        var shop = (await FilledAsync()).At(impatient.Address);
        using var response = await shop.OpenAsync(All);
        await AssertNoneRunsAsync();
        Assert.Null(await response.RestAsync());
    }

    [Fact]
    public async Task An_export_that_takes_too_long_is_cut()
    {
        await using var brief = await cell.StartWithAsync(("Cell__ExportTimeoutSeconds", "1"));
        var shop = (await FilledAsync()).At(brief.Address);
        using var response = await shop.OpenAsync(All);
        await AssertNoneRunsAsync();
        Assert.Null(await response.RestAsync());
    }

    [Fact]
    public async Task What_breaks_in_the_middle_does_not_look_whole_and_before_the_beginning_is_a_problem()
    {
        var shop = await cell.NewAccountAsync();
        var customer = await shop.NewAsync(ShopPackage.Customer, """{"code":"A","name":"a"}""");
        var orders = string.Concat(Enumerable.Repeat($$"""{"customer":"{{customer}}"}""" + "\n", 2_000));
        await shop.ImportAsync($"object={ShopPackage.Order}", orders, ImportCalls.Lines);
        var lines = string.Join(',', Enumerable.Range(0, 1_001).Select(i => $$"""{"product":"p{{i}}"}"""));
        await shop.NewAsync(ShopPackage.Order, $$"""{"customer":"{{customer}}","lines":[{{lines}}]}""");
        const string Nested = "SELECT id, number, customer.name, (SELECT product FROM lines) FROM shop__Order";
        Assert.Null(await (await shop.OpenAsync(Nested)).RestAsync());
        (await shop.ExportAsync(Nested + " ORDER BY id DESC")).Expect(HttpStatusCode.BadRequest, "query-invalid");
        await AssertNoneRunsAsync();
    }

    [Fact]
    public async Task An_org_has_two_exports_at_a_time_and_leaves_room_for_others()
    {
        await using var patient = await cell.StartWithAsync(("Export__StallSeconds", "600"));
        var shop = (await FilledAsync()).At(patient.Address);
        var sibling = (await cell.SiblingAsync(shop)).At(patient.Address);
        var other = (await cell.NewAccountAsync()).At(patient.Address);
        using var first = await shop.OpenAsync(All);
        using var second = await sibling.OpenAsync("SELECT id FROM shop__Thing");
        Assert.Equal(0, await second.RestAsync());
        using var third = await shop.OpenAsync(All);
        (await shop.ExportAsync(All)).Expect(HttpStatusCode.TooManyRequests, "rate-limited");
        (await sibling.ExportAsync(All)).Expect(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Empty(await other.LinesAsync(All));
        Assert.Equal(Rows, await first.RestAsync());
        Assert.Equal(Rows, (await shop.LinesAsync(All)).Count);
        Assert.Equal(Rows, await third.RestAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Memory_does_not_grow_with_what_is_exported(bool ofThen)
    {
        var rows = Environment.GetEnvironmentVariable("XINGCHEN_LARGE") == "1" ? 1_000_000 : 50_000;
        var shop = await FilledAsync(rows);
        var then = ofThen ? await HistoryTests.MarkAsync() : null;
        if (ofThen) await ChangeAsync(shop);
        Assert.Equal(Rows, await (await shop.OpenAsync(All + $" LIMIT {Rows}", then)).RestAsync()); // warm
        var before = ProcessMemory.ResidentBytes(cell.ProcessId);
        var most = before;
        using var response = await shop.OpenAsync(All, then);
        var reading = response.RestAsync();
        while (await Task.WhenAny(reading, Task.Delay(50)) != reading)
            most = Math.Max(most, ProcessMemory.ResidentBytes(cell.ProcessId));
        Assert.Equal(rows, await reading);
        var grown = (most - before) / 1_000_000;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rows:N0} rows of 10 kB: {before / 1_000_000} MB + {grown} MB");
        Assert.InRange(grown, -1_000, 150); // of 500 MB or more that went through
    }

    [Fact]
    public async Task What_was_then_leaves_before_all_of_it_is_read_and_is_of_one_moment_too()
    {
        var shop = await FilledAsync();
        var then = await HistoryTests.MarkAsync();
        await ChangeAsync(shop);
        using var response = await shop.OpenAsync(All, then);
        await AssertRunningAsync();
        await cell.ExecuteAsync("delete from records.changes where org_id = $1", shop.Org);
        await cell.ExecuteAsync("delete from records.records where org_id = $1", shop.Org);
        await AssertRunningAsync();
        Assert.Equal(Rows, await response.RestAsync());
        Assert.Empty(await shop.LinesAsync(All, asOf: then));
    }

    /// <summary>Every second record loses its value; what it was stands in the log alone.</summary>
    private async Task ChangeAsync(RecordsCaller shop)
    {
        await cell.ExecuteAsync("""
            insert into records.changes
                (org_id, account_id, record_id, version, kp, at, kind, actor, trace, after)
            select org_id, account_id, id, 1, kp, created_at, 'created', created_by, '', body
            from records.records where org_id = $1 and id % 2 = 0
            on conflict do nothing
            """, shop.Org);
        await cell.ExecuteAsync("""
            update records.records set version = 2, modified_at = clock_timestamp(), body = '{}'
            where org_id = $1 and id % 2 = 0
            """, shop.Org);
    }

    private async Task<long> RunningAsync() => (await cell.AskAsync<long>("""
        select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'xingchen-records' and state = 'active'
            and query like 'select t0.org_id%'
        """))[0];

    private async Task AssertRunningAsync() => Assert.Equal(1, await RunningAsync());

    private async Task AssertNoneRunsAsync()
    {
        for (var waited = 0; await RunningAsync() > 0; waited++)
        {
            Assert.True(waited < 400, cell.Log);
            await Task.Delay(50);
        }
    }
}
