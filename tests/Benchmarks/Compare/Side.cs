using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Hosting;

namespace Xingchen.Benchmarks.Compare;

/// <summary>One of the services that are compared: how each operation is asked of it.</summary>
internal abstract class Side(string name, Uri address, int process, Func<int, string> sign)
{
    private static int lastRow = 10_000_000;

    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler { UseCookies = false });
    private readonly List<string[]> ids = [];
    private string[] tokens = [];

    public string Name => name;

    public int ProcessId => process;

    /// <summary>Signs anew for every org; to be called at least once a minute.</summary>
    public void SignAnew(int orgs) => tokens = [.. Enumerable.Range(0, orgs).Select(sign)];

    public abstract HttpRequestMessage Get(string id);

    public abstract HttpRequestMessage List(decimal most);

    public abstract HttpRequestMessage Aggregate();

    public abstract HttpRequestMessage Insert(object body);

    public abstract HttpRequestMessage Update(string id, object body);

    /// <summary>Brings rows in and waits until they are there.</summary>
    public abstract Task ImportAsync(int org, string csv);

    /// <summary>A request of an operation for an org and a record picked.</summary>
    public HttpRequestMessage Next(string operation, Picks picks)
    {
        var org = picks.Next(tokens.Length);
        var request = operation switch
        {
            "GET by id" => Get(ids[org][picks.Next(ids[org].Length)]),
            "list 50" => List(Rows.CreditLimit(picks.Next(1000)) + 5_000),
            "aggregate" => Aggregate(),
            "insert" => Insert(Rows.Body(Interlocked.Increment(ref lastRow))),
            "update" => Update(ids[org][picks.Next(ids[org].Length)],
                new
                {
                    creditLimit = (decimal)picks.Next(1_000_000) / 100, phone = $"+46 {picks.Next(1_000_000_000):D9}",
                }),
            _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No such operation."),
        };
        return Signed(request, org);
    }

    /// <summary>Learns the ids of some records of each org.</summary>
    public async Task LearnAsync(int orgs)
    {
        for (var org = 0; org < orgs; org++)
        {
            if (org % 100 == 0) SignAnew(orgs);
            var page = await AskAsync(Signed(List(1_000_000), org));
            ids.Add([.. page!.Value.GetProperty("records").EnumerateArray()
                .Select(record => record.GetProperty("id").ToString())]);
            if (ids[org].Length == 0) throw new InvalidOperationException($"{name} has no records of org {org}.");
        }
    }

    /// <summary>Sends, and reads the answer away.</summary>
    /// <returns>Bytes of the answer's body: that the sides answer alike.</returns>
    public async Task<int> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, CancellationToken.None);
            if (!response.IsSuccessStatusCode) await ThrowAsync(request, response);
            return (await response.Content.ReadAsByteArrayAsync()).Length;
        }
    }

    protected async Task<JsonElement?> AskAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, CancellationToken.None);
            if (!response.IsSuccessStatusCode) await ThrowAsync(request, response);
            var text = await response.Content.ReadAsStringAsync();
            return text.Length == 0 ? null : JsonDocument.Parse(text).RootElement;
        }
    }

    protected HttpRequestMessage Signed(HttpRequestMessage request, int org)
    {
        request.Headers.TryAddWithoutValidation(ContextSigner.Header, tokens[org]);
        return request;
    }

    protected HttpRequestMessage To(HttpMethod method, string path, object? body = null) => new(
        method, new Uri(address, path)) { Content = body is null ? null : Json(body) };

    protected static HttpContent Csv(string csv) =>
        new StringContent(csv, Encoding.UTF8, new MediaTypeHeaderValue("text/csv"));

    private static ByteArrayContent Json(object body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task ThrowAsync(HttpRequestMessage request, HttpResponseMessage response) =>
        throw new InvalidOperationException($"{name}: {request.Method} {request.RequestUri} answered "
            + $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
}

/// <summary>The hand-written service.</summary>
/// <param name="audited">Whether its writes also write an audit row.</param>
internal sealed class HandWrittenSide(Uri address, int process, Func<int, string> sign, bool audited)
    : Side(audited ? "hand-written + audit" : "hand-written", address, process, sign)
{
    private readonly string prefix = audited ? "/audited" : "";

    public override HttpRequestMessage Get(string id) => To(HttpMethod.Get, "/customers/" + id);

    public override HttpRequestMessage List(decimal most) =>
        To(HttpMethod.Get, $"/customers?status=active&most={most}&limit=50");

    public override HttpRequestMessage Aggregate() => To(HttpMethod.Get, "/customers/by-country");

    public override HttpRequestMessage Insert(object body) => To(HttpMethod.Post, prefix + "/customers", body);

    public override HttpRequestMessage Update(string id, object body) =>
        To(HttpMethod.Patch, $"{prefix}/customers/{id}", body);

    public override async Task ImportAsync(int org, string csv)
    {
        var request = To(HttpMethod.Post, "/import");
        request.Content = Csv(csv);
        await AskAsync(Signed(request, org));
    }
}

/// <summary>Records as it is.</summary>
internal sealed class RecordsSide(Uri address, int process, Func<int, string> sign)
    : Side("Xingchen", address, process, sign)
{
    private static readonly string Query = "/v1/query?q=" + Uri.EscapeDataString(
        "SELECT country, COUNT(id), SUM(creditLimit) FROM Customer GROUP BY country");

    public override HttpRequestMessage Get(string id) => To(HttpMethod.Get, "/v1/objects/Customer/records/" + id);

    public override HttpRequestMessage List(decimal most) => To(HttpMethod.Get,
        "/v1/objects/Customer/records?limit=50&orderBy=creditLimit%20desc&filter="
        + Uri.EscapeDataString($"status = 'active' AND creditLimit <= {most}"));

    public override HttpRequestMessage Aggregate() => To(HttpMethod.Get, Query);

    public override HttpRequestMessage Insert(object body) =>
        To(HttpMethod.Post, "/v1/objects/Customer/records", body);

    public override HttpRequestMessage Update(string id, object body) =>
        To(HttpMethod.Patch, "/v1/objects/Customer/records/" + id, body);

    public override async Task ImportAsync(int org, string csv)
    {
        var request = To(HttpMethod.Post, "/v1/imports?object=Customer");
        request.Content = Csv(csv);
        var job = (await AskAsync(Signed(request, org)))!.Value;
        var path = "/v1/imports/" + job.GetProperty("id").GetString();
        while (job.GetProperty("status").GetString() is "queued" or "running")
        {
            await Task.Delay(5);
            job = (await AskAsync(Signed(To(HttpMethod.Get, path), org)))!.Value;
        }
        if (job.GetProperty("status").GetString() != "completed" || job.GetProperty("failed").GetInt64() > 0)
            throw new InvalidOperationException($"The import ended as {job}");
    }
}
