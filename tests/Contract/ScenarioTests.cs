using System.Text;
using Xingchen.Testing;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract;

/// <summary>One call of the contract: what is sent, what must come back, and what must not.</summary>
/// <param name="As">Who asks: <c>operator</c>, <c>admin</c> (admin and data), <c>data</c>, or <c>nobody</c>.</param>
/// <param name="Has">Texts that the body must hold, separated by <c>|</c>.</param>
/// <param name="HasNot">Texts that it must not; SQL, stacks and paths of ours are looked for in every answer.</param>
public sealed record Scenario(
    string As, string Method, string Path, string? Body, int Status, string Has = "", string HasNot = "")
{
    public override string ToString() => $"{As}: {Method} {Path} {Body} → {Status}";
}

/// <summary>The HTTP contract, row by row.</summary>
public sealed class ScenarioTests(ScenarioOrg org) : IClassFixture<ScenarioOrg>
{
    private static readonly string[] Internals =
        ["Npgsql", "select ", "   at ", "127.0.0.1", "Exception", "/services/"];

    public static IReadOnlyList<Scenario> All { get; } =
    [
        // Who calls
        new("nobody", "GET", "/v1/objects", null, 401, "/problems/unauthenticated|traceId"),
        new("data", "GET", "/v1/orgs", null, 403, "/problems/scope-missing"),
        new("admin", "POST", "/v1/orgs", """{"code":"x-y-z","name":"x"}""", 403, "/problems/scope-missing"),
        new("data", "PUT", "/v1/metadata/objects/Customer/fields/c__x", """{"type":"integer"}""", 403,
            "/problems/scope-missing"),
        new("operator", "GET", "/v1/objects/Customer/records", null, 403, "/problems/scope-missing"),
        new("admin", "GET", "/v1/nothing", null, 404, "/problems/not-found"),
        new("admin", "PUT", "/v1/objects", "{}", 405, "/problems/method-not-allowed"),

        // Organization
        new("operator", "POST", "/v1/orgs", """{"code":"scenario","name":"x"}""", 409, "/problems/org-code-taken"),
        new("operator", "POST", "/v1/orgs", """{"code":"No","name":1,"colour":"red","publisher":{"namespace":"9"}}""",
            422,
            "content-invalid|\"/code\"|\"/name\"|\"/colour\"|\"/publisher/namespace\""),
        new("operator", "POST", "/v1/orgs", """{"code":"other-scenario",""", 400, "/problems/request-invalid"),
        new("operator", "GET", "/v1/orgs/scenario", null, 200,
            "\"code\":\"scenario\"|\"status\":\"active\"|\"accounts\"", "clientSecret"),
        new("admin", "GET", "/v1/orgs/scenario/clients", null, 200, "\"clients\"", "clientSecret"),
        new("operator", "GET", "/v1/idcs", null, 200, "\"idcs\"|\"local\""),
        new("operator", "GET", "/v1/groups", null, 200, "\"groups\"|\"main\""),
        new("operator", "GET", "/v1/topology", null, 200, "records-main|metadata-local|gateway"),
        new("operator", "GET", "/v1/groups/main/release", null, 200, "\"trade\"|\"platform\"|\"bedrock\""),

        // Metadata
        new("data", "GET", "/v1/objects", null, 200, "\"SalesOrder\"|\"keyPrefix\"|\"custom\":false"),
        new("data", "GET", "/v1/objects/SalesOrder", null, 200, "\"nameField\"|\"children\"|\"lines\""),
        new("data", "GET", "/v1/objects/Nothing", null, 404, "/problems/not-found"),
        new("data", "GET", "/v1/openapi.json", null, 200, "\"openapi\":\"3.1.0\"|createCustomer|Customer_New"),
        new("operator", "GET", "/v1/openapi.json", null, 403, "/problems/scope-missing"),
        new("admin", "GET", "/v1/metadata/objects/Customer?explain=true", null, 200, "\"layer\""),
        new("admin", "PUT", "/v1/metadata/objects/Customer/fields/colour", """{"type":"integer"}""", 422,
            "/problems/definition-invalid"),
        new("admin", "PUT", "/v1/metadata/objects/Customer/fields/name", """{"required":false}""", 422,
            "overlay-loosens|\"/required\""),
        new("admin", "PUT", "/v1/metadata/objects/Customer/fields/c__dry?dryRun=true",
            """{"type":"integer","label":{"en":"Dry"}}""", 200, "c__dry"),
        new("data", "GET", "/v1/objects/Customer", null, 200, "", "c__dry"),

        // Exports
        new("data", "GET", "/v1/exports?q=SELECT%20name%20FROM%20Customer%20WHERE%20code%20%3D%20'S-1'", null, 200,
            "{\"name\":\"Scenario\"}\n"),
        new("data", "GET", "/v1/exports?q=SELECT%20colour%20FROM%20Customer", null, 400,
            "/problems/query-invalid|\"position\":7"),
        new("data", "GET", "/v1/exports", null, 400, "/problems/request-invalid"),
        new("operator", "GET", "/v1/exports?q=SELECT%20name%20FROM%20Customer", null, 403, "/problems/scope-missing"),

        // Records
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"Ångström 公司","creditLimit":12.30}""", 201,
            "Ångström 公司|12.30|\"version\":1|\"object\":\"Customer\""),
        new("data", "POST", "/v1/objects/Customer/records",
            """{"creditLimit":"x","colour":1,"region":"0R1000000000zzz"}""", 422,
            "record-invalid|\"/creditLimit\"|\"/colour\"|\"/region\"|\"/name\""),
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"a","name":"b"}""", 400,
            "/problems/request-invalid"),
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"\ud800"}""", 422, "record-invalid"),
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"a\u0000b"}""", 422, "record-invalid|\"/name\""),
        new("data", "POST", "/v1/objects/Customer/records", "[1]", 422, "record-invalid"),
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"x","creditLimit":1e400}""", 422,
            "\"/creditLimit\""),
        new("data", "POST", "/v1/objects/Nothing/records", """{"name":"x"}""", 404, "/problems/not-found"),
        new("data", "POST", "/v1/batch", """
            {"operations":[{"op":"create","object":"Customer","as":"c","record":{"name":"Batch"}},
             {"op":"update","id":"@c.id","record":{"name":"Batched"}},{"op":"delete","id":"@c.id"}]}
            """, 200, "{\"results\":[{\"status\":201|{\"status\":200|{\"status\":204|\"version\":3"),
        new("data", "POST", "/v1/batch", """
            {"operations":[{"op":"create","object":"Customer","record":{"name":"x"}},
             {"op":"create","object":"Customer","record":{"nothing":1}}]}
            """, 200,
            "{\"status\":424|failed-dependency|{\"status\":422|/operations/1/record/nothing|/operations/1/record/name"),
        new("data", "POST", "/v1/batch", """{"operations":[{"op":"drop"}],"x":1}""", 422,
            "content-invalid|/operations/0/op|\"/x\""),
        new("data", "GET", "/v1/records/not-an-id", null, 404, "/problems/not-found"),
        new("data", "GET", "/v1/objects/Customer/records?limit=0", null, 400, "/problems/request-invalid"),
        new("data", "GET", "/v1/objects/Customer/records?sort=name", null, 400, "sort"),
        new("data", "GET", "/v1/objects/Customer/records?cursor=abc", null, 400, "/problems/cursor-invalid"),
        new("data", "GET", "/v1/objects/Customer/records?filter=colour%20%3D%201", null, 400, "query-invalid|colour"),
        new("data", "PUT", "/v1/objects/Customer/records/by/code/S-2", """{"name":"new"}""", 201,
            "\"code\":\"S-2\"|\"version\":1"),
        new("data", "PUT", "/v1/objects/Customer/records/by/code/S-1", """{"name":"Scenario","city":"Århus"}""", 200,
            "\"version\":2|Århus"),
        new("data", "POST", "/v1/objects/Customer/records", """{"name":"third","code":"S-1"}""", 409,
            "/problems/value-taken|\"/code\""),

        // Query
        new("data", "GET", "/v1/query?q=SELECT%20COUNT()%20FROM%20Payment", null, 200, "\"expr0\":0|\"next\":null"),
        new("data", "GET", "/v1/query?q=SELECT%20SUM(amount)%20AS%20s%20FROM%20Payment", null, 200, "\"s\":null"),
        new("data", "GET", "/v1/query?q=SELECT%20nam%2C%20cod%20FROM%20Customer", null, 400,
            "query-invalid|\"position\":7|\"position\":12"),
        new("data", "GET", "/v1/query?q=SELECT%20name%20FROM", null, 400, "query-invalid|\"position\""),
        new("data", "GET", "/v1/query?q=SELECT%20name%20FROM%20Customer%3B%20DROP%20TABLE%20x", null, 400,
            "query-invalid"),
        new("data", "POST", "/v1/query", """{"q":"SELECT name FROM Customer WHERE code = :c","params":{"c":"S-1"}}""",
            200, "Scenario"),
        new("data", "POST", "/v1/query", """{"q":"SELECT name FROM Customer","parms":{}}""", 400, "parms"),
        new("data", "GET", "/v1/query?q=SELECT%20name%20FROM%20Customer&explain=true", null, 200, "estimatedCost",
            "records_"),

        // Packages
        new("data", "GET", "/v1/packages", null, 200, "\"trade\""),
        new("admin", "POST", "/v1/installations", """{"package":"nothing-here","version":"*"}""", 404,
            "/problems/not-found"),
        new("admin", "POST", "/v1/installations", """{"package":"trade","version":"not a range"}""", 422, "version"),
        new("admin", "DELETE", "/v1/installations/nothing-here", null, 404, "/problems/not-found"),
        new("data", "POST", "/v1/imports?object=Nothing", "a,b", 415, "/problems/media-type-unsupported"),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, All.Count)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Answers_as_the_contract_says(int row)
    {
        var scenario = All[row];
        var body = scenario.Body is null ? null : new StringContent(scenario.Body, Encoding.UTF8, "application/json");
        var answer = await org.SendAsync(scenario.As, new HttpMethod(scenario.Method), scenario.Path, body);
        Assert.True((int)answer.Status == scenario.Status, $"{scenario}: {(int)answer.Status} {answer.Body}");
        foreach (var text in scenario.Has.Split('|', StringSplitOptions.RemoveEmptyEntries))
            Assert.Contains(text, answer.Body, StringComparison.Ordinal);
        foreach (var text in scenario.HasNot.Split('|', StringSplitOptions.RemoveEmptyEntries).Concat(Internals))
            Assert.DoesNotContain(text, answer.Body, StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains("Server-Timing"), "There is no Server-Timing header.");
        if (scenario.Status < 400) return;
        Assert.NotEmpty(answer.Problem);
        Assert.Equal(scenario.Status, answer.Json.GetProperty("status").GetInt32());
        Assert.Equal(32, answer.Json.GetProperty("traceId").GetString()!.Length);
        Assert.All(["title", "detail", "instance"],
            name => Assert.NotEmpty(answer.Json.GetProperty(name).GetString()!));
    }
}

/// <summary>An org with one client per kind of caller.</summary>
public sealed class ScenarioOrg(HostFixture host) : IAsyncLifetime
{
    private readonly Dictionary<string, ApiCaller> callers = [];
    private readonly HttpClient nobody = new();

    public async ValueTask InitializeAsync()
    {
        callers["operator"] = await host.OperatorAsync();
        callers["admin"] = await callers["operator"].CreateOrgAsync("scenario");
        object app = new { name = "app", scopes = new[] { "data" } };
        var client = (await callers["admin"].PostAsync("/v1/orgs/scenario/clients", app)).Json;
        callers["data"] = await ApiCaller.SignInAsync(
            host.Url, client.GetProperty("clientId").GetString()!, client.GetProperty("clientSecret").GetString()!);
        await callers["data"].PostAsync("/v1/objects/Customer/records", new { name = "Scenario", code = "S-1" });
    }

    public async Task<Answer> SendAsync(string @as, HttpMethod method, string path, HttpContent? body)
    {
        if (@as != "nobody") return await callers[@as].SendAsync(method, path, body);
        using var request = new HttpRequestMessage(method, new Uri(host.Url, path)) { Content = body };
        using var response = await nobody.SendAsync(request);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers,
            response.Content.Headers);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var caller in callers.Values) caller.Dispose();
        nobody.Dispose();
        return ValueTask.CompletedTask;
    }
}
