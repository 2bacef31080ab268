using System.Text.Json;
using Xingchen.Schema.Packages;

namespace Xingchen.Delivery.Installations;

/// <summary>What to install.</summary>
/// <param name="Version">A range; the highest released version where none is given.</param>
/// <param name="Grant">Permissions that the account gives to the package's code.</param>
internal sealed record InstallRequest(string? Package, string? Version, IReadOnlyList<string>? Grant)
{
    /// <exception cref="ProblemException"><c>content-invalid</c></exception>
    public (string Package, VersionRange Range) Read()
    {
        var findings = new List<Finding>();
        if (Package is null || !Names.Package.IsMatch(Package))
            findings.Add(new("value-invalid", "Give the name of a package.", "/package"));
        if (!VersionRange.TryParse(Version ?? "*", out var range))
            findings.Add(new("value-invalid", "Give a version or a range such as ^1.2.0.", "/version"));
        findings.AddRange(GrantRequest.Check(Grant));
        return findings.Count == 0 ? (Package!, range!) : throw GrantRequest.Invalid(findings);
    }

    /// <summary>The granted permissions as JSON.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c>: one that the version does not ask for.</exception>
    public string GrantsOf(TargetPackage package) => JsonSerializer.Serialize(
        GrantRequest.Among(package.Name, package.Version, package.Permissions, Grant ?? []).Distinct());
}

/// <summary>What to grant to a package's code, in the place of what was granted.</summary>
internal sealed record GrantRequest(IReadOnlyList<string>? Grant)
{
    private const int MostGrants = 100;

    /// <exception cref="ProblemException"><c>content-invalid</c></exception>
    public IReadOnlyList<string> Read()
    {
        List<Finding> findings = Grant is null
            ? [new("value-missing", "Give the permissions; [] for none.", "/grant")] : [.. Check(Grant)];
        return findings.Count == 0 ? Grant! : throw Invalid(findings);
    }

    public static IEnumerable<Finding> Check(IReadOnlyList<string>? grant) =>
        grant is null || (grant.Count <= MostGrants && grant.All(item => item is { Length: > 0 and <= 240 })) ? []
            : [new("value-invalid", $"Give at most {MostGrants} permissions.", "/grant")];

    /// <summary>The permissions as they were given.</summary>
    /// <exception cref="ProblemException"><c>content-invalid</c>: some that the version does not ask for.</exception>
    public static IReadOnlyList<string> Among(
        string package, string version, IReadOnlyList<string> asked, IReadOnlyList<string> grant)
    {
        var findings = grant.Index().Where(g => !asked.Contains(g.Item)).Select(g => new Finding(
            "permission-unknown", $"{package} {version} does not ask for this.", $"/grant/{g.Index}")).ToList();
        return findings.Count == 0 ? grant : throw Invalid(findings);
    }

    public static ProblemException Invalid(IReadOnlyList<Finding> findings) =>
        new(Problems.ContentInvalid, "Mend what errors lists.", [.. findings]);
}

/// <summary>Which version to upgrade to: a range; the highest released one where none is given.</summary>
internal sealed record UpgradeRequest(string? Version);
