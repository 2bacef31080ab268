using Xingchen.Benchmarks.Compare;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>Memory that idle orgs take, after each was asked once, in kB each.</summary>
/// <param name="Shared">Of an org whose schema others have too.</param>
/// <param name="Own">Of an org with a stack of its own.</param>
/// <param name="All">Of an org of the whole spread.</param>
/// <param name="SharedOrgs">How many were asked between the two readings.</param>
/// <param name="OwnOrgs">Of the others.</param>
/// <param name="Processes">Private MB by process: at first, with the shared ones, with all.</param>
internal sealed record MemoryPerOrg(double Shared, double Own, double All, int SharedOrgs, int OwnOrgs,
    IReadOnlyList<ProcessReading> Processes);

/// <param name="Counts">Whether it is one of .NET's, which is what is divided by orgs.</param>
internal sealed record ProcessReading(string Name, bool Counts, IReadOnlyList<double> PrivateMegabytes);

/// <summary>Reads private memory of all processes of the system before and after orgs are asked.</summary>
internal sealed class OrgMemory(
    WholeSystem system, Func<IReadOnlyList<(long Org, bool IsPlain)>, Task> ask)
{
    private const int First = 100;

    /// <param name="orgs">All there are.</param>
    public async Task<MemoryPerOrg> MeasureAsync(IReadOnlyList<(long Org, bool IsPlain)> orgs)
    {
        var plain = orgs.Where(org => org.IsPlain).ToList();
        var own = orgs.Where(org => !org.IsPlain).ToList();
        var first = plain.Take(First).ToList();
        // As many requests as come then: what grows with them and not with orgs has grown.
        for (var i = 0; i <= orgs.Count / First; i++) await ask(first);
        var readings = new List<IReadOnlyDictionary<string, double>> { await ReadAsync() };
        foreach (var part in new[] { plain.Skip(First).ToList(), own })
        {
            await ask(part);
            for (var i = 0; i < 2; i++) await ask(first); // leaves the same behind each time
            readings.Add(await ReadAsync());
        }
        var processes = readings[0].Keys.Select(name => new ProcessReading(
            name, name != Postgres, [.. readings.Select(reading => reading.GetValueOrDefault(name))])).ToList();
        var sums = Enumerable.Range(0, readings.Count)
            .Select(i => processes.Where(p => p.Counts).Sum(p => p.PrivateMegabytes[i]) * 1024).ToArray();
        var (shared, others) = (plain.Count - first.Count, own.Count);
        return new MemoryPerOrg((sums[1] - sums[0]) / Math.Max(1, shared), (sums[2] - sums[1]) / Math.Max(1, others),
            (sums[2] - sums[0]) / Math.Max(1, shared + others), shared, others, processes);
    }

    private const string Postgres = "PostgreSQL, all processes";

    /// <summary>Of each process, after a full collection in those of .NET.</summary>
    private async Task<IReadOnlyDictionary<string, double>> ReadAsync()
    {
        var read = new Dictionary<string, double> { [Postgres] = 0 };
        foreach (var child in system.Host.Children())
        {
            var assembly = child.Command.Split(' ')
                .FirstOrDefault(word => word.EndsWith(".dll", StringComparison.Ordinal));
            if (assembly is null) read[Postgres] += ProcessCosts.PrivateMegabytes(child.Id);
            else read[Path.GetFileNameWithoutExtension(assembly)] = await CollectedAsync(child.Id);
        }
        read["AppHost with the sidecars"] = await CollectedAsync(system.Host.ProcessId);
        return read;
    }

    private static async Task<double> CollectedAsync(int process)
    {
        // Twice: what had a finalizer goes with the second.
        for (var i = 0; i < 2; i++) await HeapCollection.RunAsync(process);
        return ProcessCosts.PrivateMegabytes(process);
    }
}
