#pragma warning disable RS0030 // every generator here is made from the seed, which is printed
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Xingchen.Tests.Integration.Imports;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>Writes of every kind to one account, made up from a seed, several at once.</summary>
internal sealed class Workload(RecordsCaller caller, int seed)
{
    private static readonly string[] Texts =
        ["Ada", "é😀", "\"q\"", "a\\b", "null", "'; --", "中文", "0", "", "naïve", "𝒳"];

    private static readonly string[] Json =
    [
        "{\"a\":[1.50,null,\"z\"],\"b\":null}", "[]", "{}", "1.0", "1.00", "1e3", "\"x\"", "true",
        "{\"b\":null,\"a\":[1.5,null,\"z\"]}",
    ];

    private readonly List<string> customers = [];
    private readonly List<string> orders = [];
    private readonly List<string> things = [];
    private readonly Lock guard = new();

    /// <summary>Ids of everything that was ever made here.</summary>
    public IReadOnlyList<string> Made
    {
        get
        {
            lock (guard) return [.. customers, .. orders, .. things];
        }
    }

    /// <summary>So many writes by so many writers at once; any answer but a failure of the service will do.</summary>
    /// <remarks>Purges only in the first two rounds: what they take is gone from every moment before.</remarks>
    public Task RunAsync(int round, int writers, int writes) => Task.WhenAll(Enumerable.Range(0, writers).Select(
        async writer =>
        {
            var random = new Random(HashCode.Combine(seed, round, writer));
            for (var i = 0; i < writes; i++)
            {
                var reply = await WriteAsync(random, purges: round < 2);
                Assert.True((int)reply.Status < 500, reply.Body);
            }
        }));

    private Task<RecordsReply> WriteAsync(Random random, bool purges) => random.Next(16) switch
    {
        0 or 1 => NewAsync(customers, Customer, CustomerOf(random)),
        2 => NewAsync(orders, Order, OrderOf(random)),
        3 or 4 => NewAsync(things, Thing, ThingOf(random)),
        5 or 6 => PatchAsync(random, things, ThingOf(random)),
        7 => PatchAsync(random, customers, CustomerOf(random)),
        8 => PatchAsync(random, orders, random.Next(2) == 0 ? """{"status":"done"}""" : """{"status":null}"""),
        9 or 10 => DeleteAsync(random, ""),
        11 => DeleteAsync(random, purges ? "?purge=true" : ""),
        12 => caller.PostAsync($"/v1/records/{Any(random, Made)}/restore"),
        13 => caller.PutAsync($"/v1/objects/{Customer}/records/by/code/k{random.Next(6)}", CustomerOf(random)),
        14 => ImportAsync(random),
        _ => caller.PostAsync($"/v1/objects/{Line}/records",
            $$"""{"order":"{{Any(random, Of(orders))}}","product":"l{{random.Next(9)}}","price":{{Number(random)}}}"""),
    };

    private async Task<RecordsReply> NewAsync(List<string> kept, string item, string body)
    {
        var reply = await caller.PostAsync($"/v1/objects/{item}/records", body);
        if (reply.Status == HttpStatusCode.Created)
            lock (guard) kept.Add(reply.Text("id"));
        return reply;
    }

    private Task<RecordsReply> PatchAsync(Random random, List<string> of, string body) =>
        caller.PatchAsync("/v1/records/" + Any(random, Of(of)), body);

    private Task<RecordsReply> DeleteAsync(Random random, string how) =>
        caller.DeleteAsync($"/v1/records/{Any(random, Made)}{how}");

    private async Task<RecordsReply> ImportAsync(Random random)
    {
        var rows = new StringBuilder("code,name\n");
        for (var i = 0; i < 5; i++)
            rows.Append(CultureInfo.InvariantCulture, $"k{random.Next(6)},\"{Text(random).Replace("\"", "\"\"")}\"\n");
        await caller.ImportAsync($"object={Customer}&mode=upsert&by=code", rows.ToString());
        return await caller.GetAsync($"/v1/objects/{Customer}/records?limit=1");
    }

    private string CustomerOf(Random random) => random.Next(3) switch
    {
        0 => $$"""{"name":{{Quoted(random)}},"boss":null}""",
        1 when Of(customers).Count > 0 => $$"""{"name":{{Quoted(random)}},"boss":"{{Any(random, Of(customers))}}"}""",
        _ => $$"""{"name":{{Quoted(random)}}}""",
    };

    private string OrderOf(Random random) => $$"""
        {"customer":"{{Any(random, Of(customers))}}","lines":[
          {"product":"p{{random.Next(9)}}","price":{{Number(random)}}},{"product":"q","sku":"s{{random.Next(99)}}"}]}
        """;

    private static string ThingOf(Random random)
    {
        var members = new List<string>();
        if (random.Next(2) == 0) members.Add($"\"exact\":{(random.Next(4) == 0 ? "null" : Number(random))}");
        if (random.Next(2) == 0)
            members.Add($"\"any\":{(random.Next(4) == 0 ? "null" : Json[random.Next(Json.Length)])}");
        if (random.Next(2) == 0) members.Add($"\"text\":{Quoted(random)}");
        if (random.Next(3) == 0) members.Add($"\"yes\":{(random.Next(2) == 0 ? "true" : "null")}");
        if (random.Next(3) == 0) members.Add($"\"tags\":{(random.Next(2) == 0 ? "[\"a\",\"b\"]" : "[\"b\"]")}");
        if (random.Next(3) == 0) members.Add($"\"day\":\"2026-0{random.Next(1, 9)}-11\"");
        return "{" + string.Join(',', members) + "}";
    }

    private static string Number(Random random) => random.Next(5) switch
    {
        0 => "0", 1 => "12.30", 2 => "12.3", 3 => "-7.0000",
        _ => random.Next(1000).ToString(CultureInfo.InvariantCulture) + ".5",
    };

    private static string Text(Random random) => Texts[random.Next(Texts.Length)] is { Length: > 0 } text ? text : "x";

    private static string Quoted(Random random) => JsonSerializer.Serialize(Text(random));

    private List<string> Of(List<string> ids)
    {
        lock (guard) return [.. ids];
    }

    private static string Any(Random random, IReadOnlyList<string> ids) =>
        ids.Count == 0 ? "000000000000000AAA" : ids[random.Next(ids.Count)];
}
