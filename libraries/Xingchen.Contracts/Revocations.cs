namespace Xingchen.Contracts;

/// <summary>What the gateway must know of the directory to refuse a token that is still well signed, and to find a
/// cell.</summary>
/// <param name="Version">Grows with every change, in the change's own transaction. What ages out leaves without
/// one.</param>
/// <param name="RevokedClients">Clients revoked, and users deleted, within the lifetime of a token.</param>
/// <param name="SuspendedOrgs">Orgs that are suspended, or were erased within the lifetime of a token.</param>
/// <param name="Groups">The site of every group, by group.</param>
/// <param name="Limits">Limits of orgs that differ from the default, by org.</param>
/// <param name="TimeZones">The accounts whose time zone is not UTC; null where the caller named this very version as
/// the one it knows (<c>?known=</c>).</param>
/// <param name="Grants">Whose grants have changed after the version that the caller knows, within the lifetime of a
/// token: older tokens say otherwise.</param>
/// <remarks>Served by Organization at <c>GET /internal/revocations</c>, for the scope <c>internal</c>.</remarks>
public sealed record Revocations(
    long Version,
    IReadOnlyList<string> RevokedClients,
    IReadOnlyList<long> SuspendedOrgs,
    IReadOnlyDictionary<string, string> Groups,
    IReadOnlyDictionary<long, OrgLimits> Limits,
    IReadOnlyList<AccountTimeZone>? TimeZones = null,
    IReadOnlyList<SubjectGrants>? Grants = null);

/// <summary>The time zone of one account, by its IANA name.</summary>
public sealed record AccountTimeZone(long Org, int Account, string Zone);

/// <summary>What a client or a user is granted now.</summary>
/// <param name="Subject">Its id.</param>
/// <param name="Sets">Names of permission sets; null where it is not restricted.</param>
/// <param name="Attributes">A flat JSON object.</param>
public sealed record SubjectGrants(string Subject, IReadOnlyList<string>? Sets, string Attributes)
{
    public Grants? ToGrants() => Sets is null ? null : new Grants(Sets, Attributes);
}

/// <summary>Limits of one org; null is the installation's default.</summary>
/// <param name="RequestsPerSecond">1 to 1,000,000.</param>
public sealed record OrgLimits(int? RequestsPerSecond);
