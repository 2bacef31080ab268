using System.Net;
using System.Text;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Files of records: read whole, written in batches, each row once; what is wrong with a row is its own
/// affair.</summary>
public sealed class ImportTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    [Fact]
    public async Task Rows_are_written_and_references_found_by_a_unique_field_also_further_down()
    {
        var caller = await cell.NewAccountAsync();
        var job = await ImportAsync(caller, $"/v1/imports?object={Customer}&mode=insert&null=NULL", """
            code,name,boss.code
            A,"Ada ""the first"", é",B
            B,Bob,NULL
            C,NULL,NULL
            D,Dan,nobody
            B,Again,NULL
            """);
        Assert.Equal(("completed", "5", "2", "3"),
            (job.Text("status"), job.Raw("read"), job.Raw("written"), job.Raw("failed")));
        var failures = (await caller.GetAsync($"/v1/imports/{job.Text("id")}/failures")).Expect(HttpStatusCode.OK).Body;
        Assert.Equal(3, failures.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (var code in new[] { "required", "reference-not-found", "value-taken" })
            Assert.Contains(code, failures, StringComparison.Ordinal);
        var records = (await caller.GetAsync($"/v1/objects/{Customer}/records?orderBy=code&select=name,boss.name"))
            .Json.GetProperty("records");
        Assert.Equal("Ada \"the first\", é", records[0].GetProperty("name").GetString());
        Assert.Equal("Bob", records[0].GetProperty("boss").GetProperty("name").GetString());
        Assert.Equal([2L], await cell.AskAsync<long>(
            "select count(*) from records.changes where org_id = $1 and kind = 'created'", caller.Org));
    }

    [Fact]
    public async Task An_upsert_of_the_same_file_twice_makes_every_record_once()
    {
        var caller = await cell.NewAccountAsync();
        var file = new StringBuilder();
        for (var i = 0; i < 1_234; i++) file.AppendLine($$"""{"code":"c{{i}}","name":"n{{i}}"}""");
        for (var time = 0; time < 2; time++)
        {
            var job = await ImportAsync(caller, $"/v1/imports?object={Customer}&mode=upsert&by=code", file.ToString(),
                "application/x-ndjson");
            Assert.Equal(("completed", "1234", "0"), (job.Text("status"), job.Raw("written"), job.Raw("failed")));
        }
        Assert.Equal([1234L], await cell.AskAsync<long>(
            "select count(*) from records.records where org_id = $1", caller.Org));
    }

    [Fact]
    public async Task A_wrong_header_is_refused_at_once_with_all_that_is_wrong()
    {
        var caller = await cell.NewAccountAsync();
        var refused = await SendAsync(
            caller, $"/v1/imports?object={Customer}&mode=upsert&by=code", "nothing,boss.name\n", "text/csv");
        refused.Expect(HttpStatusCode.UnprocessableEntity);
        Assert.True(refused.Json.GetProperty("errors").GetArrayLength() >= 3, refused.Body);
        Assert.Empty(await cell.AskAsync<string>("select status from records.imports where org_id = $1", caller.Org));
    }

    [Fact]
    public async Task A_job_of_another_org_is_not_there()
    {
        var caller = await cell.NewAccountAsync();
        var job = await ImportAsync(caller, $"/v1/imports?object={Customer}&mode=insert", "name\nx\n");
        var other = await cell.NewAccountAsync();
        foreach (var tail in new[] { "", "/failures" })
            (await other.GetAsync($"/v1/imports/{job.Text("id")}{tail}")).Expect(HttpStatusCode.NotFound, "not-found");
    }

    private static Task<RecordsReply> SendAsync(RecordsCaller caller, string path, string body, string type) =>
        caller.SendAsync("POST", path, body, type);

    private static async Task<RecordsReply> ImportAsync(
        RecordsCaller caller, string path, string body, string type = "text/csv")
    {
        var job = (await SendAsync(caller, path, body, type)).Expect(HttpStatusCode.Accepted);
        for (var waited = 0; waited < 600; waited++)
        {
            var now = (await caller.GetAsync(job.Location!)).Expect(HttpStatusCode.OK);
            if (now.Text("status") is "completed" or "failed") return now;
            await Task.Delay(50);
        }
        throw new TimeoutException("The import did not end within 30 s.");
    }
}
