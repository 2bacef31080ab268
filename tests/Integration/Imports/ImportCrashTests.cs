#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Imports;

/// <summary>What is left when a process dies: nothing half done, no row twice.</summary>
public sealed class ImportCrashTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Rows = 20_000;

    [Fact]
    public async Task A_killed_worker_is_followed_by_another_and_every_row_is_there_once()
    {
        var shop = await cell.NewAccountAsync();
        var file = new StringBuilder("code,name\n");
        for (var i = 0; i < Rows; i++) file.Append($"C{i},Customer {i}\n");
        var id = (await shop.UploadAsync($"object={ShopPackage.Customer}", Encoding.UTF8.GetBytes(file.ToString())))
            .Expect(HttpStatusCode.Accepted).Text("id");
        long written;
        do written = (await shop.GetAsync("/v1/imports/" + id)).Json.GetProperty("written").GetInt64();
        while (written == 0);
        await cell.KillAsync();
        Assert.InRange(written, 1, Rows - 1);
        var there = await CountAsync("records", shop);
        Assert.InRange(there, 1, Rows - 1);

        await cell.RestartAsync();
        var done = await shop.EndAsync(id);

        Assert.Equal($"completed {Rows} {Rows} 0", done.Counts);
        Assert.Equal(Rows, await CountAsync("records", shop));
        Assert.Equal(Rows, await CountAsync("unique_values", shop));
        Assert.Equal(Rows, await CountAsync("changes", shop));
        Assert.Equal(Rows, (await cell.AskAsync<long>(
            "select count(distinct value) from records.unique_values where org_id = $1", shop.Org))[0]);
        await AssertNothingWaitsAsync(shop);
    }

    [Fact]
    public async Task Two_workers_that_are_killed_at_random_write_every_row_once()
    {
        const int Kills = 4;
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var shop = await cell.NewAccountAsync();
        var file = new StringBuilder("code,name,boss.code\n");
        // A reference back over chunks, and now and then one forward, which is put off.
        for (var i = 0; i < Rows; i++) file.Append($"C{i},Customer {i},{Boss(i)}\n");
        var id = (await shop.UploadAsync($"object={ShopPackage.Customer}", Encoding.UTF8.GetBytes(file.ToString())))
            .Expect(HttpStatusCode.Accepted).Text("id");
        var other = await cell.StartWithAsync();
        try
        {
            for (var killed = 0; killed < Kills && await StatusAsync(shop) is "queued" or "running"; killed++)
            {
                await Task.Delay(random.Next(0, 700));
                // Whoever has the ticket or not: both may try, and the lock of the chunk decides.
                await cell.ExecuteAsync("update records.tickets set lease_until = now()");
                if (random.Next(2) == 0)
                {
                    await cell.KillAsync();
                    await cell.RestartAsync();
                    continue;
                }
                await other.KillAsync();
                await other.DisposeAsync();
                other = await cell.StartWithAsync();
            }
            var done = await shop.EndAsync(id);
            Assert.Equal($"completed {Rows} {Rows} 0", done.Counts);
        }
        finally
        {
            await other.DisposeAsync();
        }
        foreach (var table in new[] { "records", "unique_values", "changes" })
            Assert.Equal(Rows, await CountAsync(table, shop));
        Assert.Equal(Rows - Rows / 10, (await cell.AskAsync<long>("""
            select count(*) from records.records r where org_id = $1 and exists (
                select from records.records b where b.org_id = $1 and b.id = r.r1)
            """, shop.Org))[0]);
        await AssertNothingWaitsAsync(shop);

        static string Boss(int row) => (row % 10) switch
        {
            0 => "", 1 => $"C{Math.Min(row + 4_000, Rows - 10)}", _ => $"C{row / 2}",
        };
    }

    private async Task<string> StatusAsync(RecordsCaller shop) => (await cell.AskAsync<string>(
        "select status from records.imports where org_id = $1", shop.Org)).Single();

    [Fact]
    public async Task A_killed_receiver_leaves_a_failed_job_and_no_rows()
    {
        var shop = await cell.NewAccountAsync();
        using var socket = await SendHalfAsync(shop);
        await cell.KillAsync();
        await cell.RestartAsync();
        await AssertCutAsync(shop);
    }

    [Fact]
    public async Task A_body_that_is_cut_leaves_a_failed_job_and_no_rows()
    {
        var shop = await cell.NewAccountAsync();
        (await SendHalfAsync(shop)).Dispose();
        await AssertCutAsync(shop);
    }

    /// <summary>Sends what promises 10 MB and holds 3,000 rows, and waits until some of them are spooled.</summary>
    private async Task<TcpClient> SendHalfAsync(RecordsCaller shop)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(shop.Address.Host, shop.Address.Port);
        var head = $"POST /v1/imports?object={ShopPackage.Customer} HTTP/1.1\r\nHost: x\r\n"
            + "Content-Type: text/csv\r\nContent-Length: 10000000\r\n"
            + $"{Hosting.ContextSigner.Header}: {shop.Sign()}\r\n\r\n";
        var body = "code,name\n" + string.Concat(Enumerable.Range(0, 3_000).Select(i => $"H{i},Half {i}\n"));
        await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(head + body));
        for (var waited = 0; await CountAsync("import_chunks", shop) == 0; waited++)
        {
            Assert.True(waited < 200, cell.Log);
            await Task.Delay(50);
        }
        return socket;
    }

    private async Task AssertCutAsync(RecordsCaller shop)
    {
        for (var waited = 0; ; waited++)
        {
            var status = (await cell.AskAsync<string>(
                "select status from records.imports where org_id = $1", shop.Org)).Single();
            if (status == "failed") break;
            Assert.True(waited < 400, status);
            await Task.Delay(50);
        }
        Assert.Equal(0, await CountAsync("records", shop));
        await AssertNothingWaitsAsync(shop);
    }

    private async Task AssertNothingWaitsAsync(RecordsCaller shop)
    {
        Assert.Equal(0, await CountAsync("import_chunks", shop));
        Assert.Equal(0, (await cell.AskAsync<long>(
            "select count(*) from records.tickets where context = $1", $"{shop.Org}/{shop.Account}"))[0]);
    }

    private async Task<long> CountAsync(string table, RecordsCaller shop) =>
        (await cell.AskAsync<long>($"select count(*) from records.{table} where org_id = $1", shop.Org))[0];
}
