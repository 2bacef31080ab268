using Xingchen.Hosting;
using Xingchen.Testing.Campaign;
using Xingchen.Tests.Integration.Records;

namespace Xingchen.Tests.Integration.Isolation;

/// <summary>Generated hostile calls straight at Records (docs/concepts/isolation.md): as it is delivered, with either
/// wall between orgs taken away, and with so many taken away that the campaign must see it.</summary>
public sealed class CampaignTests(ITestOutputHelper output)
{
    private const int Calls = 2_000;
    private const int MutantCalls = 500;

    [Fact]
    public async Task Nothing_of_another_org_or_account_is_told_or_changed()
    {
        var result = await RunAsync(rowSecurity: true, mutate: null);
        Assert.Empty(result.Findings);
        foreach (var status in new[] { 200, 201, 204, 404, 422 })
            Assert.True(result.Statuses.GetValueOrDefault(status) > 0, $"Nothing was answered {status}: {result}");
    }

    [Fact]
    public async Task Where_the_builder_forgets_the_org_row_level_security_holds() =>
        Assert.Empty((await RunAsync(rowSecurity: true, MutantWire.WithoutOrg)).Findings);

    [Fact]
    public async Task Where_row_level_security_is_passed_by_the_builder_holds() =>
        Assert.Empty((await RunAsync(rowSecurity: false, mutate: null)).Findings);

    [Fact]
    public async Task Without_both_walls_no_record_is_told_and_the_campaign_sees_it()
    {
        var result = await RunAsync(rowSecurity: false, MutantWire.WithoutOrg);
        Assert.Contains(result.Findings, finding => finding.Kind == "fault"); // the reader's check, the third lock
    }

    [Fact]
    public async Task Without_any_lock_the_campaign_sees_leaks()
    {
        var result = await RunAsync(rowSecurity: false, MutantWire.Blind);
        Assert.Contains(result.Findings, finding => finding.Kind == "leak");
    }

    /// <summary>Fills the accounts with the service as it is, then takes walls away and runs.</summary>
    /// <param name="rowSecurity">False: the service connects as a superuser, for whom there are no policies.</param>
    /// <param name="mutate">What becomes of every statement; null leaves them.</param>
    private async Task<CampaignResult> RunAsync(bool rowSecurity, Func<string, string>? mutate)
    {
        var ct = TestContext.Current.CancellationToken;
        await using var cell = new RecordsCell();
        await cell.InitializeAsync();
        var world = new RecordsWorld(cell, await AccountsAsync(cell));
        await world.FillAsync(ct);

        var role = rowSecurity ? cell.Serving : cell.Owner;
        await using var wire = mutate is null ? null : MutantWire.Before(role, mutate);
        if (mutate is not null) await cell.ExecuteAsync(ForgetOrgInFunctions);
        if (wire is not null || !rowSecurity) await cell.RestartAsync(wire?.ConnectionString ?? role);
        var options = CampaignOptions.FromEnvironment(Calls);
        if (wire is not null || !rowSecurity)
            options = options with { Calls = MutantCalls, MostFindings = MutantCalls };
        var result = await new Campaign(world, RecordCampaign.Routes, options).RunAsync(output.WriteLine, ct);
        Assert.True(wire is null || wire.Mutated > 20, $"{wire?.Mutated} statements were changed.");
        return result;
    }

    /// <summary>Three orgs of two accounts each, with the objects of the campaign; all in one partition, for statements
    /// that name another's would see nothing of it, whatever walls are gone.</summary>
    private static async Task<IReadOnlyList<CampaignAccount>> AccountsAsync(RecordsCell cell)
    {
        const string Version = "9.0.0";
        var objects = string.Join(',', RecordCampaign.Objects("shop__").Select(item => item.Json));
        var document = $$"""{"objects":[{{objects}}]}""";
        await cell.PublishAsync(Version, document);
        var accounts = new List<CampaignAccount>();
        for (var org = 0; org < 3; org++)
        {
            var first = await cell.NewAccountAsync();
            while (await PartitionAsync(cell, first) != 0) first = await cell.NewAccountAsync();
            foreach (var caller in new[] { first, await cell.SiblingAsync(first) })
            {
                await cell.InstallAsync(caller.Org, caller.Account, 2, Version, document);
                accounts.Add(new CampaignAccount(org, accounts.Count, caller.Address,
                    () => (ContextSigner.Header, caller.Sign())));
            }
        }
        return accounts;
    }

    private static async Task<int> PartitionAsync(RecordsCell cell, RecordsCaller caller) =>
        (await cell.AskAsync<int>("""
            select n from generate_series(0, 15) n
            where satisfies_hash_partition('records.records'::regclass, 16, n, $1::bigint)
            """, caller.Org)).Single();

    private const string ForgetOrgInFunctions = """
        do $do$
        declare
            definition text;
        begin
            for definition in
                select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'records'::regnamespace
            loop
                execute regexp_replace(definition, '(\w+\.)?org_id = p_org', 'true', 'g');
            end loop;
        end $do$
        """;

    private sealed class RecordsWorld(RecordsCell cell, IReadOnlyList<CampaignAccount> accounts)
        : CampaignWorld("shop__", accounts)
    {
        public override IEnumerable<string> Logs() => cell.Log.Split('\n');
    }
}
