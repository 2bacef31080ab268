using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using Xingchen.Schema.Packages;
using Xingchen.Schema.Transparency;

namespace Xingchen.Tests.Integration.Delivery;

/// <summary>The log of packages: what is in it, and that nobody can change it unseen.</summary>
public sealed class TransparencyTests(DeliveryInstallation delivery) : IClassFixture<DeliveryInstallation>
{
    [Fact]
    public async Task What_is_released_or_yanked_is_in_the_log_and_what_is_not_is_nobodys_business()
    {
        var (name, publisher, other) = (Sample.NewName(), delivery.NewOrg("acme"), delivery.NewOrg());
        var before = await SizeAsync(other);
        await publisher.UploadAsync(Sample.Package(name, "acme", "1.0.0"));
        Assert.Equal(before, await SizeAsync(other));
        var proof = $"/v1/log/proof?name={name}&version=1.0.0";
        var absent = $"/v1/log/proof?name={Sample.NewName()}&version=1.0.0";
        Assert.Equal((await publisher.GetAsync(absent)).Expect(HttpStatusCode.NotFound, "not-found").Bare("/v1/log"),
            (await publisher.GetAsync(proof)).Expect(HttpStatusCode.NotFound, "not-found").Bare("/v1/log"));

        var path = $"/v1/packages/{name}/1.0.0";
        (await publisher.PostAsync(path + "/release")).Expect(HttpStatusCode.OK);
        (await publisher.PostAsync(path + "/release")).Expect(HttpStatusCode.OK); // says nothing twice
        await publisher.PostAsync(path + "/yank", new { reason = "leaks" });
        Assert.Equal(before + 2, await SizeAsync(other));
        var entries = (await other.GetAsync($"/v1/log/entries?from={before}")).Expect(HttpStatusCode.OK).Json
            .GetProperty("entries").EnumerateArray()
            .Select(entry => LogEntry.Parse(entry.GetProperty("entry").GetString()!)!).ToList();
        Assert.Equal(["release", "yank"], entries.Select(entry => entry.Event));
        var told = (await other.GetAsync(path)).Json;
        Assert.All(entries, entry => Assert.Equal((name, "acme", "1.0.0", told.GetProperty("digest").GetString(), null),
            (entry.Name, entry.Namespace, entry.Version, entry.Digest, entry.SignedBy)));
        await CheckWholeAsync(other);
    }

    [Fact]
    public async Task Releases_at_once_are_one_after_the_other_in_the_log()
    {
        var publisher = delivery.NewOrg("acme");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            publisher.PublishAsync(Sample.Package(Sample.NewName(), "acme", "1.0.0"))));
        await CheckWholeAsync(publisher);
    }

    [Theory]
    [InlineData("/v1/log/entries?from=-1")]
    [InlineData("/v1/log/entries?limit=1001")]
    [InlineData("/v1/log/consistency")]
    [InlineData("/v1/log/consistency?from=2&to=1")]
    [InlineData("/v1/log/consistency?from=0&to=99999999")]
    [InlineData("/v1/log/proof?name=northwind&version=1.0.0&size=99999999")]
    public async Task What_the_log_has_not_is_refused(string path) =>
        (await delivery.NewOrg().GetAsync(path)).Expect(HttpStatusCode.BadRequest, "request-invalid");

    [Theory]
    [InlineData("update delivery.log set entry = ''")]
    [InlineData("delete from delivery.log")]
    [InlineData("truncate delivery.log")]
    [InlineData("update delivery.log_keys set public_key = ''")]
    public async Task The_service_itself_cannot_change_the_log(string sql)
    {
        await using var source = NpgsqlDataSource.Create(delivery.Serving);
        await using var command = source.CreateCommand(sql);
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        Assert.Equal("42501", refused.SqlState);
    }

    /// <summary>Reads all of it as an auditor would, and every proof of every pair of sizes near the end.</summary>
    private static async Task CheckWholeAsync(DeliveryCaller caller)
    {
        var head = (await caller.GetAsync("/v1/log")).Expect(HttpStatusCode.OK).Json
            .Deserialize<LogHead>(JsonSerializerOptions.Web)!;
        var published = (await caller.GetAsync("/v1/log/key")).Expect(HttpStatusCode.OK).Json;
        using var key = PackageSignature.ReadKey(published.GetProperty("publicKey").GetString()!)!;
        Assert.True(head.IsOf(key));
        Assert.False((head with { Size = head.Size + 1 }).IsOf(key));
        var (tree, roots) = (new MerkleFrontier(), new List<byte[]> { MerkleTree.Empty });
        var entries = (await caller.GetAsync("/v1/log/entries?limit=1000")).Json.GetProperty("entries");
        foreach (var (index, entry) in entries.EnumerateArray().Take((int)head.Size).Index())
        {
            Assert.Equal(index, entry.GetProperty("index").GetInt64());
            tree.Add(Encoding.UTF8.GetBytes(entry.GetProperty("entry").GetString()!));
            roots.Add(tree.Root());
        }
        Assert.Equal(head.Root, Convert.ToBase64String(roots[^1]));
        for (var from = 0; from < roots.Count; from++)
        {
            var told = (await caller.GetAsync($"/v1/log/consistency?from={from}&to={head.Size}")).Json;
            Assert.True(MerkleTree.Extends(roots[from], from, roots[^1], head.Size, PathOf(told)));
        }
        foreach (var entry in entries.EnumerateArray().Take((int)head.Size).Index())
        {
            var said = LogEntry.Parse(entry.Item.GetProperty("entry").GetString()!)!;
            var proof = (await caller.GetAsync($"/v1/log/proof?name={said.Name}&version={said.Version}"
                + $"&event={said.Event}&size={head.Size}")).Expect(HttpStatusCode.OK).Json;
            Assert.True(MerkleTree.Includes(roots[^1], head.Size, MerkleTree.Leaf(Encoding.UTF8.GetBytes(
                said.ToText())), entry.Index, PathOf(proof)));
        }
    }

    private static byte[][] PathOf(JsonElement proof) =>
        [.. proof.GetProperty("path").EnumerateArray().Select(hash => hash.GetBytesFromBase64())];

    private static async Task<long> SizeAsync(DeliveryCaller caller) =>
        (await caller.GetAsync("/v1/log")).Expect(HttpStatusCode.OK).Json.GetProperty("size").GetInt64();
}
