namespace Xingchen.Benchmarks.Compare;

/// <summary>Records, asked straight with a signed context.</summary>
/// <param name="headers">What each request carries besides.</param>
internal class RecordsSide(string name, int orgs, SideProcesses processes, Func<int, string> sign,
    Dictionary<string, string>? headers = null)
    : Side(name, orgs, processes, sign)
{
    private static readonly string Query = "/v1/query?q=" + Uri.EscapeDataString(
        "SELECT country, COUNT(id), SUM(creditLimit) FROM Customer GROUP BY country");

    protected override void Identify(HttpRequestMessage request, string token)
    {
        base.Identify(request, token);
        foreach (var (header, value) in headers ?? []) request.Headers.TryAddWithoutValidation(header, value);
    }

    public override HttpRequestMessage Get(string id) => To(HttpMethod.Get, "/v1/objects/Customer/records/" + id);

    public override HttpRequestMessage List(decimal most, int limit) => To(HttpMethod.Get,
        $"/v1/objects/Customer/records?limit={limit}&orderBy=creditLimit%20desc&filter="
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

/// <summary>The same through the gateway and the sidecars, with a bearer token.</summary>
internal sealed class GatewaySide(string name, int orgs, SideProcesses processes, Func<int, string> token)
    : RecordsSide(name, orgs, processes, token)
{
    protected override void Identify(HttpRequestMessage request, string token) =>
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
}
