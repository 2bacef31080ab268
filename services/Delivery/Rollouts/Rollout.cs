using System.Text.Json;

namespace Xingchen.Delivery.Rollouts;

/// <summary>Another version of a package on its way to the accounts that have the package.</summary>
/// <param name="OrgId">Who started it.</param>
/// <param name="Environment">Whose deployment asked for it; null for none.</param>
/// <param name="Groups">JSON: a list of the cells it is for; null for all.</param>
/// <param name="Waves">JSON: a list of <see cref="Rollouts.Wave"/>.</param>
/// <param name="BakeSeconds">How long an account is watched after its upgrade before it counts as healthy.</param>
/// <param name="Limits">JSON of <see cref="HealthLimits"/>.</param>
/// <param name="Status">Of <see cref="RolloutStatuses"/>.</param>
/// <param name="Wave">The one that is under way, from 0.</param>
/// <param name="Reason">Why it was halted.</param>
public sealed record Rollout(
    string Id, long OrgId, string Package, string Version, string? Environment, string? Groups, string Waves,
    int BakeSeconds,
    string Limits, string Status, int Wave, string? Reason, DateTime CreatedAt, string CreatedBy, DateTime? EndedAt)
{
    public IReadOnlyList<string>? ReadGroups() =>
        Groups is null ? null : JsonSerializer.Deserialize<List<string>>(Groups, JsonSerializerOptions.Web);

    public IReadOnlyList<Wave> ReadWaves() =>
        JsonSerializer.Deserialize<List<Wave>>(Waves, JsonSerializerOptions.Web)!;

    public HealthLimits ReadLimits() => JsonSerializer.Deserialize<HealthLimits>(Limits, JsonSerializerOptions.Web)!;
}

/// <summary>Orgs that get the version together: one of the three says which. An org is in the first wave that it fits.
/// </summary>
/// <param name="Own">Those of whoever starts the rollout.</param>
/// <param name="Orgs">By their codes.</param>
/// <param name="Percent">So much of all orgs, those of the waves before included; which is drawn once.</param>
public sealed record Wave(string Name, bool Own = false, IReadOnlyList<string>? Orgs = null, double? Percent = null);

/// <summary>How a rollout stands. The last two are for ever.</summary>
public static class RolloutStatuses
{
    /// <summary>Of a rollout that can still go on.</summary>
    public static IReadOnlyList<string> Open { get; } = [Running, Paused, Halted];

    public const string Running = "running";
    public const string Paused = "paused";
    public const string Halted = "halted";
    public const string Completed = "completed";
    public const string Aborted = "aborted";
}

/// <summary>How an account stands in a rollout.</summary>
public static class AccountStatuses
{
    public const string Waiting = "waiting";
    public const string Upgrading = "upgrading";
    public const string Baking = "baking";
    public const string Healthy = "healthy";

    /// <summary>Its org has removed the package or taken another version meanwhile.</summary>
    public const string Skipped = "skipped";

    /// <summary>The upgrade was refused: it has the former version.</summary>
    public const string Failed = "failed";

    public const string RollingBack = "rolling-back";
    public const string RolledBack = "rolled-back";

    /// <summary>The way back was refused: it has the new version.</summary>
    public const string Stuck = "stuck";
}
