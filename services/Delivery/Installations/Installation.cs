using System.Text.Json;
using Xingchen.Contracts;
using Xingchen.Delivery.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>One act on a package of an account, as the database has it.</summary>
/// <param name="Act">Of <see cref="Acts"/>.</param>
/// <param name="Status">Of <see cref="Statuses"/>.</param>
/// <param name="Context">JSON of the <see cref="OrgContext"/> it is for.</param>
/// <param name="Grants">JSON: permissions that were granted to its code.</param>
/// <param name="Target">JSON of an <see cref="InstallationTarget"/>; null until it is worked out.</param>
/// <param name="Expected">The version of the package that must be installed when the act is carried out; null for
/// any, or none.</param>
/// <param name="Problem">JSON of an <see cref="InstallationProblem"/>; null unless it failed.</param>
/// <param name="DeleteData">Whether what the package leaves behind is exported and deleted.</param>
/// <param name="Removal">JSON of a <see cref="RemovalState"/>: how far that is; null before it was asked for.</param>
public sealed record Installation(
    long OrgId, string Id, int AccountId, string Package, string Version, string Act, string Status, string Context,
    string Grants, string? Target, string? Problem, int Attempts, DateTime CreatedAt, string CreatedBy,
    string? Expected = null, bool DeleteData = false, string? Removal = null)
{
    public AccountKey Key => new(new OrgId(OrgId), new AccountId(AccountId));

    public OrgContext ReadContext() => JsonSerializer.Deserialize<OrgContext>(Context, JsonSerializerOptions.Web)!;

    public InstallationTarget? ReadTarget() =>
        Target is null ? null : JsonSerializer.Deserialize<InstallationTarget>(Target, JsonSerializerOptions.Web);

    public RemovalState? ReadRemoval() =>
        Removal is null ? null : JsonSerializer.Deserialize<RemovalState>(Removal, JsonSerializerOptions.Web);

    public InstallationProblem? ReadProblem() =>
        Problem is null ? null : JsonSerializer.Deserialize<InstallationProblem>(Problem, JsonSerializerOptions.Web);
}

/// <summary>What can be done to a package of an account.</summary>
public static class Acts
{
    public const string Install = "install";
    public const string Upgrade = "upgrade";
    public const string Rollback = "rollback";
    public const string Uninstall = "uninstall";
}

/// <summary>How far an act is. The last three are for ever.</summary>
public static class Statuses
{
    public const string Pending = "pending";
    public const string Activating = "activating";

    /// <summary>Out of force; its data is being exported and deleted.</summary>
    public const string Removing = "removing";

    public const string Active = "active";
    public const string Removed = "removed";
    public const string Failed = "failed";
}

/// <summary>A package that is in force in an account.</summary>
/// <param name="Requested">By name, and not only because another depends on it.</param>
/// <param name="Installation">Id of the act that brought it.</param>
/// <param name="Former">The version before, to roll back to.</param>
/// <param name="Asked">JSON: permissions that its code asks for.</param>
/// <param name="Grants">JSON: permissions that the account has agreed to, also some that only the version before asks
/// for: the way back to it finds them again.</param>
public sealed record InstalledPackage(
    string Package, string Version, string Namespace, string Layer, bool Requested, string Installation,
        string? Former, string Asked, string Grants)
{
    public PackagePermissions ReadPermissions() => PackagePermissions.Of(Read(Asked), Read(Grants));

    private static string[] Read(string json) => JsonSerializer.Deserialize<string[]>(json)!;
}

/// <summary>What a package's code asks for, in the order in which it asks, and what the account has granted of
/// that.</summary>
/// <remarks>Code comes without what is missing: a new permission never keeps an account on an old version.</remarks>
public sealed record PackagePermissions(
    IReadOnlyList<string> Asked, IReadOnlyList<string> Granted, IReadOnlyList<string> Missing)
{
    public static PackagePermissions Of(IReadOnlyList<string> asked, IReadOnlyCollection<string> grants) =>
        new(asked, [.. asked.Where(grants.Contains)], [.. asked.Where(one => !grants.Contains(one))]);
}

/// <summary>All that shall be in force once an act is done, in dependency order and then by name.</summary>
public sealed record InstallationTarget(IReadOnlyList<TargetPackage> Packages)
{
    public IReadOnlyList<StackPackage> ToStack() =>
        [.. Packages.Select(p => new StackPackage(p.Name, p.Namespace, p.Version, p.Layer))];
}

/// <param name="Digest">Of the package file.</param>
/// <param name="Permissions">That its code asks for.</param>
public sealed record TargetPackage(
    string Name, string Namespace, string Version, string Layer, string Digest, bool Requested,
    IReadOnlyList<string> Permissions)
{
    /// <summary>What is told of a package that brings code which is not run; null for others.</summary>
    public PackageWarning? NotRunning { get; init; }
}

/// <summary>Why an act failed, as a caller sees it.</summary>
public sealed record InstallationProblem(
    string Type, string Title, int Status, string Detail, IReadOnlyList<Finding>? Errors)
{
    public static InstallationProblem Of(ProblemException problem) => new(problem.Problem.Type, problem.Problem.Title,
        problem.Problem.Status, problem.Detail, problem.Errors.Count == 0 ? null : problem.Errors);
}
