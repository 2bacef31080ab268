using System.Globalization;
using System.Text.Json.Serialization;
using Xingchen.Contracts;
using Xingchen.Hosting;
using Xingchen.Organization.Directory;

namespace Xingchen.Organization.Tokens;

/// <summary><c>POST /oauth/token</c> (RFC 6749) and <c>GET /oauth/jwks</c> (RFC 7517).</summary>
public static class TokenEndpoint
{
    public static void MapTokens(this WebApplication app)
    {
        app.MapPost("/oauth/token", IssueAsync);
        app.MapGet("/oauth/jwks", async (HttpContext http, KeyStore keys, CancellationToken ct) =>
        {
            http.Response.Headers.CacheControl = "public, max-age=60";
            return Results.Ok(await keys.PublicAsync(ct));
        });
    }

    private static async Task<IResult> IssueAsync(
        HttpContext http, TokenStore store, UserStore users, KeyStore keys, TimeProvider time, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "no-store"; // §5.1
        http.Response.Headers.Pragma = "no-cache";
        try
        {
            var request = await ReadAsync(http, ct);
            var claims = await DecideAsync(request, store, users, time, ct);
            var token = (await keys.CurrentAsync(ct)).Sign(claims);
            return Results.Json(new TokenResponse(token, "Bearer", TokenClaims.LifetimeSeconds, claims.Scope));
        }
        catch (TokenException failure)
        {
            if (failure.Status == 401) http.Response.Headers.WWWAuthenticate =
                "Basic realm=\"xingchen\", charset=\"UTF-8\"";
            return Results.Json(new TokenFailure(failure.Error, failure.Message), statusCode: failure.Status);
        }
    }

    private static async Task<TokenRequest> ReadAsync(HttpContext http, CancellationToken ct)
    {
        if (!http.Request.HasFormContentType
            || http.Request.ContentType?.StartsWith(TokenRequest.Form, StringComparison.OrdinalIgnoreCase) != true)
            throw TokenException.InvalidRequest($"Send {TokenRequest.Form}.");
        if (http.Request.ContentLength > TokenRequest.MostBytes) throw TokenException.InvalidRequest(
            "The form is too large.");
        try
        {
            var form = await http.Request.ReadFormAsync(
                new Microsoft.AspNetCore.Http.Features.FormOptions
                {
                    ValueCountLimit = 20, KeyLengthLimit = 64, ValueLengthLimit = 4096,
                        BufferBodyLengthLimit = TokenRequest.MostBytes,
                }, ct);
            return TokenRequest.Read(form.ToDictionary(pair => pair.Key, pair => pair.Value),
                http.Request.Headers.Authorization);
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            throw TokenException.InvalidRequest("The form is not well-formed, or too large.");
        }
    }

    /// <summary>1. the client; 2. its org; 3. the scopes; 4. the user, where it is for one; 5. the account.</summary>
    private static async Task<TokenClaims> DecideAsync(TokenRequest request, TokenStore store, UserStore users,
        TimeProvider time, CancellationToken ct)
    {
        var client = await store.FindAsync(request.ClientId, ct);
        if (!ClientSecret.Verify(client?.Secret, request.ClientSecret)
            || client is null) throw TokenException.InvalidClient();
        if (client.Status != "active")
            throw new TokenException("unauthorized_client", "The organization is suspended (org-suspended).");
        // What a user does, he does with records: no other scope is for users.
        string[] most = request.User is null ? client.Scopes : [.. client.Scopes.Where(scope => scope == Scopes.Data)];
        var scopes = request.Scopes ?? most;
        if (scopes.Count == 0 || !scopes.All(most.Contains))
            throw new TokenException("invalid_scope", $"This client may ask for: {string.Join(' ', most)}.");
        var org = new OrgId(client.OrgId);
        var grants = request.User is null ? client.Grants
            : await GrantsOfAsync(client, users, org, request.User, ct);
        var account = await store.FindAccountAsync(org, request.Account, client.AccountId ?? 1, ct);
        if (account is not { } found || (client.AccountId is { } bound && bound != found.AccountId))
            throw TokenException.InvalidRequest("The client has no such account.");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return new TokenClaims(
            TokenClaims.Issuer, request.User ?? request.ClientId, client.OrgId, client.OrgCode, found.AccountId,
            found.Code,
            string.Join(' ', client.Scopes.Where(scopes.Contains)), client.Idc, client.GroupCode, client.Namespace,
            now + TokenClaims.LifetimeSeconds, now, Guid.CreateVersion7().ToString("n", CultureInfo.InvariantCulture),
            request.User is null ? null : request.ClientId, grants?.Sets, grants?.Attributes);
    }

    private static async Task<Grants> GrantsOfAsync(
        TokenClient client, UserStore users, OrgId org, string user, CancellationToken ct)
    {
        if (!client.ActsForUsers)
            throw new TokenException("unauthorized_client", "This client does not act for users.");
        return await users.FindGrantsAsync(org, user, ct)
            ?? throw TokenException.InvalidRequest("The organization has no such user.");
    }

    private sealed record TokenResponse(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scope")] string Scope);

    private sealed record TokenFailure(
        [property: JsonPropertyName("error")] string Error,
        [property: JsonPropertyName("error_description")] string Description);
}
