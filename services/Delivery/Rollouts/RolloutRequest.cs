using System.Text.Json;
using Xingchen.Hosting;

namespace Xingchen.Delivery.Rollouts;

/// <summary>The body of <c>POST /v1/rollouts</c>.</summary>
/// <param name="Waves">Own orgs, 1 %, 10 % and all where none are given.</param>
/// <param name="BakeSeconds">600 where it is not given.</param>
internal sealed record RolloutRequest(
    string? Package, string? Version, IReadOnlyList<WaveRequest>? Waves, int? BakeSeconds, HealthLimits? Limits,
    IReadOnlyList<string>? Groups)
{
    private const int MostWaves = 20;
    private const int MostOrgs = 1_000;
    internal const int MostBakeSeconds = 7 * 24 * 3600;
    internal const int UsualBakeSeconds = 600;

    internal static readonly IReadOnlyList<Wave> UsualWaves =
        [new("own", Own: true), new("1 %", Percent: 1), new("10 %", Percent: 10), new("all", Percent: 100)];

    /// <exception cref="ProblemException"><c>content-invalid</c>, with all that is wrong.</exception>
    public Rollout Read(Caller caller, string id, DateTime now)
    {
        var findings = new List<Finding>();
        if (Package is null || !Names.Package.IsMatch(Package)) Add("Give the name of a package.", "/package");
        if (Version is null || !Schema.Packages.VersionRange.TryParseVersion(Version, out _))
            Add("Give one version, such as 1.2.0.", "/version");
        if (BakeSeconds is < 0 or > MostBakeSeconds) Add($"Give 0 to {MostBakeSeconds}.", "/bakeSeconds");
        var limits = Limits ?? new HealthLimits();
        if (limits.FailureShare is not (>= 0 and <= 1)) Add("Give 0 to 1.", "/limits/failureShare");
        if (limits.RefusalShare is not (>= 0 and <= 1)) Add("Give 0 to 1.", "/limits/refusalShare");
        if (limits.Slowdown is not (>= 1 and <= 100)) Add("Give 1 to 100.", "/limits/slowdown");
        if (limits.Requests is not (>= 1 and <= 10_000)) Add("Give 1 to 10000.", "/limits/requests");
        var isPlatform = caller.Context.Has(Scopes.Platform);
        if (Groups is not null && !isPlatform) Add("Only the operator chooses groups.", "/groups");
        if (Groups is { Count: 0 or > MostOrgs } || Groups?.Any(g => g is null || g.Contains('\0')) == true)
            Add($"Give 1 to {MostOrgs} groups, or leave it out for all.", "/groups");
        var waves = Waves is null ? UsualWaves : ReadWaves(Waves, isPlatform, Add);
        if (findings.Count > 0)
            throw new ProblemException(Problems.ContentInvalid, "Mend what errors lists.", findings);
        return new Rollout(id, caller.Context.Org.Value, Package!, Version!, null,
            Groups is null ? null : JsonSerializer.Serialize(Groups),
            JsonSerializer.Serialize(waves, JsonSerializerOptions.Web), BakeSeconds ?? UsualBakeSeconds,
            JsonSerializer.Serialize(limits, JsonSerializerOptions.Web), RolloutStatuses.Running, 0, null, now,
            caller.Context.Actor, null);

        void Add(string detail, string pointer) => findings.Add(new("value-invalid", detail, pointer));
    }

    /// <summary>Reads waves; what is wrong is added with its pointer.</summary>
    internal static List<Wave> ReadWaves(
        IReadOnlyList<WaveRequest> waves, bool isPlatform, Action<string, string> add)
    {
        if (waves.Count is < 1 or > MostWaves) add($"Give 1 to {MostWaves} waves.", "/waves");
        var most = 0.0;
        var read = new List<Wave>();
        foreach (var (index, wave) in waves.Take(MostWaves).Index())
        {
            var pointer = $"/waves/{index}";
            if (wave is null || (wave.Own == true ? 1 : 0) + (wave.Orgs is null ? 0 : 1)
                + (wave.Percent is null ? 0 : 1) != 1)
            {
                add("Say own, orgs or percent: one of them.", pointer);
                continue;
            }
            if (wave.Percent is not (null or (> 0 and <= 100))) add("Give more than 0 and at most 100.",
                pointer + "/percent");
            else if (wave.Percent <= most) add($"Give more than the {most} of the wave before: orgs of earlier waves "
                + "count.", pointer + "/percent");
            most = Math.Max(most, wave.Percent ?? 0);
            // Who has a package is not the publisher's to find out by guessing codes.
            if (wave.Orgs is not null && !isPlatform) add("Only the operator names orgs; say own or percent.",
                pointer + "/orgs");
            if (wave.Orgs is { Count: 0 or > MostOrgs } || wave.Orgs?.Any(o => o is null || o.Contains('\0')) == true)
                add($"Give 1 to {MostOrgs} codes of orgs.", pointer + "/orgs");
            if (wave.Name is not (null or { Length: >= 1 and <= 80 }) || wave.Name?.Contains('\0') == true)
                add("Give a name of 1 to 80 characters.", pointer + "/name");
            read.Add(new Wave(wave.Name ?? Usual(wave, index), wave.Own == true, wave.Orgs, wave.Percent));
        }
        return read;
    }

    private static string Usual(WaveRequest wave, int index) =>
        wave.Own == true ? "own" : wave.Percent is { } percent
            ? FormattableString.Invariant($"{percent} %") : $"wave {index + 1}";
}

internal sealed record WaveRequest(string? Name, bool? Own, IReadOnlyList<string>? Orgs, double? Percent);
