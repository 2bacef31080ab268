using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xingchen.Benchmarks.Compare;
using Xingchen.Testing.Http;

namespace Xingchen.Benchmarks.Orgs;

/// <summary>How what metadata costs is measured.</summary>
/// <param name="Orgs">Numbers of orgs, ascending.</param>
/// <param name="Seed">Of the <see cref="OrgSpread"/>.</param>
/// <param name="Samples">Orgs that are created, asked and changed one after the other at each number.</param>
/// <param name="Connections">How many ask at once, where all orgs are asked.</param>
internal sealed record MetadataOptions(int[] Orgs, int Seed, int Samples, int Connections);

/// <summary>Milliseconds of one thing, done one after the other.</summary>
internal sealed record Timing(double P50, double P99, int Count)
{
    public static Timing Of(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        if (sorted.Length == 0) return new Timing(0, 0, 0);
        return new Timing(sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)], sorted.Length);
    }
}

/// <summary>What was measured at one number of orgs.</summary>
/// <param name="OwnStacks">Orgs among them that have a package or private fields.</param>
/// <param name="FillPerSecond">Orgs of the fixture made a second, through the gateway.</param>
/// <param name="CreateOrg">At Organization.</param>
/// <param name="ColdOrg">The first request of an org that Records has never seen, with the standard product.</param>
/// <param name="AddField">A private field, at Metadata, to an account with few.</param>
/// <param name="NextRequest">The first request to Records after it: a schema of its own is compiled.</param>
/// <param name="CreateCpu">Milliseconds of CPU of Organization for an org, which other load moves less.</param>
/// <param name="AddFieldCpu">Of Metadata for a private field.</param>
/// <param name="Release">A standard field put in force for all of them.</param>
internal sealed record MetadataStep(int Orgs, int OwnStacks, double FillPerSecond, Timing CreateOrg, Timing ColdOrg,
    Timing AddField, Timing NextRequest, double CreateCpu, double AddFieldCpu, StandardRelease Release);

/// <summary>A standard field, put in force for all orgs.</summary>
/// <param name="Seconds">Until the publisher had his answer.</param>
/// <param name="OrgRows">Rows that it wrote to tables about orgs.</param>
/// <param name="OtherRows">Of others.</param>
/// <param name="Asked">Orgs that were then asked once each, at Records and at Metadata.</param>
/// <param name="Stale">Answers without the new field.</param>
/// <param name="AskedSeconds">How long that took.</param>
/// <param name="Records">Of each at Records.</param>
/// <param name="Metadata">Of each at Metadata.</param>
internal sealed record StandardRelease(double Seconds, IReadOnlyDictionary<string, long> OrgRows,
    IReadOnlyDictionary<string, long> OtherRows, int Asked, int Stale, double AskedSeconds,
    Timing Records, Timing Metadata);

/// <summary>Promise 5: what metadata costs, however many orgs there are.</summary>
internal sealed class MetadataRun(MetadataOptions options)
{
    private const string List = "/v1/objects/Customer/records?limit=1";
    private const string Described = "/v1/objects/Customer";
    private const int FieldsPerSample = 5;

    private int samples;
    private int releases;

    /// <param name="file">Also writes the result there as JSON; null does not.</param>
    public async Task RunAsync(string? file)
    {
        await using var system = await WholeSystem.StartAsync();
        var fixture = new OrgFixture(
            system.Host.Url, await system.Host.OperatorAsync(), options.Seed, options.Connections);
        var steps = new List<MetadataStep>();
        Timing hundreds;
        using (var services = new Services(system))
        {
            await fixture.FillAsync(0, 1);
            await SampleAsync(services, Math.Max(60, options.Samples)); // until the services' code is compiled
            await ReleaseAsync(system, services);
            var there = 0;
            foreach (var orgs in options.Orgs)
            {
                var (created, seconds) = await fixture.FillAsync(there, orgs);
                there = orgs;
                await SweepAsync(services, await services.Rows.OrgsAsync(), null);
                var step = await SampleAsync(services, options.Samples);
                steps.Add(step with
                {
                    Orgs = orgs, FillPerSecond = created / seconds, Release = await ReleaseAsync(system, services),
                    OwnStacks = (await services.Rows.OrgsAsync()).Count(org => !org.IsPlain) - samples,
                });
            }
            hundreds = await AddToManyAsync(services);
        }
        await system.RestartAsync();
        using var fresh = new Services(system);
        var memory = await new OrgMemory(system, orgs => SweepAsync(fresh, orgs, null))
            .MeasureAsync(await fresh.Rows.OrgsAsync());
        await MetadataReport.ShowAsync(options, steps, hundreds, memory, file);
    }

