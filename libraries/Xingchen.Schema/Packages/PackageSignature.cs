using System.Security.Cryptography;
using System.Text.Json;

namespace Xingchen.Schema.Packages;

/// <summary>The file <c>SIGNATURE</c>: a publisher's key over <c>MANIFEST</c>, and by it over every other
/// file.</summary>
/// <remarks>ECDSA over P-256 with SHA-256 (FIPS 186-5; <c>ES256</c> of RFC 7518 §3.4), the two numbers one after the
/// other. ECDSA draws a number, so that two signatures of the same manifest differ: sign once and keep the
/// file.</remarks>
/// <param name="Key">Of <see cref="KeyId"/>.</param>
/// <param name="Value">64 bytes.</param>
public sealed record PackageSignature(string Key, ReadOnlyMemory<byte> Value)
{
    private const string Algorithm = "ES256";
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>What a public key is called: <c>sha256:</c> of its SubjectPublicKeyInfo (RFC 5280 §4.1).</summary>
    public static string KeyId(ECDsa key) => Digest.Of(key.ExportSubjectPublicKeyInfo()).Value;

    /// <summary>Reads a public or private key.</summary>
    /// <returns>Null where the text is no key of the curve P-256 in PEM. The caller disposes of it.</returns>
    public static ECDsa? ReadKey(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.ExportParameters(false).Curve.Oid.Value == P256) return key;
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            // No key, or one that the platform does not know.
        }
        key.Dispose();
        return null;
    }

    /// <summary>Signs the bytes of <c>MANIFEST</c>.</summary>
    public static PackageSignature Sign(ECDsa key, ReadOnlySpan<byte> checksums) =>
        new(KeyId(key), key.SignData(checksums, HashAlgorithmName.SHA256));

    /// <summary>Whether the key made it of these bytes.</summary>
    public bool IsOf(ECDsa key, ReadOnlySpan<byte> checksums) =>
        key.VerifyData(checksums, Value.Span, HashAlgorithmName.SHA256);

    public byte[] ToFile() => CanonicalJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("algorithm", Algorithm);
        writer.WriteString("key", Key);
        writer.WriteBase64String("signature", Value.Span);
        writer.WriteEndObject();
    });

    /// <returns>Null where the bytes are no signature of this form.</returns>
    internal static PackageSignature? Parse(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var document = JsonDocument.Parse(file);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Count() == 3
                && root.TryGetProperty("algorithm", out var algorithm) && algorithm.ValueEquals(Algorithm)
                && root.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String
                && root.TryGetProperty("signature", out var value) && value.ValueKind == JsonValueKind.String
                && value.TryGetBytesFromBase64(out var bytes) && bytes.Length == 64
                ? new PackageSignature(key.GetString()!, bytes) : null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
