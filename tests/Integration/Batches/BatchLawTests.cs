#pragma warning disable RS0030 // Random: seeded, and the seed is printed
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Batches.BatchReplies;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.Batches;

/// <summary>A batch is the same as its operations one after the other, on generated ones. A failure names the seed; put
/// it in <c>XINGCHEN_SEED</c> to see it again.</summary>
public sealed partial class BatchLawTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Rounds = 8;
    private const int Length = 30;

    /// <summary>An operation with <c>@oN.id</c> for the record of another.</summary>
    private sealed record Act(string Verb, string Item, string? Id, string Record)
    {
        public string Operation(int index) => Verb switch
        {
            "create" => Create(Item, Record, $"o{index}"),
            "upsert" => Upsert(Item, "code", Record, $"o{index}"),
            "update" => Update(Id!, Record),
            _ => Delete(Id!),
        };
    }

    [Fact]
    public async Task A_batch_is_its_operations_one_after_the_other()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("XINGCHEN_SEED"), out var given)
            ? given : Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        for (var round = 0; round < Rounds; round++)
        {
            var acts = Generate(new Random(seed + round));
            string[] operations = [.. acts.Select((act, i) => act.Operation(i))];
            var (one, many, all) = (await cell.NewAccountAsync(), await cell.NewAccountAsync(),
                await cell.NewAccountAsync());
            var (statuses, ids) = await OneByOneAsync(one, acts);
            var each = (await many.EachAsync(operations)).Results();
            var atomic = (await all.BatchAsync(operations)).Results();
            string Story() => $"seed {seed + round}\n" + string.Join('\n', operations.Select((operation, i) =>
                $"{i} {statuses[i]} {each[i].GetProperty("status")} {atomic[i].GetProperty("status")} {operation}"));
            Assert.True(statuses.SequenceEqual(each.Select(Status)), Story());
            Assert.True(await StateAsync(one, ids) == await StateAsync(many, IdsOf(each)), Story());
            var cause = statuses.FindIndex(status => status >= 400);
            if (cause < 0)
            {
                Assert.True(statuses.SequenceEqual(atomic.Select(Status)), Story());
                Assert.True(await StateAsync(one, ids) == await StateAsync(all, IdsOf(atomic)), Story());
                continue;
            }
            Assert.True(Status(atomic[cause]) == statuses[cause], Story());
            Assert.True(atomic.All(result => Status(result) >= 400), Story());
            Assert.Equal([0L], await cell.AskAsync<long>(
                "select count(*) from records.changes where org_id = $1", all.Org));
        }
    }

    private static List<Act> Generate(Random random)
    {
        var acts = new List<Act>();
        var made = new List<(int Index, string Item)>();
        // Some rounds hold what must fail, some do not mean to.
        var slips = random.Next(2) == 0 ? 0 : 12;
        string Name(string item) =>
            made.Where(one => one.Item == item).ToList() is { Count: > 0 } some
                ? $"@o{some[random.Next(some.Count)].Index}.id" : "nonsense";
        for (var i = 0; i < Length; i++)
        {
            var code = slips > 0 ? random.Next(6) : 1000 * random.Next(2) + i;
            var wrong = random.Next(100) < slips;
            var kind = made.Exists(one => one.Item == Order) ? random.Next(10)
                : made.Exists(one => one.Item == Customer) ? random.Next(6) : 0;
            var act = kind switch
            {
                0 => new Act("create", Customer, null, wrong ? """{"name":1,"code":"too long for it"}"""
                    : $$"""{"name":"n{{i}}","code":"c{{code}}"}"""),
                1 => new Act("upsert", Customer, null, $$"""{"name":"u{{i}}","code":"c{{random.Next(6)}}"}"""),
                2 => new Act("update", Customer, Name(Customer), wrong ? """{"name":null}"""
                    : $$"""{"code":"c{{code}}","boss":"{{Name(Customer)}}"}"""),
                3 => new Act("update", Customer, Name(Customer), """{"code":null,"boss":null}"""),
                4 or 5 => new Act("create", Order, null, wrong ? """{"lines":[{}]}"""
                    : $$"""
                    {"customer":"{{Name(Customer)}}","lines":[{"product":"p","sku":"s{{code}}"},{"product":"q"}]}
                    """),
                6 => new Act("create", Line, null, $$"""{"order":"{{Name(Order)}}","product":"l{{i}}"}"""),
                7 => new Act("create", Note, null,
                    $$"""{"about":"{{Name(random.Next(2) == 0 ? Order : Customer)}}"}"""),
                8 => new Act("delete", Order, Name(Order), ""),
                _ => new Act("delete", Customer, Name(slips > 0 ? Customer : Order), ""),
            };
            if (act.Verb is "create" or "upsert") made.Add((i, act.Item));
            if (act.Verb == "delete" && slips == 0) made.RemoveAll(one => act.Id == $"@o{one.Index}.id");
            acts.Add(act);
        }
        return acts;
    }

    private static async Task<(List<int> Statuses, List<string?> Ids)> OneByOneAsync(
        RecordsCaller caller, List<Act> acts)
    {
        var (statuses, ids) = (new List<int>(), new List<string?>());
        foreach (var act in acts)
        {
            var orphan = false; // whether it refers to what was never made
            string Fill(string text) => NameForm().Replace(text, match =>
            {
                var id = ids[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)];
                orphan |= id is null;
                return id ?? "";
            });
            var target = act.Id is null ? null : Fill(act.Id);
            var isAbsent = !orphan && target is not null
                && (await caller.GetAsync("/v1/records/" + target)).Status == HttpStatusCode.NotFound;
            var record = Fill(act.Record);
            if (orphan)
            {
                statuses.Add(isAbsent ? 404 : 424);
                ids.Add(null);
                continue;
            }
            var reply = act.Verb switch
            {
                "create" => await caller.PostAsync($"/v1/objects/{act.Item}/records", record),
                "upsert" => await caller.PutAsync(
                    $"/v1/objects/{act.Item}/records/by/code/" + JsonDocument.Parse(record).RootElement
                        .GetProperty("code").GetString(), record),
                "update" => await caller.PatchAsync("/v1/records/" + target, record),
                _ => await caller.DeleteAsync("/v1/records/" + target),
            };
            statuses.Add((int)reply.Status);
            ids.Add((int)reply.Status is 200 or 201 ? reply.Text("id") : (int)reply.Status == 204 ? target : null);
        }
        return (statuses, ids);
    }

    /// <summary>Every record as it is now, with ids, times and auto-numbers made neutral.</summary>
    private static async Task<string> StateAsync(RecordsCaller caller, List<string?> ids)
    {
        var lines = new List<string>();
        foreach (var id in ids)
        {
            if (id is null) continue;
            var reply = await caller.GetAsync("/v1/records/" + id);
            if (reply.Status == HttpStatusCode.OK && reply.Text("object") == Order)
                reply = await caller.GetAsync($"/v1/records/{id}?expand=lines");
            lines.Add(reply.Status == HttpStatusCode.OK ? reply.Body : reply.Status.ToString());
        }
        var state = string.Join('\n', lines);
        foreach (var (index, id) in ids.Index())
            if (id is not null) state = state.Replace($"\"{id}\"", $"#{ids.IndexOf(id)}");
        return Varying().Replace(state, "\"…\"");
    }

    private static List<string?> IdsOf(List<JsonElement> results) =>
        [.. results.Select(result => result.TryGetProperty("id", out var id) ? id.GetString() : null)];

    private static int Status(JsonElement result) => result.GetProperty("status").GetInt32();

    [GeneratedRegex("@o([0-9]+)\\.id")]
    private static partial Regex NameForm();

    [GeneratedRegex("\"([0-9A-Za-z]{18}|20[0-9T:.Z-]+|SO-[0-9]+)\"")]
    private static partial Regex Varying();
}
