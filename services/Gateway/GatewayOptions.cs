using System.ComponentModel.DataAnnotations;

namespace Xingchen.Gateway;

/// <summary>What the edge allows, and how it watches the directory.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Bytes of a body on routes that take JSON.</summary>
    [Range(1024, 1L << 30)]
    public long JsonBodyBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Bytes of an uploaded package.</summary>
    [Range(1024, 4L << 30)]
    public long PackageBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Requests per second of an org, with a burst of as many; 0 is no limit. An org's own limit goes before
    /// it.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecond { get; init; }

    /// <summary>Milliseconds between two looks at who is revoked or suspended.</summary>
    [Range(10, 900)]
    public int RevocationPollMilliseconds { get; init; } = 250;

    /// <summary>Milliseconds after which what was seen is too old to let anyone through: revocation's promise is 1
    /// s.</summary>
    [Range(100, 10_000)]
    public int RevocationMaxAgeMilliseconds { get; init; } = 1000;

    /// <summary>Seconds that a service may take to begin its answer, counted from the end of the request's
    /// body.</summary>
    [Range(1, 3600)]
    public int ResponseSeconds { get; init; } = 120;

    /// <summary>Milliseconds between two reports to Delivery of how the requests of accounts end.</summary>
    [Range(100, 60_000)]
    public int HealthReportMilliseconds { get; init; } = 2_000;
}
