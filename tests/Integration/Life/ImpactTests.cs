using System.Net;
using System.Text.Json;
using Xingchen.Tests.Integration.Delivery;

namespace Xingchen.Tests.Integration.Life;

/// <summary>What a plan says that an upgrade means for the records and the definitions of this very account.</summary>
public sealed class ImpactTests(LifeCell cell) : IClassFixture<LifeCell>
{
    [Fact]
    public async Task A_plan_counts_the_records_that_would_be_refused_and_names_what_speaks_of_what_changes()
    {
        await cell.PublishAsync("limp", LifePackage.Pack("life-impact", "limp", "1.0.0", null,
            [LifePackage.ObjectOf("limp__Item", LifePackage.Text("title"), LifePackage.Text("code"))]));
        await cell.PublishAsync("limp", LifePackage.Pack("life-impact", "limp", "2.0.0", null,
        [
            LifePackage.ObjectOf("limp__Item",
                new { name = "title", type = "text", length = 20, label = new { en = "title" } },
                new { name = "code", type = "text", length = 80, unique = true, required = true,
                    label = new { en = "code" } }),
            new { name = "limp__NoRed", @object = "limp__Item", condition = "title = 'red'",
                message = new { en = "Nothing is red any more." } },
        ]));
        var (org, other) = (cell.NewOrg(), cell.NewOrg());
        foreach (var one in new[] { org, other })
            await one.FollowAsync(await one.PostAsync("/v1/installations",
                new { package = "life-impact", version = "1.0.0" }));
        var red = await org.NewAsync("limp__Item", new { title = "red", code = "a" });
        await org.NewAsync("limp__Item", new { title = "green", code = "a" });
        var bare = new[] { await org.NewAsync("limp__Item", new { title = "bare" }),
            await org.NewAsync("limp__Item", new { title = "bare too" }) };
        var longer = await org.NewAsync("limp__Item", new { title = "a title of many more letters", code = "b" });
        var gone = await org.NewAsync("limp__Item", new { title = "in the recycle bin" });
        (await org.DeleteAsync("/v1/records/" + gone)).Expect(HttpStatusCode.NoContent);
        await other.NewAsync("limp__Item", new { title = "of somebody else" });
        (await org.PutAsync("/v1/metadata/validation-rules/c__Code", new
        {
            @object = "limp__Item", condition = "code = 'never'", message = new { en = "No." },
        })).Expect(HttpStatusCode.Created);

        var plan = await PlanAsync(org);
        Assert.Equal(["required code 2", "rule limp__NoRed 1", "unique code 1", "value title 1"],
            Records(plan).Select(r => $"{r.GetProperty("check")} {Of(r)} {r.GetProperty("count")}")
                .Order(StringComparer.Ordinal));
        Assert.All(Records(plan), r => Assert.False(r.GetProperty("atLeast").GetBoolean()));
        Assert.Equal(bare, Samples(plan, "required"));
        Assert.Equal([red], Samples(plan, "rule"));
        Assert.Equal([longer], Samples(plan, "value"));
        var used = Assert.Single(plan.GetProperty("impact").GetProperty("definitions").EnumerateArray(),
            one => one.GetProperty("name").GetString() == "c__Code");
        Assert.Equal(("validation-rule", "limp__Item", "code", "changed"), (used.GetProperty("kind").GetString(),
            used.GetProperty("object").GetString(), used.GetProperty("field").GetString(),
            used.GetProperty("change").GetString()));

        // Another org has one record, and one only.
        Assert.Equal(["required 1"], Records(await PlanAsync(other))
            .Select(r => $"{r.GetProperty("check")} {r.GetProperty("count")}"));
    }

    private static async Task<JsonElement> PlanAsync(LifeOrg org)
    {
        var plan = (await org.PostAsync("/v1/installations/plan", new { package = "life-impact", version = "2.0.0" }))
            .Expect(HttpStatusCode.OK).Json;
        Assert.Equal(0, plan.GetProperty("blocked").GetArrayLength());
        return plan;
    }

    private static IEnumerable<JsonElement> Records(JsonElement plan) =>
        plan.GetProperty("impact").GetProperty("records").EnumerateArray();

    private static string Of(JsonElement record) =>
        record.TryGetProperty("rule", out var rule) ? rule.GetString()! : record.GetProperty("field").GetString()!;

    private static IEnumerable<string> Samples(JsonElement plan, string check) =>
        Records(plan).Single(r => r.GetProperty("check").GetString() == check).GetProperty("sample").EnumerateArray()
            .Select(id => id.GetString()!);
}
