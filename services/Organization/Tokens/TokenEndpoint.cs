using System.Globalization;
using System.Text.Json.Serialization;
using Xingchen.Contracts;
using Xingchen.Hosting;

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
        HttpContext http, TokenStore store, KeyStore keys, TimeProvider time, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "no-store"; // §5.1
        http.Response.Headers.Pragma = "no-cache";
        try
        {
            var request = await ReadAsync(http, ct);
            var claims = await DecideAsync(request, store, time, ct);
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

    /// <summary>1. the client; 2. its org; 3. the scopes; 4. the account.</summary>
    private static async Task<TokenClaims> DecideAsync(TokenRequest request, TokenStore store, TimeProvider time,
        CancellationToken ct)
    {
        var client = await store.FindAsync(request.ClientId, ct);
        if (!ClientSecret.Verify(client?.Secret, request.ClientSecret)
            || client is null) throw TokenException.InvalidClient();
        if (client.Status != "active")
            throw new TokenException("unauthorized_client", "The organization is suspended (org-suspended).");
        var scopes = request.Scopes ?? client.Scopes;
        if (scopes.Count == 0 || !scopes.All(client.Scopes.Contains))
            throw new TokenException("invalid_scope", $"This client may ask for: {string.Join(' ', client.Scopes)}.");
        var org = new OrgId(client.OrgId);
        var account = await store.FindAccountAsync(org, request.Account, client.AccountId ?? 1, ct);
        if (account is not { } found || (client.AccountId is { } bound && bound != found.AccountId))
            throw TokenException.InvalidRequest("The client has no such account.");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return new TokenClaims(
            TokenClaims.Issuer, request.ClientId, client.OrgId, client.OrgCode, found.AccountId, found.Code,
            string.Join(' ', client.Scopes.Where(scopes.Contains)), client.Idc, client.GroupCode, client.Namespace,
            now + TokenClaims.LifetimeSeconds, now, Guid.CreateVersion7().ToString("n", CultureInfo.InvariantCulture));
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
