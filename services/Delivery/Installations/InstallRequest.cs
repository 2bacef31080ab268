using System.Text.Json;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>What to install.</summary>
/// <param name="Version">A range; the highest released version where none is given.</param>
/// <param name="Grant">Permissions that the account gives to the package's code.</param>
internal sealed record InstallRequest(string? Package, string? Version, IReadOnlyList<string>? Grant)
{
    private const int MostGrants = 100;

    /// <exception cref="ProblemException"><c>content-invalid</c></exception>
    public (string Package, VersionRange Range) Read()
    {
        var findings = new List<Finding>();
        if (Package is null || !Names.Package.IsMatch(Package))
            findings.Add(new("value-invalid", "Give the name of a package.", "/package"));
        if (!VersionRange.TryParse(Version ?? "*", out var range))
            findings.Add(new("value-invalid", "Give a version or a range such as ^1.2.0.", "/version"));
        if (Grant is { } grant && (grant.Count > MostGrants
            || grant.Any(item => item is not { Length: > 0 and <= 240 })))
            findings.Add(new("value-invalid", $"Give at most {MostGrants} permissions.", "/grant"));
        return findings.Count == 0 ? (Package!, range!) : throw Invalid(findings);
    }

    /// <summary>The granted permissions as JSON.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c>: one that the version does not ask for.</exception>
    public string GrantsOf(TargetPackage package)
    {
        var findings = (Grant ?? []).Index().Where(g => !package.Permissions.Contains(g.Item)).Select(g => new Finding(
            "permission-unknown", $"{package.Name} {package.Version} does not ask for this.", $"/grant/{g.Index}"))
                .ToList();
        return findings.Count == 0 ? JsonSerializer.Serialize(Grant ?? []) : throw Invalid(findings);
    }

    private static ProblemException Invalid(List<Finding> findings) =>
        new(Problems.ContentInvalid, "Mend what errors lists.", findings);
}

/// <summary>Which version to upgrade to: a range; the highest released one where none is given.</summary>
internal sealed record UpgradeRequest(string? Version);
