using Xingchen.Contracts;
using Xingchen.Delivery.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>What would happen: the answer of <c>POST /v1/installations/plan</c>.</summary>
/// <param name="Version">The version that would be installed; null where none can be.</param>
/// <param name="Packages">Everything that would be installed afterwards.</param>
/// <param name="Overlays">Of this account, on what would change.</param>
/// <param name="Permissions">That the packages' code asks for.</param>
/// <param name="Impact">What it means for what this account has; null where that could not be found out.</param>
/// <param name="Blocked">Why it cannot be done; empty where it can.</param>
/// <param name="Warnings">What does not stop it: code that is not run, packages that were tested with other versions
/// than they would run with; null where nothing would be done.</param>
internal sealed record PlanBody(
    string Package, string? Version, IReadOnlyList<PlannedPackage> Packages, PlannedItems Objects, PlannedItems Fields,
    IReadOnlyList<StackItem> Overlays, IReadOnlyList<string> Permissions, IReadOnlyList<Finding> Blocked,
    IReadOnlyList<PackageWarning>? Warnings = null, PlanImpact? Impact = null)
{
    public static PlanBody None(string package, IReadOnlyList<Finding> blocked) =>
        new(package, null, [], PlannedItems.None, PlannedItems.None, [], [], blocked);

    public static PlanBody Of(
        string package, InstallationTarget target, IReadOnlyList<InstalledPackage> installed,
            StackDifference? difference,
        IReadOnlyList<Finding> blocked)
    {
        var before = installed.ToDictionary(i => i.Package);
        return new PlanBody(package, target.Packages.First(p => p.Name == package).Version,
            [.. target.Packages.Select(p => PlannedPackage.Of(p, before.GetValueOrDefault(p.Name)))],
            PlannedItems.Of(difference, item => item.Field is null),
            PlannedItems.Of(difference, item => item.Field is not null),
            difference?.Overlaid ?? [],
            [.. target.Packages.SelectMany(p => p.Permissions).Distinct().Order(StringComparer.Ordinal)], blocked)
        {
            Warnings = [.. from p in target.Packages
                let warning = p.NotRunning
                where warning is not null
                select warning with { Detail = $"{p.Name} {p.Version}: {warning.Detail}" }],
        };
    }
}

/// <param name="Records">Records that would be refused at their next change, by what would refuse them.</param>
/// <param name="Definitions">The account's own definitions that speak of what changes or goes.</param>
internal sealed record PlanImpact(IReadOnlyList<ImpactItem> Records, IReadOnlyList<StackUse> Definitions);

/// <param name="Installed">The version that is installed now, or null.</param>
/// <param name="Change"><c>install</c>, <c>upgrade</c> (to another version) or <c>none</c>.</param>
/// <param name="Asked">Permissions that its code asks for; of these what is granted already, and what is not.</param>
internal sealed record PlannedPackage(
    string Name, string Version, string Digest, string? Installed, string Change, IReadOnlyList<string> Asked,
    IReadOnlyList<string> Granted, IReadOnlyList<string> Missing)
{
    public static PlannedPackage Of(TargetPackage package, InstalledPackage? installed)
    {
        var permissions = PackagePermissions.Of(package.Permissions, installed?.ReadPermissions().Granted ?? []);
        return new(package.Name, package.Version, package.Digest, installed?.Version,
            installed is null ? "install" : installed.Version == package.Version ? "none" : "upgrade",
            permissions.Asked, permissions.Granted, permissions.Missing);
    }
}

/// <summary>Objects or fields that differ afterwards.</summary>
internal sealed record PlannedItems(
    IReadOnlyList<StackItem> Added, IReadOnlyList<StackItem> Changed, IReadOnlyList<StackItem> Removed,
    IReadOnlyList<StackItem> Deprecated)
{
    public static PlannedItems None { get; } = new([], [], [], []);

    public static PlannedItems Of(StackDifference? difference, Func<StackItem, bool> which) => difference is null
        ? None
        : new([.. difference.Added.Where(which)], [.. difference.Changed.Where(which)],
            [.. difference.Removed.Where(which)],
            [.. difference.Changed.Where(item => which(item) && item.Properties?.Contains("deprecated") == true)]);
}
