using System.Net;
using System.Text.Json;
using Xingchen.Contracts;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>Standard releases, package upgrades and private fields, published one after the other while accounts read
/// and write at two instances of Records and at Metadata: every answer is of one version, and of none older than what
/// the publisher had been answered when the request was sent. An org that is pinned is always one release ahead of its
/// group, and never sees the group's.</summary>
public sealed class PublicationTrafficTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    private const int Rounds = 8;
    private const string Orders = "/v1/objects/SalesOrder/records";

    /// <summary>Fields of <see cref="Kind"/> number so many in both objects once a version is in force.</summary>
    private static readonly string[] Objects = ["SalesOrder", "SalesOrderLine"];

    private readonly Kind standard = new("r"), package = new("acme__p"), own = new("c__q"), pinned = new("r");
    private int answers;

    [Fact]
    public async Task No_request_sees_two_versions_or_an_older_one_than_its_publisher_was_answered()
    {
        Uri[] instances = [await cell.StartRecordsAsync(), await cell.StartRecordsAsync()];
        var (plain, extended, canary) = (cell.NewAccount(), cell.NewAccount(), cell.NewAccount());
        using var over = new CancellationTokenSource();
        var traffic = new List<Task>();
        foreach (var (account, kinds) in new[]
            { (plain, new[] { standard }), (extended, [standard, package, own]), (canary, [pinned]) })
        {
            var made = await account.At(instances[0])
                .PostAsync(Orders, new { name = "first", lines = new[] { new { } } });
            var id = made.Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
            foreach (var instance in instances)
            {
                traffic.Add(Task.Run(() => ReadAsync(account.At(instance), id, kinds, over.Token)));
                traffic.Add(Task.Run(() => WriteAsync(account.At(instance), kinds, over.Token)));
            }
            traffic.Add(Task.Run(() => DescribeAsync(account, kinds, over.Token)));
        }
        try
        {
            for (var round = 1; round <= Rounds && !traffic.Any(task => task.IsFaulted); round++)
            {
                await PinAsync(canary, round + 1);
                await PublishAsync(extended, round);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(traffic);
        }
        Assert.All(new[] { standard, package, own }, kind => Assert.Equal(Rounds, kind.Answered));
        Assert.Equal(Rounds + 1, pinned.Answered);
        Assert.True(answers >= traffic.Count, "there was no traffic");
    }

    private async Task PinAsync(MetadataCaller account, int round)
    {
        cell.Delivery.Publish(StandardLayers.Trade($"1.{round}.0", Objects, Fields(pinned, round)));
        await pinned.PublishAsync(round, async () => (await cell.Internal().PutAsync(
            $"/internal/groups/main/pins/{account.Org}", new PinStandard($"1.{round}.0"))).Expect(HttpStatusCode.OK));
    }

    private async Task PublishAsync(MetadataCaller account, int round)
    {
        var release = StandardLayers.Trade($"1.{round}.0", Objects, Fields(standard, round));
        cell.Delivery.Publish(release);
        await standard.PublishAsync(round, () => cell.ReleaseAsync(release));

        var layer = StandardLayers.Package("acme", "acme", $"1.{round}.0", JsonSerializer.Serialize(new
        {
            overlays = Objects.Select(name => new { overlays = name, fields = Fields(package, round) }),
        }));
        cell.Delivery.Publish(layer);
        await package.PublishAsync(round, async () => (await cell.Internal().PutAsync("/internal/stacks/packages",
            new SetPackages(account.Org, account.Account,
                [new StackPackage("acme", "acme", $"1.{round}.0", layer.Digest)]))).Expect(HttpStatusCode.OK));

        await own.PublishAsync(round, async () => (await account.PutAsync(
            $"/v1/metadata/objects/SalesOrder/fields/c__q{round}", new { type = "text" }))
            .Expect(HttpStatusCode.Created));
    }

    private static IEnumerable<object> Fields(Kind kind, int count) => Enumerable.Range(1, count)
        .Select(i => new { name = kind.Prefix + i, type = "text", label = new { en = "x" } });

    private async Task ReadAsync(MetadataCaller caller, string id, Kind[] kinds, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var least = kinds.Select(kind => kind.Answered).ToArray();
            var record = (await caller.GetAsync($"{Orders}/{id}?expand=lines")).Expect(HttpStatusCode.OK).Json;
            Check(kinds, least, Names(record), Names(record.GetProperty("lines")[0]));
        }
    }

    /// <summary>Writes what the publisher said that there is.</summary>
    private async Task WriteAsync(MetadataCaller caller, Kind[] kinds, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var least = kinds.Select(kind => kind.Answered).ToArray();
            var values = kinds.Zip(least).Where(pair => pair.Second > 0)
                .ToDictionary(pair => pair.First.Prefix + pair.Second, _ => (object)"x");
            var line = values.Where(value => value.Key[0] != 'c').ToDictionary();
            var record = new Dictionary<string, object>(values) { ["name"] = "written", ["lines"] = new[] { line } };
            var made = (await caller.PostAsync(Orders, record)).Expect(HttpStatusCode.Created).Json;
            Check(kinds, least, Names(made), Names(made.GetProperty("lines")[0]));
            Assert.All(values.Keys, name => Assert.Equal("x", made.GetProperty(name).GetString()));
        }
    }

    private async Task DescribeAsync(MetadataCaller caller, Kind[] kinds, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var least = kinds.Select(kind => kind.Answered).ToArray();
            var described = (await caller.GetAsync("/v1/objects/SalesOrder")).Expect(HttpStatusCode.OK).Json;
            Check(kinds, least, [.. described.GetProperty("fields").EnumerateArray()
                .Select(field => field.GetProperty("name").GetString()!)], null);
        }
    }

    /// <summary>The order and its line have the fields of one version each, as old as was answered at least.</summary>
    private void Check(Kind[] kinds, int[] least, HashSet<string> order, HashSet<string>? line)
    {
        foreach (var (kind, answered) in kinds.Zip(least))
        {
            var seen = kind.SeenIn(order);
            Assert.InRange(seen, answered, kind.Asked);
            if (line is not null && kind != own) Assert.Equal(seen, kind.SeenIn(line));
        }
        Interlocked.Increment(ref answers);
    }

    private static HashSet<string> Names(JsonElement record) =>
        [.. record.EnumerateObject().Select(member => member.Name)];

    /// <summary>A kind of publication: version v adds the fields 1 to v.</summary>
    private sealed class Kind(string prefix)
    {
        private int asked;
        private int answered;

        public string Prefix => prefix;

        /// <summary>The version that was last sent.</summary>
        public int Asked => Volatile.Read(ref asked);

        /// <summary>The version that its publisher was last answered for.</summary>
        public int Answered => Volatile.Read(ref answered);

        public async Task PublishAsync(int version, Func<Task> publish)
        {
            Volatile.Write(ref asked, version);
            await publish();
            Volatile.Write(ref answered, version);
        }

        /// <summary>The version by the fields there are: 1 to it, and no other.</summary>
        public int SeenIn(HashSet<string> names)
        {
            var numbers = names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(name[prefix.Length..], out _)).Select(name => int.Parse(name[prefix.Length..]))
                .Order().ToList();
            Assert.Equal(Enumerable.Range(1, numbers.Count), numbers);
            return numbers.Count;
        }
    }
}
