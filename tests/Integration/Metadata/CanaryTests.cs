using System.Net;
using Xingchen.Contracts;
using Xingchen.Model;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>An org that is pinned to another release of the standard product than its cell's.</summary>
public sealed class CanaryTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    private const string Customers = "/v1/objects/Customer/records";

    [Fact]
    public async Task A_pinned_org_has_its_release_and_nobody_else_until_it_is_let_go()
    {
        var records = await cell.StartRecordsAsync();
        var (canary, other) = (cell.NewAccount(), cell.NewAccount());
        var second = cell.Caller(canary.Org, 2, Scopes.Admin, Scopes.Data);
        var (early, _) = (await NewAsync(canary, new { name = "early" }), await NewAsync(other, new { name = "x" }));
        Publish("1.1.0", "next");

        await PinAsync(canary, "1.1.0");
        await ExpectAsync(canary, "next");
        await ExpectAsync(second, "next");
        await ExpectAsync(other);
        var late = await NewAsync(canary, new { name = "late", next = "kept" });
        (await other.At(records).PostAsync(Customers, new { name = "x", next = "y" }))
            .Expect(HttpStatusCode.UnprocessableEntity);
        (await canary.PutAsync("/v1/metadata/objects/Customer/fields/next", new { label = new { en = "Ours" } }))
            .Expect(HttpStatusCode.OK); // its own layer stands on what it is pinned to
        await ExpectAsync(canary, "next");
        var before = Uri.EscapeDataString(early.GetProperty("createdAt").GetString()!);
        var then = (await canary.At(records)
            .GetAsync($"{Customers}/{early.GetProperty("id").GetString()}?asOf={before}"))
            .Expect(HttpStatusCode.OK).Json;
        Assert.False(then.TryGetProperty("next", out _));

        await cell.ReleaseAsync(Publish("1.2.0", "later")); // the cell goes another way
        await ExpectAsync(other, "later");
        await ExpectAsync(canary, "next");
        await ExpectAsync(second, "next");

        await PinAsync(canary, null);
        await ExpectAsync(canary, "later");
        await ExpectAsync(second, "later");
        await PinAsync(canary, "1.1.0"); // and what it wrote has waited in its place
        Assert.Equal("kept", (await canary.At(records).GetAsync($"{Customers}/{late.GetProperty("id").GetString()}"))
            .Expect(HttpStatusCode.OK).Json.GetProperty("next").GetString());
        Assert.Equal(3L, await cell.AskAsync<long>($"select count(*) from metadata.pins where org_id = {canary.Org}"));
        await PinAsync(canary, "1.1.0");
        Assert.Equal(3L, await cell.AskAsync<long>($"select count(*) from metadata.pins where org_id = {canary.Org}"));

        async Task<System.Text.Json.JsonElement> NewAsync(MetadataCaller caller, object record) =>
            (await caller.At(records).PostAsync(Customers, record)).Expect(HttpStatusCode.Created).Json;

        // Metadata and Records say the same: of the two fields the org has these.
        async Task ExpectAsync(MetadataCaller caller, params string[] fields)
        {
            foreach (var field in new[] { "next", "later" })
            {
                Assert.Equal(fields.Contains(field), await caller.FieldAsync("Customer", field) is not null);
                (await caller.At(records).GetAsync($"{Customers}?select={field}")).Expect(
                    fields.Contains(field) ? HttpStatusCode.OK : HttpStatusCode.BadRequest);
            }
        }
    }

    [Fact]
    public async Task What_cannot_be_released_cannot_be_pinned()
    {
        var caller = cell.NewAccount();
        var version = await cell.AskAsync<long>("select version from metadata.standard");
        var broken = StandardLayers.Trade("6.6.6", json => json.Replace(
            "\"nameField\":\"name\"", "\"nameField\":\"nothing\"", StringComparison.Ordinal));
        cell.Delivery.Publish(broken);
        (await TryAsync(caller, "6.6.6")).Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        (await TryAsync(caller, "9.9.9")).Expect(HttpStatusCode.NotFound, "not-found");
        (await cell.Internal().PutAsync($"/internal/groups/other/pins/{caller.Org}", new PinStandard("6.6.6")))
            .Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.PutAsync($"/internal/groups/main/pins/{caller.Org}", new PinStandard(null)))
            .Expect(HttpStatusCode.Forbidden, "scope-missing");
        Assert.Equal(version, await cell.AskAsync<long>("select version from metadata.standard"));
    }

    private LayerDocument Publish(string version, string field)
    {
        var layer = StandardLayers.Trade(
            version, ["Customer"], [new { name = field, type = "text", label = new { en = field } }]);
        cell.Delivery.Publish(layer);
        return layer;
    }

    private async Task PinAsync(MetadataCaller caller, string? version) =>
        (await TryAsync(caller, version)).Expect(HttpStatusCode.OK);

    private Task<Reply> TryAsync(MetadataCaller caller, string? version) =>
        cell.Internal().PutAsync($"/internal/groups/main/pins/{caller.Org}", new PinStandard(version));
}
