using System.ComponentModel.DataAnnotations;

namespace Xingchen.Organization;

/// <summary>What the directory is told by its host.</summary>
public sealed class OrganizationOptions
{
    public const string Section = "Organization";

    /// <summary>Iterations of PBKDF2 for a secret that a person may have chosen: the operator's.</summary>
    [Range(10_000, 10_000_000)]
    public int ChosenSecretIterations { get; init; } = 100_000;

    /// <summary>Seconds that <c>GET /v1/topology</c> waits for each service's health.</summary>
    [Range(1, 30)]
    public int TopologySeconds { get; init; } = 2;
}
