using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xingchen.Benchmarks.Compare;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Schema;

namespace Xingchen.Benchmarks.Fills;

/// <summary>An account with one object whose fields get indexes while it is used, as a publication of Metadata would
/// give them.</summary>
/// <param name="server">Where its database is.</param>
/// <param name="database">Its name.</param>
/// <param name="address">Of Records.</param>
internal sealed class FillAccount(ComparedServer server, string database, Uri address) : IDisposable
{
    public const string Thing = "bench__Thing";

    private const int Org = 0;

    private readonly HttpClient client = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
    private readonly HashSet<string> indexed = [];
    private Places places = Places.None;
    private int version;

    /// <summary>Gives fields their indexes, under the account's lock, and waits until they are filled in.</summary>
    /// <returns>Seconds from the publication to the moment that the account was told that they are ready.</returns>
    public async Task<double> PublishAsync(params string[] fields)
    {
        indexed.UnionWith(fields);
        var stackVersion = ++version; // each has a digest of its own
        var (layer, document) = Read($"1.0.{stackVersion}");
        places = Places.Allot(Resolver.Resolve([layer]), Places.None, places, forStandard: false);
        await server.ExecuteAsync(database, """
            insert into metadata.layers (digest, kind, name, namespace, version, content)
            values ($1, 'isv', 'bench', 'bench', $2, $3)
            """, layer.Digest, layer.Version, document);
        var packages = JsonSerializer.Serialize(
            new[] { new StackPackage("bench", "bench", layer.Version, layer.Digest) }, JsonSerializerOptions.Web);
        await server.ExecuteAsync(database, """
            with locked as materialized (select pg_advisory_xact_lock(metadata.account_lock($1, 1))),
            written as (
                insert into metadata.stacks (org_id, account_id, version, packages, places)
                select $1, 1, $2, $3::jsonb, $4::jsonb from locked
                on conflict (org_id, account_id) do update
                set version = excluded.version, packages = excluded.packages, places = excluded.places
                returning *)
            insert into metadata.stack_history (org_id, account_id, version, at, packages, places)
            select org_id, account_id, version, clock_timestamp(), packages, places from written
            """, ComparedServer.OrgOf(Org), (long)stackVersion, packages, Encoding.UTF8.GetString(places.ToJson()));
        var began = TimeProvider.System.GetTimestamp();
        while (!await AreReadyAsync()) await Task.Delay(25);
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Makes records by an import and waits for its end.</summary>
    public async Task ImportAsync(string lines)
    {
        var job = await AskAsync(HttpMethod.Post, $"/v1/imports?object={Thing}", lines, "application/x-ndjson");
        while (job.GetProperty("status").GetString() is "queued" or "running")
        {
            await Task.Delay(10);
            job = await AskAsync(HttpMethod.Get, "/v1/imports/" + job.GetProperty("id").GetString());
        }
        if (job.GetProperty("status").GetString() != "completed" || job.GetProperty("failed").GetInt64() > 0)
            throw new InvalidOperationException($"The import ended as {job}");
    }

    /// <summary>How many records a condition finds.</summary>
    public async Task<int> CountAsync(string where)
    {
        var query = Uri.EscapeDataString($"SELECT COUNT() AS n FROM {Thing} WHERE {where}");
        var answer = await AskAsync(HttpMethod.Get, "/v1/query?q=" + query);
        return answer.GetProperty("records")[0].GetProperty("n").GetInt32();
    }

    /// <summary>Makes a record.</summary>
    public Task WriteAsync(string record) => AskAsync(HttpMethod.Post, $"/v1/objects/{Thing}/records", record);

    public void Dispose() => client.Dispose();

    private async Task<bool> AreReadyAsync()
    {
        var answer = await AskAsync(HttpMethod.Get, $"/v1/objects/{Thing}/indexes");
        var there = new HashSet<string>();
        foreach (var index in answer.GetProperty("indexes").EnumerateArray())
        {
            var status = index.GetProperty("status").GetString();
            if (status == "failed") throw new InvalidOperationException($"An index could not be filled: {index}");
            if (status != "ready") return false;
            there.Add(index.GetProperty("field").GetString()!);
        }
        return there.SetEquals(indexed); // else it answers by the package of before
    }

    private async Task<JsonElement> AskAsync(
        HttpMethod method, string path, string? body = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add(ContextSigner.Header, server.Sign(Org));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{method} {path} answered {(int)response.StatusCode} {text}");
    }

    private (Layer Layer, string Document) Read(string named)
    {
        string With(string field, string index) => indexed.Contains(field) ? $",\"{index}\":true" : "";
        var fields = string.Join(',',
        [
            """{"name":"key","type":"text","length":40}""",
            .. new[] { "size", "size2" }.Select(name =>
                $$"""{"name":"{{name}}","type":"number","precision":10,"scale":2{{With(name, "indexed")}}}"""),
            .. new[] { "code", "code2" }.Select(name =>
                $$"""{"name":"{{name}}","type":"text","length":40{{With(name, "unique")}}}"""),
            .. new[] { "latin", "chinese", "latin2" }.Select(name =>
                $$"""{"name":"{{name}}","type":"longText"{{With(name, "searchable")}}}"""),
        ]);
        var document = $$"""{"objects":[{"name":"{{Thing}}","nameField":"key","fields":[{{fields}}]}]}""";
        var layer = Layer.Parse(
            LayerKind.Isv, "bench", "bench", named, Encoding.UTF8.GetBytes(document), out var findings);
        return findings.Count == 0
            ? (layer, document) : throw new InvalidOperationException($"The package is wrong: {findings[0].Detail}");
    }
}
