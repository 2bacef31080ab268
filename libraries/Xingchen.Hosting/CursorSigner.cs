using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Xingchen.Hosting;

/// <summary>Makes cursors that only their own caller can use, and only where they came from.</summary>
/// <remarks>
/// <c>base64url(HMAC-SHA-256 over purpose, org, account and payload, cut to 16 bytes; payload)</c>. The payload is
/// readable to who holds the cursor, so it may carry only what that caller has seen. Cursors do not age. Thread-safe.
/// </remarks>
public sealed class CursorSigner(IOptions<ServiceOptions> options)
{
    private const int MacBytes = 16;
    private const int MostCharacters = 4096;

    // A key of its own, so that nothing signed as a cursor can stand as a context or the other way round.
    private readonly byte[] key =
        HMACSHA256.HashData(Convert.FromBase64String(options.Value.ContextKey), "xingchen cursor v1"u8);

    /// <param name="purpose">The route and what shapes its pages (filter, order): a cursor of another is
    /// refused.</param>
    /// <param name="caller">Whom the page was for.</param>
    /// <param name="payload">Where to go on from.</param>
    public string Sign(string purpose, AccountKey caller, string payload)
    {
        var text = Encoding.UTF8.GetBytes(payload);
        var cursor = new byte[MacBytes + text.Length];
        Mac(purpose, caller, text, cursor);
        text.CopyTo(cursor, MacBytes);
        return Base64Url.EncodeToString(cursor);
    }

    /// <summary>The payload of a cursor that <see cref="Sign"/> made for the same purpose and caller.</summary>
    /// <exception cref="ProblemException"><c>cursor-invalid</c>: garbled, made up, another caller's or another
    /// list's.</exception>
    public string Open(string purpose, AccountKey caller, string cursor)
    {
        if (cursor.Length <= MostCharacters && TryDecode(cursor) is { Length: >= MacBytes } bytes)
        {
            Span<byte> mac = stackalloc byte[MacBytes];
            Mac(purpose, caller, bytes.AsSpan(MacBytes), mac);
            if (CryptographicOperations.FixedTimeEquals(mac, bytes.AsSpan(0, MacBytes)))
                return Encoding.UTF8.GetString(bytes, MacBytes, bytes.Length - MacBytes);
        }
        throw new ProblemException(
            Problems.CursorInvalid,
                "Use a cursor that this list gave you, with the same filter and order, or start without one.");
    }

    private void Mac(string purpose, AccountKey caller, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        var name = Encoding.UTF8.GetBytes(purpose);
        Span<byte> head = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(head, caller.Org.Value);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], caller.Account.Value);
        BinaryPrimitives.WriteInt32BigEndian(head[12..],
            name.Length); // so that purpose and payload cannot run together
        mac.AppendData(head);
        mac.AppendData(name);
        mac.AppendData(payload);
        Span<byte> whole = stackalloc byte[32];
        mac.GetHashAndReset(whole);
        whole[..MacBytes].CopyTo(destination);
    }

    private static byte[]? TryDecode(string cursor)
    {
        try
        {
            return Base64Url.DecodeFromChars(cursor);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
