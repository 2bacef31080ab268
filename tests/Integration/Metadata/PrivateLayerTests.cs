using System.Net;

namespace Xingchen.Tests.Integration.Metadata;

public sealed class PrivateLayerTests(MetadataCell cell) : IClassFixture<MetadataCell>
{
    private const string Color = "/v1/metadata/objects/Customer/fields/c__color";

    private static readonly object Text = new { type = "text", length = 20, label = new { en = "Color" } };

    [Fact]
    public async Task A_field_is_in_force_at_the_next_request()
    {
        var caller = cell.NewAccount();
        var put = (await caller.PutAsync(Color, Text)).Expect(HttpStatusCode.Created);
        Assert.Equal("account", put.Json.GetProperty("layer").GetString());
        var field = await caller.FieldAsync("Customer", "c__color");
        Assert.Equal("Color", field!.Value.GetProperty("label").GetString());
        Assert.Equal("account", field.Value.GetProperty("layer").GetString());
        Assert.Equal(20, field.Value.GetProperty("length").GetInt32());
    }

    [Fact]
    public async Task The_same_again_changes_nothing()
    {
        var caller = cell.NewAccount();
        var first = (await caller.PutAsync(Color, Text)).Expect(HttpStatusCode.Created);
        var again = (await caller.PutAsync(Color, Text)).Expect(HttpStatusCode.OK);
        Assert.Equal(first.Tag, again.Tag);
        Assert.NotNull(first.Tag);
        Assert.Equal(1L, await cell.AskAsync<long>($"select version from metadata.stacks where org_id = {caller.Org}"));
        (await caller.DeleteAsync(Color)).Expect(HttpStatusCode.NoContent);
        Assert.Equal("1 2", await cell.AskAsync<string>($"""
            select string_agg(version::text, ' ' order by at) from metadata.stack_history where org_id = {caller.Org}
            """));
        Assert.Equal(1L, await cell.AskAsync<long>($"""
            select count(*) from metadata.stack_history h join metadata.stacks s using (org_id, account_id, version)
            where org_id = {caller.Org} and h.packages = s.packages and h.places = s.places
                and h.private_digest is not distinct from s.private_digest
            """));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        var caller = cell.NewAccount();
        var reply = (await caller.PutAsync(Color + "?dryRun=true", Text)).Expect(HttpStatusCode.OK);
        Assert.Equal("c__color", reply.Json.GetProperty("name").GetString());
        Assert.Null(await caller.FieldAsync("Customer", "c__color"));
        Assert.Equal(
            0L, await cell.AskAsync<long>($"select count(*) from metadata.stacks where org_id = {caller.Org}"));
        Assert.Equal(
            0L, await cell.AskAsync<long>($"select count(*) from metadata.private_layers where org_id = {caller.Org}"));
    }

    [Fact]
    public async Task An_index_for_which_no_column_is_left_is_warned_of_and_not_again()
    {
        var caller = cell.NewAccount();
        object Day(bool indexed) => new { type = "date", indexed, label = new { en = "Day" } };
        string? warned = null;
        for (var i = 0; i < 6 && warned is null; i++) // an object has four columns for times at most
        {
            var path = $"/v1/metadata/objects/Customer/fields/c__day{i}";
            var would = (await caller.PutAsync(path + "?dryRun=true", Day(true))).Expect(HttpStatusCode.OK);
            var put = (await caller.PutAsync(path, Day(true))).Expect(HttpStatusCode.Created);
            var warns = put.Json.TryGetProperty("warnings", out var said);
            Assert.Equal(would.Json.TryGetProperty("warnings", out _), warns);
            if (!warns) continue;
            var warning = Assert.Single(said.EnumerateArray());
            Assert.Equal("index-no-column", warning.GetProperty("code").GetString());
            Assert.Contains($"c__day{i}", warning.GetProperty("detail").GetString());
            Assert.Equal(put.Tag, (await caller.GetAsync(path)).Tag); // they are no part of the definition
            warned = path;
        }
        Assert.NotNull(warned);
        // Another change does not warn of it once more; asking anew does.
        Assert.False((await caller.PutAsync(Color, Text)).Json.TryGetProperty("warnings", out _));
        (await caller.PutAsync(warned, Day(false))).Expect(HttpStatusCode.OK);
        Assert.True((await caller.PutAsync(warned, Day(true))).Json.TryGetProperty("warnings", out _));
    }

