using Xingchen.Testing;

namespace Xingchen.Benchmarks.Compare;

/// <summary>The sides for one number of orgs, each with the same records.</summary>
/// <param name="Orgs">How many orgs have records.</param>
/// <param name="Others">What ours is compared with.</param>
/// <param name="Ours">Xingchen's Records.</param>
internal sealed record ComparedCell(int Orgs, IReadOnlyList<Side> Others, Side Ours)
{
    /// <summary>Starts the services and fills their databases.</summary>
    /// <param name="server">Where their databases are.</param>
    /// <param name="orgs">How many orgs.</param>
    /// <param name="mean">Records of an org on average: <see cref="OrgSizes"/>.</param>
    public static async Task<ComparedCell> StartAsync(ComparedServer server, int orgs, int mean)
    {
        var databases = new[] { $"hand_written_{orgs}", $"ef_core_{orgs}", $"cell_{orgs}" };
        var handWritten = await server.StartTypedAsync(databases[0], "hand-written");
        var entityFramework = await server.StartTypedAsync(databases[1], "ef-core");
        var records = await server.StartRecordsAsync(databases[2]);
        SideProcesses Of(ServiceProcess service) =>
            new(service.Address, [service.ProcessId], server.Postgres.ProcessId);
        var cell = new ComparedCell(orgs,
        [
            new TypedSide("hand-written", "", orgs, Of(handWritten), server.Sign),
            new TypedSide("hand-written + audit", "/audited", orgs, Of(handWritten), server.Sign),
            new TypedSide("EF Core", "", orgs, Of(entityFramework), server.Sign),
        ],
            new RecordsSide("Xingchen", orgs, Of(records), server.Sign));
        await Task.WhenAll(
            FillAsync(server, databases[0], cell.Others[0], mean, CloneSql.Typed),
            FillAsync(server, databases[1], cell.Others[2], mean, CloneSql.Typed),
            FillAsync(server, databases[2], cell.Ours, mean, CloneSql.Records));
        foreach (var side in cell.Others.Append(cell.Ours)) await side.LearnAsync();
        return cell;
    }

    private static async Task FillAsync(ComparedServer server, string database, Side side, int mean, string clone)
    {
        side.SignAnew();
        for (var org = 0; org < Math.Min(side.Orgs, OrgSizes.Templates); org++)
            await side.ImportAsync(org, Rows.Csv(0, OrgSizes.Of(org, mean)));
        if (side.Orgs > OrgSizes.Templates)
            await server.ExecuteAsync(database, clone.Replace("{0}", side.Orgs.ToString(), StringComparison.Ordinal));
        await server.ExecuteAsync(database, "vacuum analyze");
    }
}
