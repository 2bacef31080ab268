namespace Xingchen.Model;

/// <summary>Who calls, for which org and account, with which scopes: what the gateway stamps on every
/// request.</summary>
/// <param name="Org">The org of the token.</param>
/// <param name="OrgCode">Its code, for messages and for the caller's own addresses.</param>
/// <param name="Account">The account of the token.</param>
/// <param name="AccountCode">Its code.</param>
/// <param name="Actor">The client (or user) that calls: what <c>createdBy</c> and the change log record.</param>
/// <param name="Scopes">Of <see cref="Model.Scopes"/>; never empty.</param>
/// <param name="Idc">The site that serves the org.</param>
/// <param name="Group">The cell that serves the org.</param>
/// <param name="Namespace">The org's publisher namespace, or null.</param>
/// <param name="TimeZone">The IANA name of the zone that the account reckons its days in.</param>
/// <param name="Grants">What the caller may do with records; null where it is not restricted.</param>
/// <param name="Client">The client that acts for the user <paramref name="Actor"/>; null where a client acts for
/// itself.</param>
/// <remarks>Immutable and signed on the wire; a service believes nothing about identity that is not in it.</remarks>
public sealed record OrgContext(
    OrgId Org,
    string OrgCode,
    AccountId Account,
    string AccountCode,
    string Actor,
    IReadOnlyList<string> Scopes,
    string Idc,
    string Group,
    string? Namespace = null,
    string TimeZone = "UTC",
    Grants? Grants = null,
    string? Client = null)
{
    public AccountKey Key => new(Org, Account);

    public bool Has(string scope) => Scopes.Contains(scope);
}

/// <summary>The scopes a token can carry.</summary>
public static class Scopes
{
    public const string Platform = "platform";
    public const string Publisher = "publisher";
    public const string Admin = "admin";
    public const string Data = "data";

    /// <summary>Service to service, on nobody's behalf. Never in a token, never stamped by the gateway.</summary>
    public const string Internal = "internal";
}
