using System.Net;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Many more writers than an instance has connections: they wait for their turn, and all of them have it. What
/// a write costs does not grow with its account, or they would not.</summary>
public sealed class ManyWritersTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Writers = 300;

    [Fact]
    public async Task Three_hundred_creates_at_once_succeed_again_and_again()
    {
        var caller = await cell.NewAccountAsync();
        var customer = await caller.NewAsync(Customer, """{"code":"one","name":"Ada"}""");
        await cell.KillAsync();
        await cell.RestartAsync(); // nothing is compiled, no connection is open, nothing is planned
        var replies = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(writer)));
        Assert.All(replies.SelectMany(one => one), reply => reply.Expect(HttpStatusCode.Created));
        Assert.Equal(10 * Writers, replies.SelectMany(one => one).Select(reply => reply.Text("number")).Distinct()
            .Count());
        Assert.Equal([20L * Writers + 1], await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1", caller.Org)); // orders, lines, the customer

        async Task<List<RecordsReply>> WriteAsync(int writer)
        {
            var made = new List<RecordsReply>();
            for (var i = 0; i < 10; i++)
                made.Add(await caller.PostAsync($"/v1/objects/{Order}/records", $$"""
                    {"customer":"{{customer}}","lines":[{"product":"p","sku":"{{writer}}-{{i}}"}]}
                    """));
            return made;
        }
    }

    [Fact]
    public async Task Who_waits_too_long_for_a_connection_is_told_when_to_come_again()
    {
        await using var small = await cell.StartWithAsync(
            ("Cell__RecordConnections", "1"), ("Cell__ConnectTimeoutSeconds", "1"));
        var caller = (await cell.NewAccountAsync()).At(small.Address);
        await caller.NewAsync(Customer, """{"code":"one","name":"Ada"}""");
        await using var source = Npgsql.NpgsqlDataSource.Create(cell.Owner);
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("lock table records.records", connection, transaction))
            await hold.ExecuteNonQueryAsync();
        var held = caller.PostAsync($"/v1/objects/{Customer}/records", """{"code":"two","name":"Bob"}""");
        while ((await cell.AskAsync<long>("""
            select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'xingchen-records' and wait_event_type = 'Lock'
            """))[0] == 0) { } // until it has the one connection
        using var request = caller.Request(HttpMethod.Post, $"/v1/objects/{Customer}/records");
        request.Content = new StringContent("""{"code":"three","name":"Cy"}""", null, "application/json");
        using var http = new HttpClient();
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Contains("/problems/unavailable", await response.Content.ReadAsStringAsync());
        await transaction.RollbackAsync();
        (await held).Expect(HttpStatusCode.Created);
    }
}
