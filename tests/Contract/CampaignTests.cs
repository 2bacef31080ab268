using System.Text.Json;
using Xingchen.Testing;
using Xingchen.Testing.Campaign;
using Xingchen.Testing.Http;
using static Xingchen.Testing.Campaign.CampaignRoute;

namespace Xingchen.Tests.Contract;

/// <summary>Generated hostile calls through the gateway, over every service (docs/concepts/isolation.md).</summary>
public sealed class CampaignTests(HostFixture host, ITestOutputHelper output)
{
    private const int Calls = 1_500;
    private const int Orgs = 2;

    /// <summary>The routes of metadata, organization and delivery; those of records are
    /// <see cref="RecordCampaign.Routes"/>. To add one is to add a line.</summary>
    private static readonly CampaignRoute[] Platform =
    [
        Of("GET /v1/objects"),
        Of("GET /v1/objects/{unit}"),
        Of("GET /v1/objects/{hidden}"),
        Of("GET /v1/objects/{hidden}/records"),
        Of("GET /v1/objects/{hidden}/indexes"),
        Of("POST /v1/objects/{hidden}/records", """{"title":"x"}"""),
        Of("GET /v1/metadata/objects/{unit}?explain=true"),
        Of("GET /v1/metadata/objects/{hidden}"),
        Of("GET /v1/metadata/objects/{hidden}?explain=true"),
        Of("DELETE /v1/metadata/objects/{hidden}"),
        Of("DELETE /v1/metadata/objects/{hidden}/fields/title"),
        Of("PUT /v1/metadata/objects/{hidden}/fields/c__x", """{"type":"integer","label":{"en":"x"}}"""),
        Of("PUT /v1/metadata/objects/{unit}/fields/c__x?dryRun=true",
            """{"type":"reference","references":["{hidden}"],"label":{"en":"x"}}"""),
        Of("GET /v1/pages/{hidden}/list"),
        Of("GET /v1/query?q=SELECT COUNT() FROM {hidden}"),
        Of("GET /v1/query?q=SELECT id FROM {unit} WHERE id IN (SELECT id FROM {hidden})"),
        Of("GET /v1/changes?objects={hidden}"),
        Rare("POST /v1/imports?object={hidden}", "title\nx\n", "text/csv"),
        Of("GET /v1/orgs/{org}"),
        Of("PATCH /v1/orgs/{org}", """{"name":"x"}"""),
        Of("DELETE /v1/orgs/{org}"),
        Of("GET /v1/orgs/{org}/accounts"),
        Of("POST /v1/orgs/{org}/accounts", """{"code":"third","name":"x"}"""),
        Of("GET /v1/orgs/{org}/clients"),
        Of("POST /v1/orgs/{org}/clients", """{"name":"x","scopes":["data"]}"""),
        Of("GET /v1/orgs/{org}/clients/{client}"),
        Of("DELETE /v1/orgs/{org}/clients/{client}"),
        Of("GET /v1/orgs/{ownorg}/clients/{client}"),
        Of("DELETE /v1/orgs/{ownorg}/clients/{client}"),
        Of("GET /v1/orgs/{ownorg}/clients"),
        Of("GET /v1/orgs"),
        Of("GET /v1/packages"),
        Of("GET /v1/log"),
        Of("GET /v1/log/entries"),
        Of("GET /v1/installations"),
    ];

    [Fact]
    public async Task Nothing_of_another_org_or_account_is_told_or_changed()
    {
        var ct = TestContext.Current.CancellationToken;
        var callers = new List<ApiCaller>();
        try
        {
            var world = await WorldAsync(callers, ct);
            await world.FillAsync(ct);
            var result = await new Campaign(
                world, [.. RecordCampaign.Routes, .. Platform], CampaignOptions.FromEnvironment(Calls))
                .RunAsync(output.WriteLine, ct);
            Assert.Empty(result.Findings);
        }
        finally
        {
            foreach (var caller in callers) caller.Dispose();
        }
    }

    /// <summary>Orgs of two accounts each: the objects of the campaign, an object that only the account has, a
    /// client.</summary>
    private async Task<PlatformWorld> WorldAsync(List<ApiCaller> callers, CancellationToken ct)
    {
        using var @operator = await host.OperatorAsync();
        var accounts = new List<CampaignAccount>();
        var world = new PlatformWorld(host, accounts);
        for (var org = 0; org < Orgs; org++)
        {
            var code = PlatformWorld.CodeOf(org);
            var first = await @operator.CreateOrgAsync(code);
            (await first.PostAsync($"/v1/orgs/{code}/accounts", new { code = "second", name = "Second" })).Expect2xx();
            var second = await ApiCaller.SignInAsync(first.Url, first.ClientId, first.ClientSecret, "second");
            foreach (var caller in new[] { first, second })
            {
                callers.Add(caller);
                var account = new CampaignAccount(
                    org, accounts.Count, caller.Url, () => ("Authorization", "Bearer " + caller.Token));
                accounts.Add(account);
                await world.PrepareAsync(account, ct);
            }
        }
        return world;
    }

    /// <summary>Besides records: private objects whose names and labels are canaries, orgs and their clients.</summary>
    private sealed class PlatformWorld(HostFixture host, IReadOnlyList<CampaignAccount> accounts)
        : CampaignWorld("c__", accounts)
    {
        public static string CodeOf(int org) => $"campaign-{org}";

        public async Task PrepareAsync(CampaignAccount account, CancellationToken ct)
        {
            foreach (var (name, json) in RecordCampaign.Objects("c__"))
                await account.AskAsync("PUT", "/v1/metadata/objects/" + name, json, ct);
            var label = new { en = account.Secret };
            await account.AskAsync("PUT", "/v1/metadata/objects/" + Hidden(account.Mark), JsonSerializer.Serialize(new
            {
                name = Hidden(account.Mark), label, pluralLabel = label, nameField = "title",
                fields = new[] { new { name = "title", type = "text", length = 80, label } },
            }), ct);
            var client = await account.AskAsync("POST", $"/v1/orgs/{CodeOf(account.Org)}/clients",
                JsonSerializer.Serialize(new { name = "app", scopes = new[] { "data" } }), ct);
            account.Pools["client"] = new Pool();
            account.Pools["client"].Add(client.GetProperty("clientId").GetString()!);
        }

        public override (string Value, string? Twin) Fill(
            string hole, CampaignAccount caller, CampaignAccount other, Picks picks)
        {
            // What an org has its accounts share: theirs is another org's.
            while (hole is "org" or "client" && other.Org == caller.Org) other = picks.Of(Accounts);
            return hole switch
            {
                "hidden" => (Hidden(other.Mark), Hidden(CampaignAccount.MarkPrefix + "nev")),
                "ownorg" => (CodeOf(caller.Org), null),
                "org" => (CodeOf(other.Org), CodeOf(other.Org + Orgs)),
                "client" => Client(other.Pools["client"].Any(picks)),
                _ => base.Fill(hole, caller, other, picks),
            };
        }

        public override IEnumerable<string> Logs() => host.Logs();

        private static (string, string?) Client(string id) => (id, string.Concat(id.Select(letter =>
            char.IsAsciiHexDigitLower(letter) ? letter == 'e' ? '7' : 'e' : letter)));

        private static string Hidden(string mark) => "c__X" + mark;
    }
}
