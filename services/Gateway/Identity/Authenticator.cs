using System.Collections.Concurrent;
using Xingchen.Contracts;

namespace Xingchen.Gateway.Identity;

/// <summary>Who calls: from a bearer token (RFC 6750) to an <see cref="OrgContext"/>.</summary>
public sealed class Authenticator(SigningKeys keys, RevocationWatch revocations, TimeProvider time)
{
    private const int MostVerified = 20_000;

    // Checking a signature costs about 0.1 ms, so a token that was once found well signed is not checked again. Whether
    // it is alive, revoked or suspended is asked at every request.
    private readonly ConcurrentDictionary<string, TokenClaims> verified = new(StringComparer.Ordinal);

    /// <summary>1. the header; 2. form and signature; 3. lifetime; 4. revocation; 5. suspension.</summary>
    /// <exception cref="ProblemException"><c>unauthenticated</c>, <c>org-suspended</c>, <c>unavailable</c>.</exception>
    public async ValueTask<(OrgContext Context, Snapshot Directory)> AuthenticateAsync(HttpContext http,
        CancellationToken ct)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0) throw Refused("Send Authorization: Bearer with a token of POST /oauth/token.");
        if (header.Count > 1 || header[0] is not { } value
            || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            throw Refused("The Authorization header is not one bearer token.");
        var text = value["Bearer ".Length..].Trim();
        if (!verified.TryGetValue(text, out var claims)) claims = await VerifyAsync(text, ct);
        if (!Token.IsAlive(claims, time.GetUtcNow()))
        {
            verified.TryRemove(text, out _);
            throw Refused("The token has run out. Get another.");
        }
        var directory = await revocations.FreshAsync(ct);
        if (directory.Revokes(claims.Sub, claims.Client)) throw Refused("The client was revoked, or the user deleted.");
        if (directory.SuspendedOrgs.Contains(claims.Org))
            throw new ProblemException(Problems.OrgSuspended,
                "The platform's operator has suspended this organization.");
        var context = Token.ToContext(claims);
        return (context with
        {
            TimeZone = directory.TimeZoneOf(context.Key), Grants = directory.GrantsOf(context),
        }, directory);
    }

    private async ValueTask<TokenClaims> VerifyAsync(string text, CancellationToken ct)
    {
        var token = Token.Parse(text) ?? throw Refused("This is no token of ours.");
        using var key = await keys.FindAsync(token.Kid, ct);
        if (key is null || !token.IsSigned(key)) throw Refused("The token is not signed by us.");
        if (verified.Count >= MostVerified) verified.Clear();
        verified[text] = token.Claims;
        return token.Claims;
    }

    private static ProblemException Refused(string detail) => new(Problems.Unauthenticated, detail);
}
