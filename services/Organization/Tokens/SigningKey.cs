using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Organization.Tokens;

/// <summary>The key pair that signs tokens: ECDSA on P-256 with SHA-256, <c>ES256</c> (RFC 7518 §3.4).</summary>
/// <remarks>Immutable; signing is thread-safe because each signature opens the key anew from its parameters.</remarks>
public sealed class SigningKey
{
    private const string SealedAs = "xingchen signing key";

    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly ECParameters parameters;
    private readonly string header;

    private SigningKey(ECParameters parameters)
    {
        this.parameters = parameters;
        Public = ToJwk(parameters.Q);
        header =
            Base64Url.EncodeToString(
                JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", kid = Public.Kid, typ = "JWT" }));
    }

    public Jwk Public { get; }

    public static SigningKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new SigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    /// <summary>A JWS in compact form (RFC 7515 §7.1).</summary>
    public string Sign(TokenClaims claims)
    {
        var input = header + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, Json));
        using var key = ECDsa.Create(parameters);
        // The default format is r and s side by side, which is what RFC 7518 §3.4 asks for.
        var signature = key.SignData(System.Text.Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256);
        return input + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] ExportPublic()
    {
        using var key = ECDsa.Create(parameters);
        return key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>The private key, sealed with <paramref name="sealingKey"/>.</summary>
    public byte[] Seal(byte[] sealingKey)
    {
        using var key = ECDsa.Create(parameters);
        return SealedBytes.Seal(sealingKey, key.ExportPkcs8PrivateKey(), SealedAs);
    }

    /// <summary>Opens what <see cref="Seal"/> made; null where another key sealed it.</summary>
    public static SigningKey? Unseal(byte[] whole, byte[] sealingKey)
    {
        if (SealedBytes.Open(sealingKey, whole, SealedAs) is not { } plain) return null;
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(plain, out _);
        CryptographicOperations.ZeroMemory(plain);
        return new SigningKey(key.ExportParameters(includePrivateParameters: true));
    }

    public static Jwk ReadPublic(byte[] subjectPublicKeyInfo)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return ToJwk(key.ExportParameters(includePrivateParameters: false).Q);
    }

    /// <remarks>The key's id is its thumbprint (RFC 7638), so that the same key has the same id everywhere.</remarks>
    private static Jwk ToJwk(ECPoint point)
    {
        var x = Base64Url.EncodeToString(point.X);
        var y = Base64Url.EncodeToString(point.Y);
        var thumbprint = SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(
            $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
        return new Jwk("EC", "P-256", x, y, Base64Url.EncodeToString(thumbprint));
    }
}
