using System.Text.Json;
using System.Text.RegularExpressions;
using Xingchen.Hosting;
using Xingchen.Model;
using Xingchen.Testing.Campaign;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Isolation;

/// <summary>The campaign among users of one account: what a rule keeps from a user must be to him as what never was,
/// on every route. And without the rule in any one of the builders the campaign must see it.</summary>
public sealed partial class RuleCampaignTests(RecordsCell cell, ITestOutputHelper output) : IClassFixture<RecordsCell>
{
    private const int Calls = 1_500;
    private const int MutantCalls = 10_000;
    private const int Users = 4;
    private const string ByUser = "createdBy = :user";

    /// <summary>Of the one cell of this class, whose tests go one after another.</summary>
    private static readonly HashSet<string> Published = [];

    /// <summary>By the user, and by an attribute of his; of details by the master alone, and by a parent too.</summary>
    public static TheoryData<string, string> Rules => new()
    {
        { ByUser, "" },
        { "secret = :user.secret", ",\"rule\":\"unit.secret = :user.secret\"" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task What_a_rule_keeps_from_a_user_is_as_what_never_was(string rule, string ofParts)
    {
        var ct = TestContext.Current.CancellationToken;
        var world = await WorldAsync(rule, ofParts, ct);
        var result = await new Campaign(world, RecordCampaign.Routes, CampaignOptions.FromEnvironment(Calls))
            .RunAsync(output.WriteLine, ct);
        Assert.Empty(result.Findings);
        foreach (var status in new[] { 200, 201, 204, 404, 422 })
            Assert.True(result.Statuses.GetValueOrDefault(status) > 0, $"Nothing was answered {status}: {result}");
    }

    /// <summary>Of every builder that reads, a part of its statements that no other's have.</summary>
    private static readonly IReadOnlyDictionary<string, string> Readers = new Dictionary<string, string>
    {
        ["one record"] = " r on r.org_id = $1",
        ["its history"] = "'baseline'",
        ["as of a time"] = "_v.version is null",
        ["changes"] = "order by c.seq",
        ["a list"] = "union all",
        ["a count"] = " = $1), count(*)",
        ["a query"] = " limit 2001",
        ["groups"] = " = $1) as c0",
        ["children"] = "jsonb_build_array(",
        ["an export"] = " limit 9223372036854775807",
    };

    [Fact]
    public async Task Where_a_builder_that_reads_forgets_the_rule_the_campaign_sees_it()
    {
        var world = await WorldAsync(ByUser, "", TestContext.Current.CancellationToken);
        foreach (var (name, part) in Readers)
            Assert.True((await ForgetAsync(world, part)).Findings.Count > 0, $"{name} can forget the rule.");
    }

    /// <summary>What refuses references, and what finds out which records are seen before a write.</summary>
    [Theory]
    [InlineData("records.require_allowed")]
    [InlineData("select f.id from unnest")]
    public async Task Where_a_write_forgets_the_rule_the_campaign_sees_it(string part) => Assert.NotEmpty(
        (await ForgetAsync(await WorldAsync(ByUser, "", TestContext.Current.CancellationToken), part)).Findings);

    /// <summary>A campaign against the service with the rule taken out of some of its statements.</summary>
    private async Task<CampaignResult> ForgetAsync(UsersWorld world, string part)
    {
        await using var wire = MutantWire.Before(cell.Serving, sql =>
            sql.Contains(part, StringComparison.Ordinal) ? Rule.Replace(sql, "(true)") : sql);
        await cell.RestartAsync(wire.ConnectionString);
        try
        {
            var options = CampaignOptions.FromEnvironment(Calls) with { Calls = MutantCalls, MostFindings = 1 };
            return await new Campaign(world, RecordCampaign.Routes, options)
                .RunAsync(output.WriteLine, TestContext.Current.CancellationToken);
        }
        finally
        {
            await cell.RestartAsync();
        }
    }

    private async Task<UsersWorld> WorldAsync(string rule, string ofParts, CancellationToken ct)
    {
        var version = rule == ByUser ? "9.1.0" : "9.1.1";
        const string May = "\"read\":true,\"create\":true,\"edit\":true,\"delete\":true,\"otherFields\":\"edit\"";
        var objects = string.Join(',', RecordCampaign.Objects("shop__").Select(item => item.Json));
        var document = $$"""
            {"objects":[{{objects}}],"permission-sets":[{"name":"shop__Own","objects":[
              {"object":"shop__Unit",{{May}},"rule":"{{rule}}"},{"object":"shop__Part",{{May}}{{ofParts}}}]}]}
            """;
        if (Published.Add(version)) await cell.PublishAsync(version, document);
        var account = await cell.NewAccountAsync();
        await cell.InstallAsync(account.Org, account.Account, 2, version, document);
        var users = Enumerable.Range(0, Users).Select(number =>
        {
            var attributes = JsonSerializer.Serialize(
                new { secret = $"{CampaignAccount.SecretPrefix}{number:D3}" });
            var user = cell.Granted(account, $"us_{number}", new Grants(["shop__Own"], attributes));
            return new CampaignAccount(0, number, user.Address, () => (ContextSigner.Header, user.Sign()));
        });
        var world = new UsersWorld(cell, [.. users]);
        await world.FillAsync(ct);
        return world;
    }

    private sealed class UsersWorld(RecordsCell cell, IReadOnlyList<CampaignAccount> users)
        : CampaignWorld("shop__", users)
    {
        public override bool SharesCursors => true;

        public override string CodeOf(CampaignAccount account, int number) => $"K{number}-{account.Number}";

        public override IEnumerable<string> Logs() => cell.Log.Split('\n');
    }

    [GeneratedRegex(@"\(t\d+\.created_by collate ""C"" = \$\d+\)", RegexOptions.None, 1000)]
    private static partial Regex Rule { get; }
}
