using System.Net;
using System.Text.Json;
using Npgsql;
using Xingchen.Contracts;
using Xingchen.Model;
using Xingchen.Storage;

namespace Xingchen.Tests.Integration.Metadata;

/// <summary>Packages and releases of the standard product. Not parallel with others of this class: the release is one
/// row.</summary>
public sealed class StackTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    private const string Loyalty = """
        {"objects":[{"name":"acme__Loyalty","label":{"en":"Loyalty"},"nameField":"title","fields":[
            {"name":"title","type":"text","length":80,"required":true},
            {"name":"code","type":"text","unique":true},
            {"name":"customer","type":"masterDetail","references":["Customer"],"children":"loyalties"}]}],
         "overlays":[{"overlays":"Customer","fields":[{"name":"acme__points","type":"integer","default":0}]}]}
        """;

    [Fact]
    public async Task A_package_is_in_force_once_its_set_is_put_and_gone_without_it()
    {
        var (caller, package) = (cell.NewAccount(), Publish("acme", "1.0.0", Loyalty));
        var plan = await SetAsync(caller, dryRun: true, package);
        Assert.True(plan.GetProperty("changed").GetBoolean());
        Assert.Contains("acme__Loyalty", plan.GetProperty("difference").GetProperty("added").GetRawText(),
            StringComparison.Ordinal);
        (await caller.GetAsync("/v1/objects/acme__Loyalty")).Expect(HttpStatusCode.NotFound);

        var state = await SetAsync(caller, dryRun: false, package);
        Assert.Equal(1, state.GetProperty("version").GetInt64());
        var described = (await caller.GetAsync("/v1/objects/acme__Loyalty")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("acme", described.GetProperty("layer").GetString());
        Assert.NotNull(await caller.FieldAsync("Customer", "acme__points"));

        var again = await SetAsync(caller, dryRun: false, package);
        Assert.False(again.GetProperty("changed").GetBoolean());
        Assert.Equal(1, again.GetProperty("version").GetInt64());

        await SetAsync(caller, dryRun: false);
        (await caller.GetAsync("/v1/objects/acme__Loyalty")).Expect(HttpStatusCode.NotFound);
        await SetAsync(caller, dryRun: false, package); // unique as it was: its data waits for it
        var back = (await caller.GetAsync("/v1/objects/acme__Loyalty")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(described.GetRawText(), back.GetRawText());
    }

    [Fact]
    public async Task What_code_is_called_for_is_shown_and_turned_off_and_only_a_package_brings_it()
    {
        var caller = cell.NewAccount();
        await SetAsync(caller, dryRun: false, Publish("acme", "1.0.0", """
            {"hooks":[{"name":"acme__h","object":"Customer","on":["afterCreate"],"handler":"A!B","timeout":100}]}
            """));
        const string Hook = "/v1/metadata/hooks/acme__h";
        Assert.Equal("Customer", (await caller.GetAsync(Hook)).Json.GetProperty("object").GetString());
        (await caller.PutAsync(Hook, new { enabled = false, timeout = 50 })).Expect(HttpStatusCode.OK);
        var off = (await caller.GetAsync(Hook + "?explain=true")).Json;
        Assert.False(off.GetProperty("enabled").GetBoolean());
        Assert.Equal("account", off.GetProperty("explain").GetProperty("/enabled").GetProperty("layer").GetString());
        Assert.Equal(["overlay-loosens", "overlay-not-allowed"], (await caller.PutAsync(Hook,
            new { timeout = 200, handler = "A!C" })).Expect(HttpStatusCode.UnprocessableEntity).Codes.Order());
        Assert.Equal(["kind-needs-package"], (await caller.PutAsync("/v1/metadata/hooks/c__mine",
            new { @object = "Customer", on = new[] { "afterCreate" }, handler = "A!B" }))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);
        (await caller.DeleteAsync(Hook)).Expect(HttpStatusCode.NoContent);
        (await cell.NewAccount().GetAsync(Hook)).Expect(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_package_that_private_metadata_needs_stays()
    {
        var (caller, package) = (cell.NewAccount(), Publish("acme", "1.0.0", Loyalty));
        await SetAsync(caller, dryRun: false, package);
        (await caller.PutAsync("/v1/metadata/objects/acme__Loyalty/fields/c__note", new { type = "text" }))
            .Expect(HttpStatusCode.Created);
        var refused = await cell.Internal().PutAsync("/internal/stacks/packages", Wanted(caller, false));
        Assert.Contains(
            "overlay-target-missing", refused.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);
        (await caller.GetAsync("/v1/objects/acme__Loyalty")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_layer_that_delivery_has_not_is_a_problem_and_changes_nothing()
    {
        var caller = cell.NewAccount();
        var unknown = new StackPackage("ghost", "ghost", "1.0.0", "sha256:" + new string('0', 64));
        (await cell.Internal().PutAsync("/internal/stacks/packages", Wanted(caller, false, unknown)))
            .Expect(HttpStatusCode.NotFound, "not-found");
        var state = (await cell.Internal().GetAsync($"/internal/stacks/{caller.Org}/1")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(0, state.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_release_moves_one_row_and_reaches_every_account()
    {
        var caller = cell.NewAccount();
        var release = StandardLayers.Trade("1.1.0", json => json.Replace(
            "\"keyPrefix\":\"0C1\"", "\"keyPrefix\":\"0C1\",\"help\":{\"en\":\"Since 1.1\"}",
                StringComparison.Ordinal));
        cell.Delivery.Publish(release);
        var stacks = await cell.AskAsync<long>("select coalesce(sum(version), 0)::bigint from metadata.stacks");
        await cell.ReleaseAsync(release);
        Assert.Equal("Since 1.1", (await caller.GetAsync("/v1/objects/Customer")).Json.GetProperty("help").GetString());
        Assert.Equal(
            stacks, await cell.AskAsync<long>("select coalesce(sum(version), 0)::bigint from metadata.stacks"));

        var state = (await cell.Operator().GetAsync("/v1/groups/main/release")).Expect(HttpStatusCode.OK).Json;
        var version = state.GetProperty("version").GetInt64();
        Assert.Equal(["platform", "bedrock", "trade"],
            state.GetProperty("packages").EnumerateArray().Select(package => package.GetProperty("name").GetString()));
        await cell.ReleaseAsync(release);
        Assert.Equal(version, await cell.AskAsync<long>("select version from metadata.standard"));
        (await cell.Operator().GetAsync("/v1/groups/other/release")).Expect(HttpStatusCode.NotFound, "not-found");
        await cell.ReleaseAsync(StandardLayers.All[2]);
        Assert.Equal(1L, await cell.AskAsync<long>("""
            select count(*) from metadata.standard s join metadata.standard_history h using (version)
            where h.places = s.places and h.group_digest = s.group_digest
                and h.at = (select max(at) from metadata.standard_history)
            """));
    }

    [Fact]
    public async Task A_broken_release_says_everything_and_changes_nothing()
    {
        var version = await cell.AskAsync<long>("select version from metadata.standard");
        var broken = StandardLayers.Trade("6.6.6", json => json.Replace(
            "\"keyPrefix\":\"0C1\",", "", StringComparison.Ordinal)
                .Replace("\"nameField\":\"name\"", "\"nameField\":\"nothing\"", StringComparison.Ordinal));
        cell.Delivery.Publish(broken);
        var reply = await cell.Operator()
            .PostAsync("/v1/groups/main/release", new { package = "trade", version = "6.6.6" });
        var codes = reply.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes;
        Assert.Contains("key-prefix-missing", codes);
        Assert.Contains("name-field-missing", codes);
        Assert.Equal(version, await cell.AskAsync<long>("select version from metadata.standard"));
        (await cell.Operator().PostAsync("/v1/groups/main/release", new { package = "trade", version = "9.9.9" }))
            .Expect(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Records_are_told_that_what_they_were_compiled_for_is_no_longer_in_force()
    {
        var caller = cell.NewAccount();
        var standard = await cell.AskAsync<long>("select version from metadata.standard");
        await EnterAsync(0);
        (await caller.PutAsync("/v1/metadata/objects/Customer/fields/c__a", new { type = "text" }))
            .Expect(HttpStatusCode.Created);
        var stale = await Assert.ThrowsAsync<PostgresException>(() => EnterAsync(0));
        Assert.Equal("XC001", stale.SqlState);
        await EnterAsync(1);

        async Task EnterAsync(long stack)
        {
            await using var source = NpgsqlDataSource.Create(cell.Serving);
            foreach (var write in new[] { true, false })
            {
                await using var batch = OrgBatch.Enter(source, Key(caller), new StackVersions(stack, standard), write);
                await batch.ExecuteAsync(CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task A_publication_waits_for_writes_in_flight()
    {
        var caller = cell.NewAccount();
        var standard = await cell.AskAsync<long>("select version from metadata.standard");
        await using var source = NpgsqlDataSource.Create(cell.Serving);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var batch = OrgBatch.Enter(
            connection, transaction, Key(caller), new StackVersions(0, standard), write: true);
        await batch.ExecuteAsync(TestContext.Current.CancellationToken);
        var put = caller.PutAsync("/v1/metadata/objects/Customer/fields/c__a", new { type = "text" });
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.False(put.IsCompleted);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        (await put).Expect(HttpStatusCode.Created);
    }

    private static AccountKey Key(MetadataCaller caller) => new(new OrgId(caller.Org), new AccountId(1));

    private StackPackage Publish(string name, string version, string json)
    {
        var layer = StandardLayers.Package(name, "acme", version, json);
        cell.Delivery.Publish(layer);
        return new StackPackage(name, "acme", version, layer.Digest);
    }

    private async Task<JsonElement> SetAsync(MetadataCaller caller, bool dryRun, params StackPackage[] packages) =>
        (await cell.Internal().PutAsync("/internal/stacks/packages", Wanted(caller, dryRun, packages)))
            .Expect(HttpStatusCode.OK).Json;

    private static SetPackages Wanted(MetadataCaller caller, bool dryRun, params StackPackage[] packages) =>
        new(caller.Org, caller.Account, packages, dryRun);
}
