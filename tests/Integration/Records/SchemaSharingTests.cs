using Microsoft.Extensions.Options;
using Xingchen.Model;
using Xingchen.Records;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;

namespace Xingchen.Tests.Integration.Records;

/// <summary>Accounts with equal stacks hold one compiled schema, also where all of them come at once.</summary>
public sealed class SchemaSharingTests(RecordsCell cell) : IClassFixture<RecordsCell>
{
    private const int Accounts = 24;

    [Fact]
    public async Task Equal_stacks_are_one_object_however_many_ask_at_once()
    {
        var keys = new List<AccountKey>();
        for (var i = 0; i < Accounts; i++)
        {
            var caller = await cell.NewAccountAsync();
            keys.Add(new AccountKey(new OrgId(caller.Org), new AccountId(caller.Account)));
        }
        await using var database = CellDatabase.Open(cell.Serving, new CellOptions());
        var cache = new SchemaCache(database, Options.Create(new CellOptions()));
        var loaded = await Task.WhenAll(keys.Select(key =>
            Task.Run(async () => await cache.GetAsync(key, TestContext.Current.CancellationToken))));
        Assert.All(loaded, one => Assert.Same(loaded[0].Schema, one.Schema));

        var changed = ShopPackage.Document.Replace("\"length\":20,", "\"length\":25,", StringComparison.Ordinal);
        await cell.PublishAsync("7.0.0", changed);
        foreach (var key in keys.Take(2)) await cell.InstallAsync(key.Org.Value, 1, 2, "7.0.0", changed);
        var (one, other, third) = (await LoadAsync(keys[0]), await LoadAsync(keys[1]), await LoadAsync(keys[2]));
        Assert.Same(one.Schema, other.Schema);
        Assert.NotSame(one.Schema, third.Schema);
        Assert.Same(loaded[0].Schema, third.Schema);
        foreach (var item in one.Schema.Objects) // and with it all that is made of it: statements, layouts
            Assert.Same(ObjectLayout.Of(item), ObjectLayout.Of(other.Schema.Find(item.Name)!));

        Task<InForce> LoadAsync(AccountKey key) => cache.LoadAsync(key, TestContext.Current.CancellationToken);
    }
}
