using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xingchen.Contracts;

namespace Xingchen.Gateway.Identity;

/// <summary>A JSON Web Token in compact form, taken apart but not yet believed (RFC 7515 §7.1, RFC 7519).</summary>
/// <param name="Kid">Which key it says it is signed with.</param>
/// <param name="Claims">What it says.</param>
/// <param name="Input">What the signature is over.</param>
/// <param name="Signature">r and s, 32 bytes each (RFC 7518 §3.4).</param>
public sealed record Token(string Kid, TokenClaims Claims, byte[] Input, byte[] Signature)
{
    public const int MostCharacters = 8192;

    /// <summary>Seconds by which the clocks of an issuer and of this gateway may differ.</summary>
    public const int ClockSkewSeconds = 60;

    /// <summary>Takes a token apart; null for anything but a token of ours in form.</summary>
    /// <remarks>The algorithm is pinned to ES256: what the header names is compared, never obeyed (RFC 8725
    /// §3.1).</remarks>
    public static Token? Parse(string text)
    {
        if (text.Length > MostCharacters) return null;
        var first = text.IndexOf('.');
        var second = text.IndexOf('.', first + 1);
        if (first < 0 || second < 0 || text.IndexOf('.', second + 1) >= 0) return null;
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(text.AsSpan(0, first)));
            var root = header.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "alg") != "ES256"
                || Text(root, "kid") is not { } kid) return null;
            if (root.TryGetProperty("crit", out _)) return null; // RFC 7515 §4.1.11: understood or refused
            var claims = JsonSerializer.Deserialize<TokenClaims>(
                Base64Url.DecodeFromChars(text.AsSpan((first + 1)..second)), JsonSerializerOptions.Web);
            var signature = Base64Url.DecodeFromChars(text.AsSpan(second + 1));
            if (claims is null || signature.Length != 64) return null;
            return new Token(kid, claims, Encoding.ASCII.GetBytes(text[..second]), signature);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether the key signed it and it says what a token of ours must.</summary>
    public bool IsSigned(ECDsa key) => key.VerifyData(Input, Signature, HashAlgorithmName.SHA256) && IsSound(Claims);

    public static bool IsAlive(TokenClaims claims, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        return claims.Exp > seconds && claims.Iat <= seconds + ClockSkewSeconds;
    }

    public static OrgContext ToContext(TokenClaims claims) => new(
        new OrgId(claims.Org), claims.OrgCode, new AccountId(claims.Account), claims.AccountCode, claims.Sub,
        claims.Scope.Split(' '), claims.Idc, claims.Group, claims.Ns,
        Grants: claims.Sets is null ? null : new Grants(claims.Sets, claims.Attributes ?? "{}"),
        Client: claims.Client);

    private static bool IsSound(TokenClaims claims) =>
        claims.Iss == TokenClaims.Issuer && claims.Org > 0 && claims.Account > 0
        && !string.IsNullOrEmpty(claims.Sub) && !string.IsNullOrEmpty(claims.OrgCode)
            && !string.IsNullOrEmpty(claims.AccountCode)
        && !string.IsNullOrEmpty(claims.Idc) && !string.IsNullOrEmpty(claims.Group)
        && (claims.Client is null || claims.Sets is not null) // a user is never unrestricted
        && claims.Scope?.Split(' ') is { Length: > 0 } scopes
        && scopes.All(scope => scope is Scopes.Platform or Scopes.Publisher or Scopes.Admin or Scopes.Data);

    private static string? Text(JsonElement header, string name) =>
        header.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()
            : null;
}