    /// <summary>Creates orgs one after the other, and asks and changes each.</summary>
    private async Task<MetadataStep> SampleAsync(Services services, int count)
    {
        var (create, cold, add, next) = (new List<double>(), new List<double>(), new List<double>(),
            new List<double>());
        double Cpu(StraightService service) => ProcessCosts.Cpu(service.ProcessId);
        var (organizationCpu, metadataCpu) = (Cpu(services.Organization), Cpu(services.Metadata));
        for (var i = 0; i < count; i++)
        {
            var code = $"sample-{samples++}";
            create.Add(await services.Organization.TimeAsync(
                HttpMethod.Post, "/v1/orgs", StraightService.Operator, new { code, name = code }));
            var org = StraightService.Of(await services.Rows.NewestAsync());
            cold.Add(await services.Records.TimeAsync(HttpMethod.Get, List, org));
            for (var field = 0; field < FieldsPerSample; field++)
            {
                add.Add(await AddFieldAsync(services, org, $"c__s{field}"));
                next.Add(await services.Records.TimeAsync(HttpMethod.Get, $"{List}&select=c__s{field}", org));
            }
        }
        return new MetadataStep(0, 0, 0, Timing.Of(create), Timing.Of(cold), Timing.Of(add), Timing.Of(next),
            (Cpu(services.Organization) - organizationCpu) * 1000 / create.Count,
            (Cpu(services.Metadata) - metadataCpu) * 1000 / add.Count, null!);
    }

    /// <summary>Adds private fields to the org that has most.</summary>
    private static async Task<Timing> AddToManyAsync(Services services)
    {
        var org = StraightService.Of(await services.Rows.LargestAsync());
        var times = new List<double>();
        for (var field = 0; field < 30; field++) times.Add(await AddFieldAsync(services, org, $"c__s{field}"));
        return Timing.Of(times.Skip(1)); // the first reads and resolves the account's stack
    }

    private static Task<double> AddFieldAsync(Services services, Model.OrgContext org, string field) =>
        services.Metadata.TimeAsync(HttpMethod.Put, $"/v1/metadata/objects/Customer/fields/{field}", org,
            new { type = "text", length = 40, label = new { en = $"{field} of {org.OrgCode}" } });

    /// <summary>Puts a release of the standard product with one field more in force, and asks every org at once
    /// after.</summary>
    private async Task<StandardRelease> ReleaseAsync(WholeSystem system, Services services)
    {
        var (field, version) = ($"bench{++releases}", $"1.{releases}.0");
        var (id, secret) = await system.Host.OperatorAsync();
        using (var @operator = await ApiCaller.SignInAsync(system.Host.Url, id, secret))
            await OrgFixture.ReleaseAsync(@operator, "group/trade", packed => packed.Path switch
            {
                "package.json" => Changed(packed.Content, json => json["version"] = version),
                "metadata/objects/Customer.json" => Changed(packed.Content, AddFields),
                _ => packed.Content,
            });
        var orgs = await services.Rows.OrgsAsync();
        var answered = await services.Metadata.TimeAsync(HttpMethod.Post, "/v1/groups/main/release",
            StraightService.Operator, new { package = "trade", version });
        var (ofOrgs, others) = await services.Rows.WrittenByReleaseAsync();
        var sweep = await SweepAsync(services, orgs, field);
        return new StandardRelease(answered / 1000, ofOrgs, others, orgs.Count, sweep.Stale, sweep.Seconds,
            sweep.Records, sweep.Metadata);

        void AddFields(JsonNode json)
        {
            for (var i = 1; i <= releases; i++)
                json["fields"]!.AsArray().Add((JsonNode)new JsonObject
                {
                    ["name"] = $"bench{i}", ["type"] = "text", ["length"] = 40,
                    ["label"] = new JsonObject { ["en"] = $"Benchmark {i}", ["zh-CN"] = $"基准 {i}" },
                });
        }
    }

    private static byte[] Changed(ReadOnlyMemory<byte> content, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(content.Span)!;
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>Asks every org once at Records and once at Metadata.</summary>
    /// <param name="services">Which.</param>
    /// <param name="orgs">Whom.</param>
    /// <param name="field">Of Customer, that answers must know; null for none.</param>
    private async Task<(int Stale, double Seconds, Timing Records, Timing Metadata)> SweepAsync(
        Services services, IReadOnlyList<(long Org, bool IsPlain)> orgs, string? field)
    {
        var (records, metadata) = (new double[orgs.Count], new double[orgs.Count]);
        var stale = 0;
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, orgs.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Connections },
            async (at, _) =>
            {
                var org = StraightService.Of(orgs[at].Org);
                var listed = await services.Records.AskAsync(
                    HttpMethod.Get, field is null ? List : $"{List}&select={field}", org);
                var described = await services.Metadata.AskAsync(HttpMethod.Get, Described, org);
                (records[at], metadata[at]) = (listed.Milliseconds, described.Milliseconds);
                if (listed.Status != HttpStatusCode.OK || described.Status != HttpStatusCode.OK
                    || (field is not null
                        && !described.Body.Contains($"\"{field}\"", StringComparison.Ordinal)))
                    Interlocked.Increment(ref stale);
            });
        return (stale, clock.Elapsed.TotalSeconds, Timing.Of(records), Timing.Of(metadata));
    }

    /// <summary>The services that are asked, and their databases.</summary>
    private sealed class Services(WholeSystem system) : IDisposable
    {
        public StraightService Organization { get; } = system.Straight("Organization");

        public StraightService Metadata { get; } = system.Straight("Metadata");

        public StraightService Records { get; } = system.Straight("Records");

        public CellRows Rows { get; } = new(
            system.OwnerConnection("Records", "cell"), system.OwnerConnection("Organization", "organization"));

        public void Dispose()
        {
            Organization.Dispose();
            Metadata.Dispose();
            Records.Dispose();
        }
    }
}
