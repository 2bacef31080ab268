namespace Xingchen.Contracts;

/// <summary>The keys that tokens are signed with (RFC 7517): <c>GET /oauth/jwks</c>.</summary>
public sealed record Jwks(IReadOnlyList<Jwk> Keys);

/// <summary>A public P-256 key (RFC 7518 §6.2.1). All values base64url.</summary>
public sealed record Jwk(string Kty, string Crv, string X, string Y, string Kid, string Use = "sig",
    string Alg = "ES256");

/// <summary>What a token says (RFC 7519): the names of its claims are these in camel case, shortened where the RFC has
/// a name.</summary>
/// <param name="Iss">Always <see cref="Issuer"/>.</param>
/// <param name="Sub">The client's id, or the user's.</param>
/// <param name="Org">The org's id.</param>
/// <param name="OrgCode">Its code.</param>
/// <param name="Account">The account's id.</param>
/// <param name="AccountCode">Its code.</param>
/// <param name="Scope">Scopes, parted by blanks.</param>
/// <param name="Idc">The site that served the org when the token was made.</param>
/// <param name="Group">The cell that did.</param>
/// <param name="Ns">The org's publisher namespace, or null.</param>
/// <param name="Exp">Unix seconds from which it is not valid.</param>
/// <param name="Iat">Unix seconds at which it was made.</param>
/// <param name="Jti">Unique.</param>
/// <param name="Client">The client that acts for the user <paramref name="Sub"/>; null where a client acts for
/// itself.</param>
/// <param name="Sets">Permission sets that the caller had when the token was made; null where it was not
/// restricted.</param>
/// <param name="Attributes">Its attributes then, as a JSON object; null where it was not restricted.</param>
public sealed record TokenClaims(
    string Iss, string Sub, long Org, string OrgCode, int Account, string AccountCode, string Scope,
    string Idc, string Group, string? Ns, long Exp, long Iat, string Jti,
    string? Client = null, IReadOnlyList<string>? Sets = null, string? Attributes = null)
{
    public const string Issuer = "xingchen";

    /// <summary>Seconds that a token lives: revocations are remembered for longer than that.</summary>
    public const int LifetimeSeconds = 3600;
}
