using System.Net;
using Xingchen.Testing;
using Xingchen.Tests.Integration.Records;
using static Xingchen.Tests.Integration.Records.ShopPackage;

namespace Xingchen.Tests.Integration.History;

/// <summary>Children as of a time, wherever they have moved since: as they were answered then.</summary>
/// <remarks>They are looked for among those that refer to the parent now and those that the log says were moved
/// away.</remarks>
public sealed class ChildrenAsOfTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const string Query = """
        SELECT id, (SELECT id, name FROM staff ORDER BY id), (SELECT id, status, customer.name FROM orders ORDER BY id)
        FROM shop__Customer ORDER BY id
        """;

    private readonly List<string> customers = [];
    private readonly List<string> orders = [];
    private readonly HashSet<string> binned = [];

    [Fact]
    public async Task Moved_children_are_where_they_were()
    {
        var seed = (ulong)TimeProvider.System.GetUtcNow().Ticks;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var picks = new Picks(seed);
        var caller = await cell.NewAccountAsync();
        var related = Document
            .Replace("\"name\":\"boss\",", "\"name\":\"boss\",\"children\":\"staff\",", StringComparison.Ordinal)
            .Replace("\"name\":\"customer\",", "\"name\":\"customer\",\"children\":\"orders\",",
                StringComparison.Ordinal);
        await cell.PublishAsync("1.6.0", related);
        await cell.InstallAsync(caller.Org, caller.Account, 2, "1.6.0", related);
        for (var i = 0; i < 5; i++) customers.Add(await caller.NewAsync(Customer, $$"""{"name":"c{{i}}"}"""));

        var remembered = new List<(string At, string Whole, List<(string Id, string Body)> Each)>();
        for (var round = 0; round < 12; round++)
        {
            for (var step = 0; step < 6; step++) await ChangeAsync(caller, picks);
            var each = new List<(string Id, string Body)>();
            foreach (var id in customers) each.Add((id, (await caller.GetAsync(Expanded(id))).Body));
            remembered.Add((await HistoryTests.MarkAsync(), (await AskAsync(caller)).Body, each));
        }
        foreach (var (at, whole, each) in remembered)
        {
            Assert.Equal(whole, (await AskAsync(caller, at)).Body);
            foreach (var (id, body) in each.Where(one => one.Body.StartsWith("{\"id\"", StringComparison.Ordinal)))
                Assert.Equal(body, (await caller.GetAsync($"{Expanded(id)}&asOf={at}")).Body);
        }
    }

    /// <summary>Moves, makes, renames, deletes or restores a child; deleting a boss lets its staff go.</summary>
    private async Task ChangeAsync(RecordsCaller caller, Picks picks)
    {
        var live = customers.Where(id => !binned.Contains(id)).ToList();
        var boss = live.Count > 0 && picks.Next(4) > 0 ? $"\"{picks.Of(live)}\"" : "null";
        var (one, order) = (picks.Of(customers), orders.Count > 0 ? picks.Of(orders) : null);
        switch (picks.Next(8))
        {
            case 0 or 1 or 2 when !binned.Contains(one):
                await caller.PatchAsync("/v1/records/" + one, $$"""{"boss":{{boss}}}""");
                break;
            case 3 when !binned.Contains(one):
                await caller.PatchAsync("/v1/records/" + one, $$"""{"name":"n{{picks.Next(1_000)}}"}""");
                break;
            case 4 when boss != "null":
                orders.Add(await caller.NewAsync(Order, $$"""{"customer":{{boss}}}"""));
                break;
            case 5 or 6 when order is not null && boss != "null":
                await caller.PatchAsync("/v1/records/" + order, $$"""{"customer":{{boss}},"status":"done"}""");
                break;
            default:
                var id = picks.Next(2) == 0 || order is null ? one : order;
                var reply = binned.Contains(id) ? await caller.PostAsync($"/v1/records/{id}/restore")
                    : await caller.DeleteAsync("/v1/records/" + id);
                if (reply.Status is HttpStatusCode.OK or HttpStatusCode.NoContent && !binned.Remove(id)) binned.Add(id);
                break;
        }
    }

    private static string Expanded(string id) => $"/v1/records/{id}?expand=staff,orders";

    private static async Task<RecordsReply> AskAsync(RecordsCaller caller, string? asOf = null) =>
        (await caller.GetAsync("/v1/query?q=" + Uri.EscapeDataString(Query) + (asOf is null ? "" : "&asOf=" + asOf)))
            .Expect(HttpStatusCode.OK);
}
