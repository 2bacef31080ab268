using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Testing.Http;

namespace Xingchen.Tests.Contract.OpenApi;

/// <summary><c>GET /v1/openapi.json</c> through the gateway, judged and used by what others wrote.</summary>
[Collection(OpenApiCollection.Name)]
public sealed class OpenApiTests(OpenApiWorld world)
{
    private const string Address = "/v1/openapi.json";

    [Fact]
    public async Task Validators_find_every_document_valid_and_answers_as_it_says()
    {
        var project = await OpenApiWorld.NodeAsync();
        var callers = new[] { world.Standard, world.Whole, world.Restricted };
        for (var i = 0; i < callers.Length; i++)
            await File.WriteAllTextAsync(
                Path.Combine(project.Folder, $"{i}.json"), (await callers[i].GetAsync(Address)).Body);
        await File.WriteAllTextAsync(Path.Combine(project.Folder, "1.json.records.json"), await CasesAsync());

        var results = JsonDocument.Parse(await project.RunAsync("validate.js", "0.json", "1.json", "2.json"))
            .RootElement;

        Assert.Equal(3, results.GetArrayLength());
        foreach (var result in results.EnumerateArray())
        {
            Assert.True(result.GetProperty("valid").GetBoolean(), result.GetRawText());
            Assert.Equal("3.1", result.GetProperty("version").GetString());
            Assert.Equal("[]", result.GetProperty("findings").GetRawText());
        }
        var schemas = results.EnumerateArray().Select(result => result.GetProperty("schemas").GetInt32()).ToList();
        Assert.True(schemas[1] > schemas[0] && schemas[0] > schemas[2], string.Join(' ', schemas));
    }

    [Fact]
    public async Task A_TypeScript_client_is_made_from_it_and_calls()
    {
        var project = await OpenApiWorld.NodeAsync();
        await File.WriteAllTextAsync(
            Path.Combine(project.Folder, "api.json"), (await world.Whole.GetAsync(Address)).Body);
        await project.RunAsync("node_modules/openapi-typescript/bin/cli.js", "api.json", "-o", "api.ts",
            "--default-non-nullable=false");
        await project.RunAsync("node_modules/typescript/bin/tsc", "-p", "tsconfig.json");

        var said = JsonNode.Parse(await project.RunAsync(
            "out/client.js", world.Whole.Url.ToString().TrimEnd('/'), world.Whole.Token))!;

        Assert.Equal("Typed", (string?)said["created"]);
        Assert.Equal(12.5m, (decimal)said["limit"]!);
        Assert.Equal("gold", (string?)said["tier"]);
        Assert.Equal("""[412,"/problems/version-mismatch"]""", said["stale"]!.ToJsonString());
        Assert.Equal("Typed again", (string?)said["upserted"]);
        Assert.Equal("Typed again", (string?)said["list"]![0]!["name"]);
        Assert.Equal(["id", "name"], said["list"]![0]!.AsObject().Select(member => member.Key));
        Assert.Equal(1, (int)said["count"]!);
        Assert.Equal("[2]", said["lines"]!.ToJsonString());
        Assert.Equal("[[true,2]]", said["selected"]!.ToJsonString());
        Assert.Equal("""[{"name":"Typed again","n":1}]""", said["rows"]!.ToJsonString());
        Assert.Equal("[409]", said["batch"]!.ToJsonString());
        Assert.Equal(3, (int)said["versions"]!);
        Assert.Equal(204, (int)said["gone"]!);
        Assert.True((bool)said["back"]!);
        Assert.True((bool)said["changes"]!);
    }

