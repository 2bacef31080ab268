using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Xingchen.Schema.Transparency;

/// <summary>The signed head of the log of packages: what it held at a moment.</summary>
/// <param name="Size">Entries.</param>
/// <param name="Root">Of their Merkle tree, base64.</param>
/// <param name="Timestamp">When it was signed, UTC: <c>2026-01-31T12:00:00Z</c>.</param>
/// <param name="Key">The id of the installation's key, as <see cref="Packages.PackageSignature.KeyId"/>.</param>
/// <param name="Signature">ECDSA over P-256 with SHA-256, the two numbers one after the other, base64.</param>
public sealed record LogHead(long Size, string Root, string Timestamp, string Key, string Signature)
{
    public static LogHead Sign(ECDsa key, long size, byte[] root, DateTimeOffset at)
    {
        var head = new LogHead(size, Convert.ToBase64String(root), Time(at), Packages.PackageSignature.KeyId(key), "");
        return head with
        {
            Signature = Convert.ToBase64String(key.SignData(head.Signed(), HashAlgorithmName.SHA256)),
        };
    }

    /// <summary>Whether the key made the signature.</summary>
    public bool IsOf(ECDsa key)
    {
        var bytes = new byte[64];
        return Key == Packages.PackageSignature.KeyId(key)
            && Convert.TryFromBase64String(Signature, bytes, out var length) && length == bytes.Length
            && key.VerifyData(Signed(), bytes, HashAlgorithmName.SHA256);
    }

    /// <summary>As entries and heads write moments.</summary>
    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What is signed: four lines, so that nothing else that the key may ever sign can be taken for
    /// it.</summary>
    private byte[] Signed() => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"xingchen log head v1\n{Size}\n{Root}\n{Timestamp}\n"));
}