    [Fact]
    public async Task Everything_wrong_is_said_at_once_and_points_into_the_body()
    {
        var caller = cell.NewAccount();
        var reply = (await caller.PutAsync(Color, new { type = "text", length = -1, colour = "red", required = "yes" }))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        var pointers = reply.Json.GetProperty("errors").EnumerateArray()
            .Select(error => error.TryGetProperty("pointer", out var at) ? at.GetString() : null).Distinct().Order()
                .ToList();
        Assert.Equal(["/colour", "/length", "/required"], pointers);
        Assert.Null(await caller.FieldAsync("Customer", "c__color"));
    }

    [Fact]
    public async Task A_private_field_bears_the_prefix()
    {
        var reply = (await cell.NewAccount().PutAsync("/v1/metadata/objects/Customer/fields/color", Text))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        Assert.Contains("c__color", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_overlay_sets_only_what_it_says_and_its_removal_shows_the_layer_below()
    {
        var caller = cell.NewAccount();
        var before = (await caller.GetAsync("/v1/metadata/objects/Customer")).Expect(HttpStatusCode.OK);
        (await caller.PutAsync("/v1/metadata/objects/Customer", new { label = new { en = "Member" } }))
            .Expect(HttpStatusCode.OK);
        var described = (await caller.GetAsync("/v1/objects/Customer", ("Accept-Language", "zh-CN"))).Json;
        Assert.Equal("客户", described.GetProperty("label").GetString());
        Assert.Equal("Member", (await caller.GetAsync("/v1/objects/Customer")).Json.GetProperty("label").GetString());
        (await caller.DeleteAsync("/v1/metadata/objects/Customer")).Expect(HttpStatusCode.NoContent);
        var after = await caller.GetAsync("/v1/metadata/objects/Customer");
        Assert.Equal(before.Body, after.Body);
        Assert.Equal(before.Tag, after.Tag);
    }

    [Fact]
    public async Task Explains_who_set_what_and_what_it_hides()
    {
        var caller = cell.NewAccount();
        await caller.PutAsync("/v1/metadata/objects/Customer", new { label = new { en = "Member" } });
        var explained = (await caller.GetAsync("/v1/metadata/objects/Customer?explain=true")).Expect(HttpStatusCode.OK)
            .Json;
        var label = explained.GetProperty("explain").GetProperty("/label");
        Assert.Equal("account", label.GetProperty("layer").GetString());
        Assert.Equal("group", label.GetProperty("hides")[0].GetProperty("layer").GetString());
        Assert.Equal("Customer", label.GetProperty("hides")[0].GetProperty("value").GetProperty("en").GetString());
    }

    [Fact]
    public async Task Restrictions_may_be_tightened_and_never_loosened()
    {
        var caller = cell.NewAccount();
        (await caller.PutAsync("/v1/metadata/objects/Customer/fields/code", new { required = true }))
            .Expect(HttpStatusCode.OK);
        Assert.True((await caller.FieldAsync("Customer", "code"))!.Value.GetProperty("required").GetBoolean());
        var loosened = await caller.PutAsync("/v1/metadata/objects/Customer/fields/name", new { required = false });
        Assert.Contains(
            "overlay-loosens", loosened.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);
    }

    [Fact]
    public async Task Formulas_and_rules_are_checked_before_they_are_in_force()
    {
        var caller = cell.NewAccount();
        const string field = "/v1/metadata/objects/Customer/fields/c__length";
        var wrong = await caller.PutAsync(field, new { type = "formula", result = "number", formula = "LEN(nam)" });
        Assert.Equal(["field-unknown"], wrong.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);
        Assert.Equal(4, wrong.Json.GetProperty("errors")[0].GetProperty("position").GetInt32());
        (await caller.PutAsync(field, new { type = "formula", result = "number", formula = "LEN(name)" }))
            .Expect(HttpStatusCode.Created);
        var described = (await caller.FieldAsync("Customer", "c__length"))!.Value;
        Assert.Equal(("LEN(name)", "number", true), (described.GetProperty("formula").GetString(),
            described.GetProperty("result").GetString(), described.GetProperty("readOnly").GetBoolean()));
        const string rule = "/v1/metadata/validation-rules/c__Short";
        var never = new { @object = "Customer", condition = "c__length > 5 OR NOT c__length > 5", message = "No." };
        Assert.Equal(["rule-never-passes"], (await caller.PutAsync(rule, never))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);
        (await caller.PutAsync(rule, new { @object = "Customer", condition = "c__length > 5", message = "No." }))
            .Expect(HttpStatusCode.Created);
        (await caller.GetAsync(rule)).Expect(HttpStatusCode.OK);
        // What a rule reads cannot go before it.
        (await caller.DeleteAsync(field)).Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid");
        (await caller.DeleteAsync(rule)).Expect(HttpStatusCode.NoContent);
        (await caller.DeleteAsync(field)).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task What_a_lower_layer_defines_cannot_be_deleted()
    {
        var caller = cell.NewAccount();
        (await caller.DeleteAsync("/v1/metadata/objects/Customer"))
            .Expect(HttpStatusCode.Conflict, "definition-locked");
        (await caller.DeleteAsync("/v1/metadata/objects/Customer/fields/name"))
            .Expect(HttpStatusCode.Conflict, "definition-locked");
        (await caller.DeleteAsync("/v1/metadata/objects/c__Nothing")).Expect(HttpStatusCode.NotFound, "not-found");
        (await caller.DeleteAsync(Color)).Expect(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_deleted_field_keeps_its_place_and_comes_back_to_it()
    {
        var caller = cell.NewAccount();
        const string place =
            "select places #>> '{objects,Customer,fields,c__color,k}' from metadata.stacks where org_id = ";
        await caller.PutAsync(Color, Text);
        var before = await cell.AskAsync<string>(place + caller.Org);
        (await caller.DeleteAsync(Color)).Expect(HttpStatusCode.NoContent);
        Assert.Null(await caller.FieldAsync("Customer", "c__color"));
        await caller.PutAsync("/v1/metadata/objects/Customer/fields/c__size", Text);
        await caller.PutAsync(Color, Text);
        Assert.Equal(before, await cell.AskAsync<string>(place + caller.Org));
    }

    [Fact]
    public async Task A_field_with_data_becomes_unique_in_a_new_round_and_no_other_type()
    {
        var caller = cell.NewAccount();
        const string rounds = "select coalesce(places #>> '{objects,Customer,fields,c__color,r}', 'none') "
            + "from metadata.stacks where org_id = ";
        await caller.PutAsync(Color, Text);
        Assert.Equal("none", await cell.AskAsync<string>(rounds + caller.Org));
        var unique = await caller.PutAsync(Color, new { type = "text", length = 20, unique = true });
        unique.Expect(HttpStatusCode.OK);
        Assert.Equal("[1, 1, 0]", await cell.AskAsync<string>(rounds + caller.Org));
        var number = await caller.PutAsync(Color, new { type = "integer" });
        Assert.Equal(["field-type-change"], number.Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid")
            .Codes);
        (await caller.PutAsync(Color, new { type = "text", length = 20, searchable = true })).Expect(HttpStatusCode.OK);
        (await caller.PutAsync(Color, new { type = "text", length = 20, unique = true })).Expect(HttpStatusCode.OK);
        Assert.Equal("[1, 2, 1]", await cell.AskAsync<string>(rounds + caller.Org)); // not unique for a while
    }

    [Fact]
    public async Task Fields_share_a_picklist_and_what_is_made_of_it()
    {
        var caller = cell.NewAccount();
        const string picklist = "/v1/metadata/picklists/c__Urgency";
        static object Values(params string[] values) => new
        {
            name = "c__Urgency",
            values = values.Select(value => new { value, label = new { en = value.ToUpperInvariant() } }),
        };
        var field = new { type = "picklist", picklist = "c__Urgency" };
        (await caller.PutAsync("/v1/metadata/objects/Customer/fields/c__urgency", field))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid"); // of a picklist that is not there
        (await caller.PutAsync(picklist, Values("high", "low"))).Expect(HttpStatusCode.Created);
        foreach (var item in new[] { "Customer", "Product" })
            (await caller.PutAsync($"/v1/metadata/objects/{item}/fields/c__urgency", field))
                .Expect(HttpStatusCode.Created);
        Assert.Equal(["high", "low"], await ValuesAsync("Customer"));
        (await caller.PutAsync(picklist, Values("now", "high", "low"))).Expect(HttpStatusCode.OK);
        Assert.Equal(["now", "high", "low"], await ValuesAsync("Customer"));
        Assert.Equal(["now", "high", "low"], await ValuesAsync("Product"));
        Assert.Equal(["reference-missing", "reference-missing"], (await caller.DeleteAsync(picklist))
            .Expect(HttpStatusCode.UnprocessableEntity, "definition-invalid").Codes);

        async Task<IEnumerable<string>> ValuesAsync(string item) =>
            (await caller.FieldAsync(item, "c__urgency"))!.Value.GetProperty("values").EnumerateArray()
                .Select(value => value.GetProperty("value").GetString()!);
    }

    [Fact]
    public async Task A_private_object_has_fields_of_its_own_and_a_prefix_of_the_account()
    {
        var caller = cell.NewAccount();
        var put = await caller.PutAsync("/v1/metadata/objects/c__Pet", new
        {
            name = "c__Pet", label = new { en = "Pet" }, nameField = "name",
            fields = new object[]
            {
                new { name = "name", type = "text", required = true },
                new { name = "owner", type = "reference", references = new[] { "Customer" } },
            },
        });
        put.Expect(HttpStatusCode.Created);
        (await caller.PutAsync("/v1/metadata/objects/c__Pet/fields/age", new { type = "integer" }))
            .Expect(HttpStatusCode.Created);
        var pet = (await caller.GetAsync("/v1/objects/c__Pet")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal("A00", pet.GetProperty("keyPrefix").GetString());
        Assert.True(pet.GetProperty("custom").GetBoolean());
        Assert.Equal(3, pet.GetProperty("fields").GetArrayLength());
    }

    [Fact]
    public async Task If_match_guards_against_lost_updates()
    {
        var caller = cell.NewAccount();
        var first = await caller.PutAsync(Color, Text, ("If-None-Match", "*"));
        first.Expect(HttpStatusCode.Created);
        (await caller.PutAsync(Color, Text, ("If-None-Match", "*")))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        var longer = new { type = "text", length = 30 };
        (await caller.PutAsync(Color, longer, ("If-Match", "\"stale\"")))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        var second = (await caller.PutAsync(Color, longer, ("If-Match", first.Tag!))).Expect(HttpStatusCode.OK);
        (await caller.DeleteAsync(Color, ("If-Match", first.Tag!)))
            .Expect(HttpStatusCode.PreconditionFailed, "version-mismatch");
        (await caller.DeleteAsync(Color, ("If-Match", second.Tag!))).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Many_at_once_are_all_kept()
    {
        var caller = cell.NewAccount();
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            caller.PutAsync($"/v1/metadata/objects/Customer/fields/c__f{i}", new { type = "integer" })));
        Assert.All(replies, reply => reply.Expect(HttpStatusCode.Created));
        var fields = (await caller.GetAsync("/v1/objects/Customer")).Json.GetProperty("fields").EnumerateArray()
            .Count(field => field.GetProperty("name").GetString()!.StartsWith("c__f", StringComparison.Ordinal));
        Assert.Equal(12, fields);
        Assert.Equal(
            12L, await cell.AskAsync<long>($"select version from metadata.stacks where org_id = {caller.Org}"));
    }

    [Fact]
    public async Task A_hint_follows()
    {
        var caller = cell.NewAccount();
        await caller.PutAsync(Color, Text);
        for (var i = 0; i < 100
            && cell.Delivery.Hints.All(hint => hint.GetProperty("org").GetRawText() != $"{caller.Org}"); i++)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Contains(cell.Delivery.Hints, hint => hint.GetProperty("org").GetRawText() == $"{caller.Org}");
    }
}
