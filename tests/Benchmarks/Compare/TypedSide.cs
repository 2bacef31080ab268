namespace Xingchen.Benchmarks.Compare;

/// <summary>A service over the typed table.</summary>
/// <param name="prefix">Of the routes that write.</param>
internal sealed class TypedSide(
    string name, string prefix, int orgs, SideProcesses processes, Func<int, string> sign)
    : Side(name, orgs, processes, sign)
{
    /// <summary>One that only writes otherwise than another reads and imports as that one does.</summary>
    public override bool Does(string operation) => prefix.Length == 0 || operation is "insert" or "update";

    public override HttpRequestMessage Get(string id) => To(HttpMethod.Get, "/customers/" + id);

    public override HttpRequestMessage List(decimal most, int limit) =>
        To(HttpMethod.Get, $"/customers?status=active&most={most}&limit={limit}");

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
