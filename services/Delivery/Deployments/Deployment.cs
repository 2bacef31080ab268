using System.Text.Json;

namespace Xingchen.Delivery.Deployments;

/// <summary>A named, versioned set of package versions: what is deployed together, and promoted as it is.</summary>
/// <param name="Packages">JSON: a list of <see cref="DeployedPackage"/>, standard ones first.</param>
public sealed record DeploymentPackage(
    string Name, string Version, string Packages, DateTime CreatedAt, string CreatedBy)
{
    public IReadOnlyList<DeployedPackage> ReadPackages() =>
        JsonSerializer.Deserialize<List<DeployedPackage>>(Packages, JsonSerializerOptions.Web)!;
}

/// <param name="Layer"><c>global</c>, <c>idc</c>, <c>group</c> or <c>isv</c>.</param>
/// <param name="Digest">Of the package file.</param>
public sealed record DeployedPackage(string Name, string Version, string Layer, string Digest);

/// <summary>A logical environment, such as <c>dev</c> or <c>prod</c>, and where it is.</summary>
/// <param name="Groups">JSON: a list of cells of the IDC; null for all of them.</param>
/// <param name="Waves">JSON: how rollouts in it go.</param>
/// <param name="Package">Name of the deployment package that shall run; null where none was ever set.</param>
/// <param name="Since">When that was set.</param>
public sealed record DeploymentEnvironment(
    string Name, string Idc, string? Groups, string Waves, int BakeSeconds, int? Revision, string? Package,
    string? Version, DateTime? Since, string? By, string? Why)
{
    public IReadOnlyList<string>? ReadGroups() =>
        Groups is null ? null : JsonSerializer.Deserialize<List<string>>(Groups, JsonSerializerOptions.Web);

    public bool HasDeployment => Package is not null;
}

/// <summary>How a package of a deployment stands in an environment.</summary>
/// <param name="Package">Its name.</param>
/// <param name="Desired">The version that shall run.</param>
/// <param name="Observed">What runs, with how many accounts of orgs; for a standard layer, of cells.</param>
/// <param name="State">Of <see cref="ItemStates"/>.</param>
/// <param name="Reason">Why desired and observed differ; null where they do not.</param>
/// <param name="Rollout">Id of the rollout that brings it, or brought it; null for none.</param>
public sealed record DeploymentItem(
    string Package, string Layer, string Desired, IReadOnlyList<ObservedVersion> Observed, string State,
    string? Reason, string? Rollout);

/// <param name="Version">Null where there is none of it.</param>
/// <param name="Count">Accounts; for a standard layer, cells.</param>
public sealed record ObservedVersion(string? Version, long Count);

/// <summary>Whether what runs is what shall run.</summary>
public static class ItemStates
{
    public const string InSync = "in-sync";

    /// <summary>It is on its way.</summary>
    public const string Reconciling = "reconciling";

    /// <summary>Somebody has to look.</summary>
    public const string Blocked = "blocked";

    /// <summary>Of several, the one that asks for most.</summary>
    public static string Worst(IEnumerable<string> states)
    {
        var all = states.ToHashSet();
        return all.Contains(Blocked) ? Blocked : all.Contains(Reconciling) ? Reconciling : InSync;
    }
}
