using System.Buffers.Text;
using System.Security.Cryptography;

namespace Xingchen.Organization.Tokens;

/// <summary>A client's secret, as it is stored: PBKDF2 with SHA-256 and a salt (RFC 8018 §5.2).</summary>
/// <remarks>
/// One iteration is enough for a secret that we made: 256 random bits cannot be guessed however fast a guess is, and a
/// slow hash would only let anyone burn our CPU at the token endpoint. The operator's secret may be a person's choice
/// and gets many. Comparison takes constant time, and an unknown client costs what a known one of ours costs.
/// </remarks>
public sealed record ClientSecret(byte[] Salt, byte[] Hash, int Iterations)
{
    private const int Bytes = 32;
    private const string Prefix = "xcs_"; // so that scanners for leaked secrets can know one

    private static readonly ClientSecret Nobody = Of(RandomNumberGenerator.GetHexString(64), 1);

    /// <summary>A new random secret: the text for the client, once, and what to store.</summary>
    public static (string Text, ClientSecret Stored) Create()
    {
        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        return (text, Of(text, 1));
    }

    public static ClientSecret Of(string text, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return new ClientSecret(salt, Derive(text, salt, iterations), iterations);
    }

    /// <summary>Whether <paramref name="text"/> is the secret; false for no client, after the same work.</summary>
    public static bool Verify(ClientSecret? stored, string text)
    {
        var against = stored ?? Nobody;
        var same =
            CryptographicOperations.FixedTimeEquals(Derive(text, against.Salt, against.Iterations), against.Hash);
        return same && stored is not null;
    }

    private static byte[] Derive(string text, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(text, salt, iterations, HashAlgorithmName.SHA256, Bytes);
}