    [Fact]
    public async Task A_restricted_caller_finds_exactly_what_he_may_do()
    {
        var document = (await world.Restricted.GetAsync(Address)).Expect(HttpStatusCode.OK).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(["Customer", "c__Everything"],
            schemas.GetProperty("Api_ObjectName").GetProperty("enum").EnumerateArray()
                .Select(name => name.GetString()));
        Assert.False(schemas.GetProperty("Customer").GetProperty("properties").TryGetProperty("creditLimit", out _));
        Assert.Equal(["phone"], schemas.GetProperty("Customer_Change").GetProperty("properties").EnumerateObject()
            .Select(member => member.Name));
        Assert.False(schemas.TryGetProperty("Customer_New", out _));
        Assert.False(schemas.TryGetProperty("c__Everything_Change", out _));
        Assert.Equal(["getCustomer", "getCustomer_history", "listCustomer", "updateCustomer"],
            Operations(document).Where(id => id.Contains("Customer", StringComparison.Ordinal)).Order());
        Assert.Equal(["createc__Everything", "getc__Everything", "getc__Everything_history", "listc__Everything"],
            Operations(document).Where(id => id.Contains("Everything", StringComparison.Ordinal)).Order());
        Assert.DoesNotContain("creditLimit", document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_has_it_is_told_so_until_it_changes()
    {
        var first = await world.Whole.GetAsync(Address);
        var tag = first.Headers.ETag!.ToString();
        Assert.Equal(tag, (await world.Whole.GetAsync(Address)).Headers.ETag!.ToString());
        var known = await world.Whole.SendAsync(HttpMethod.Get, Address, null, ("If-None-Match", tag));
        Assert.Equal(("", tag), (known.Expect(HttpStatusCode.NotModified).Body, known.Headers.ETag!.ToString()));
        Assert.NotEqual(tag, (await world.Restricted.GetAsync(Address)).Headers.ETag!.ToString());
        var chinese = await world.Whole.SendAsync(HttpMethod.Get, Address, null, ("Accept-Language", "zh-CN"));
        Assert.Contains("客户", chinese.Body, StringComparison.Ordinal);
        Assert.NotEqual(tag, chinese.Headers.ETag!.ToString());

        (await world.Whole.PutAsync("/v1/metadata/objects/Customer/fields/c__late", new { type = "integer" }))
            .Expect2xx();
        var changed = await world.Whole.SendAsync(HttpMethod.Get, Address, null, ("If-None-Match", tag));
        Assert.Contains("c__late", changed.Expect(HttpStatusCode.OK).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_travels_compressed_where_that_is_taken()
    {
        using var http = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.GZip });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Standard.Url, Address));
        request.Headers.Authorization = new("Bearer", world.Standard.Token);
        using var response = await http.SendAsync(request);
        Assert.Equal((await world.Standard.GetAsync(Address)).Body, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Answers of the service, and bodies with whether the service takes them.</summary>
    private async Task<string> CasesAsync()
    {
        const string Records = "/v1/objects/c__Everything/records";
        var cases = new JsonArray();
        void Add(string schema, JsonNode? value, bool fits = true) =>
            cases.Add(new JsonObject { ["schema"] = schema, ["value"] = value, ["fits"] = fits });
        foreach (var (body, fits) in new[]
        {
            ("""{"title":"一二三四五","count":-999,"price":999.99,"open":true,"day":"2026-11-20","kinds":["b","a"]}""",
                true),
            ("""{"title":"x","at":"2026-11-20T08:00:00Z","mail":"a@b.example","site":"https://b.example/"}""", true),
            ("""{"title":"x","data":{"a":[1]},"order":"+49 1","state":"off"}""", true),
            ("""{"title":"x","count":null,"state":null,"data":null,"about":null}""", true),
            ("""{"title":"sixsix"}""", false), ("""{}""", false), ("""{"title":null}""", false),
            ("""{"title":"x","count":1000}""", false), ("""{"title":"x","count":1.5}""", false),
            ("""{"title":"x","price":1000}""", false), ("""{"title":"x","open":"yes"}""", false),
            ("""{"title":"x","day":"20.11.2026"}""", false), ("""{"title":"x","at":"2026-11-20"}""", false),
            ("""{"title":"x","kinds":["c"]}""", false), ("""{"title":"x","state":"half"}""", false),
            ("""{"title":"x","mail":"nobody"}""", false), ("""{"title":"x","number":"1"}""", false),
            ("""{"title":"x","cost":1}""", false), ("""{"title":"x","due":null}""", false),
            ("""{"title":"x","version":1}""", false), ("""{"title":"x","nothing":1}""", false),
            ("""{"title":"x","about":"0R1000000000zzz"}""", false),
        })
        {
            var answer = await world.Whole.PostAsync(Records, JsonDocument.Parse(body).RootElement);
            Assert.True(answer.Status == (fits ? HttpStatusCode.Created : HttpStatusCode.UnprocessableEntity),
                $"{body}: {answer.Body}");
            Add("c__Everything_New", JsonNode.Parse(body), fits);
            Add(fits ? "c__Everything" : "Api_Problem", JsonNode.Parse(answer.Body));
        }
        foreach (var (path, schema) in new[]
        {
            ("/v1/objects", "Api_Objects"), ("/v1/objects/Customer", "Api_Object"),
            ("/v1/pages/Customer/list", "Api_Page"), ("/v1/pages/SalesOrder/form", "Api_Page"),
            ("/v1/query?q=SELECT%20title%20FROM%20c__Everything", "Api_Rows"), ("/v1/changes", "Api_Changes"),
        })
            Add(schema, JsonNode.Parse((await world.Whole.GetAsync(path)).Expect(HttpStatusCode.OK).Body));
        Add("Api_Import", JsonNode.Parse(
            (await world.Whole.ImportAsync("object=c__Everything", "title\na\n")).GetRawText()));
        return cases.ToJsonString();
    }

    internal static IEnumerable<string> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Where(member => member.Name != "parameters")
            .Select(operation => operation.Value.GetProperty("operationId").GetString()!);
}
