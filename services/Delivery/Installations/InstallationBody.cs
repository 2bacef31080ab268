namespace Xingchen.Delivery.Installations;

/// <summary>An act as a caller sees it.</summary>
/// <param name="Granted">Of what the package's code asks for; like the other two null where this act is not the one
/// that brought what is installed.</param>
/// <param name="Deleted">Records of the package that were deleted so far, or lost their values; like the next three
/// null where no data is deleted.</param>
/// <param name="Of">How many there are; null also until the export is complete.</param>
/// <param name="Export">The address of the export; see <c>GET /v1/exports/{id}</c>.</param>
/// <param name="ExportUntil">When the export is thrown away; null also until all is deleted.</param>
internal sealed record InstallationBody(
    string Id, string Package, string Version, string Act, string Status, IReadOnlyList<string>? Granted,
    IReadOnlyList<string>? Asked, IReadOnlyList<string>? Missing, InstallationProblem? Problem, long? Deleted, long? Of,
    string? Export, DateTime? ExportUntil, DateTime CreatedAt, string CreatedBy)
{
    /// <param name="installed">What is installed in the act's account.</param>
    public static InstallationBody From(Installation act, IReadOnlyList<InstalledPackage> installed)
    {
        var permissions = installed.FirstOrDefault(i => i.Installation == act.Id)?.ReadPermissions();
        var removal = act.ReadRemoval();
        return new(act.Id, act.Package, act.Version, act.Act, act.Status, permissions?.Granted, permissions?.Asked,
            permissions?.Missing, act.ReadProblem(), removal?.Deleted, removal?.Of, removal?.Export,
            removal?.ExportUntil, act.CreatedAt, act.CreatedBy);
    }
}

internal sealed record InstallationList(IReadOnlyList<InstallationBody> Installations, string? Next);
