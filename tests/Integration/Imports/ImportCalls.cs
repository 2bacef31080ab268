using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Imports;

/// <summary>Imports as a caller makes them.</summary>
internal static class ImportCalls
{
    public const string Csv = "text/csv";
    public const string Lines = "application/x-ndjson";

    public static Task<RecordsReply> UploadAsync(
        this RecordsCaller caller, string query, byte[] body, string type = Csv)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return caller.SendAsync("POST", "/v1/imports?" + query, content);
    }

    /// <summary>Imports a file and waits for its end.</summary>
    public static async Task<ImportResult> ImportAsync(
        this RecordsCaller caller, string query, string body, string type = Csv) =>
        await caller.EndAsync(
            (await caller.UploadAsync(query, Encoding.UTF8.GetBytes(body), type)).Expect(HttpStatusCode.Accepted)
                .Text("id"));

    public static async Task<ImportResult> EndAsync(this RecordsCaller caller, string id)
    {
        for (var waited = 0; ; waited++)
        {
            var job = (await caller.GetAsync("/v1/imports/" + id)).Expect(HttpStatusCode.OK).Json;
            if (job.GetProperty("status").GetString() is "completed" or "failed")
            {
                var failures = await caller.GetAsync($"/v1/imports/{id}/failures");
                return new ImportResult(id, job, [.. failures.Expect(HttpStatusCode.OK).Body
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonDocument.Parse(line).RootElement)]);
            }
            Assert.True(waited < 1200, $"The import does not end: {job}");
            await Task.Delay(50);
        }
    }

    /// <summary>All records of an object, by the text of one field.</summary>
    public static async Task<Dictionary<string, JsonElement>> AllAsync(
        this RecordsCaller caller, string item, string key, string more = "")
    {
        var reply = await caller.GetAsync($"/v1/objects/{item}/records?limit=2000{more}");
        return reply.Expect(HttpStatusCode.OK).Json.GetProperty("records").EnumerateArray()
            .ToDictionary(record => record.GetProperty(key).GetString() ?? "");
    }
}

/// <summary>A job at its end.</summary>
internal sealed record ImportResult(string Id, JsonElement Job, IReadOnlyList<JsonElement> Failures)
{
    /// <summary>Status, rows read, written, failed.</summary>
    public string Counts => $"{Job.GetProperty("status").GetString()} {Job.GetProperty("read")} "
        + $"{Job.GetProperty("written")} {Job.GetProperty("failed")}";

    /// <summary>Failures as <c>line code</c>.</summary>
    public IReadOnlyList<string> Lines =>
        [.. Failures.Select(failure => $"{failure.GetProperty("line")} {failure.GetProperty("code").GetString()}")];

    public string Detail(int failure) => Failures[failure].GetProperty("detail").GetString()!;
}
