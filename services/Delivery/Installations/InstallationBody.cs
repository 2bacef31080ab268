namespace Xingchen.Delivery.Installations;

/// <summary>An act as a caller sees it.</summary>
/// <param name="Granted">Of what the package's code asks for; like the other two null where this act is not the one
/// that brought what is installed.</param>
internal sealed record InstallationBody(
    string Id, string Package, string Version, string Act, string Status, IReadOnlyList<string>? Granted,
    IReadOnlyList<string>? Asked, IReadOnlyList<string>? Missing, InstallationProblem? Problem, DateTime CreatedAt,
    string CreatedBy)
{
    /// <param name="installed">What is installed in the act's account.</param>
    public static InstallationBody Of(Installation act, IReadOnlyList<InstalledPackage> installed)
    {
        var permissions = installed.FirstOrDefault(i => i.Installation == act.Id)?.ReadPermissions();
        return new(act.Id, act.Package, act.Version, act.Act, act.Status, permissions?.Granted, permissions?.Asked,
            permissions?.Missing, act.ReadProblem(), act.CreatedAt, act.CreatedBy);
    }
}

internal sealed record InstallationList(IReadOnlyList<InstallationBody> Installations, string? Next);
