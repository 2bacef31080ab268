using System.Security.Cryptography;
using System.Text;

namespace Xingchen.Hosting;

/// <summary>Private keys as they rest in a database: sealed with a key derived from the context key, which lives in
/// the secret store, so that a copy of the database signs nothing.</summary>
/// <remarks>AES-256-GCM: nonce, tag, ciphertext. Pure but for the nonce; thread-safe.</remarks>
public static class SealedBytes
{
    private const int NonceBytes = 12, TagBytes = 16;

    /// <summary>The key that seals for one purpose.</summary>
    /// <param name="contextKey">Base64.</param>
    public static byte[] Key(string contextKey, string purpose) =>
        HMACSHA256.HashData(Convert.FromBase64String(contextKey), Encoding.UTF8.GetBytes(purpose));

    /// <param name="plain">Overwritten with zeros when it was sealed.</param>
    /// <param name="kind">What it is, bound to the seal.</param>
    public static byte[] Seal(byte[] key, byte[] plain, string kind)
    {
        var whole = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(whole.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(whole.AsSpan(0, NonceBytes), plain, whole.AsSpan(NonceBytes + TagBytes),
            whole.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(kind));
        CryptographicOperations.ZeroMemory(plain);
        return whole;
    }

    /// <summary>Opens what <see cref="Seal"/> made; null where another key sealed it. The caller overwrites
    /// it.</summary>
    public static byte[]? Open(byte[] key, byte[] whole, string kind)
    {
        var plain = new byte[whole.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(whole.AsSpan(0, NonceBytes), whole.AsSpan(NonceBytes + TagBytes),
                whole.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(kind));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
