using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Hosting;
using Xingchen.Testing;

namespace Xingchen.Benchmarks.Compare;

/// <summary>Where a side answers and what it costs.</summary>
/// <param name="Address">Of its HTTP interface.</param>
/// <param name="Services">The processes that serve it, PostgreSQL left out.</param>
/// <param name="Postgres">The main process of its PostgreSQL.</param>
internal sealed record SideProcesses(Uri Address, IReadOnlyList<int> Services, int Postgres);

/// <summary>One of the services that are compared: how each operation is asked of it.</summary>
/// <param name="name">As the tables name it.</param>
/// <param name="orgs">Orgs that have records, from 0.</param>
/// <param name="processes">Where it answers and what it costs.</param>
/// <param name="sign">What says for an org who asks, for a minute at least.</param>
internal abstract class Side(string name, int orgs, SideProcesses processes, Func<int, string> sign)
{
    private static int lastRow = 10_000_000;

    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler { UseCookies = false });
    private readonly string[][] ids = new string[orgs][];
    private string[] tokens = [];

    public string Name => name;

    public int Orgs => orgs;

    public SideProcesses Processes => processes;

    /// <summary>Signs anew for every org; to be called at least once a minute.</summary>
    public void SignAnew() => tokens = [.. Enumerable.Range(0, orgs).Select(sign)];

    /// <summary>Whether the side has an answer of its own to an operation.</summary>
    public virtual bool Does(string operation) => true;

    public abstract HttpRequestMessage Get(string id);

    public abstract HttpRequestMessage List(decimal most, int limit);

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
            "list 50" => List(Rows.CreditLimit(picks.Next(1000)) + 5_000, 50),
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

    /// <summary>Learns the ids of records of each org, up to 2,000: of fewer, each would be written so often that what
    /// is measured are its dead versions.</summary>
    public async Task LearnAsync()
    {
        SignAnew();
        await Parallel.ForAsync(0, orgs, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (org, _) =>
        {
            var page = await AskAsync(Signed(List(1_000_000, 2_000), org));
            ids[org] = [.. page!.Value.GetProperty("records").EnumerateArray()
                .Select(record => record.GetProperty("id").ToString())];
            if (ids[org].Length == 0) throw new InvalidOperationException($"{name} has no records of org {org}.");
        });
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
        Identify(request, tokens[org]);
        return request;
    }

    /// <summary>Says who asks.</summary>
    protected virtual void Identify(HttpRequestMessage request, string token) =>
        request.Headers.TryAddWithoutValidation(ContextSigner.Header, token);

    protected HttpRequestMessage To(HttpMethod method, string path, object? body = null) => new(
        method, new Uri(processes.Address, path)) { Content = body is null ? null : Json(body) };

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
