using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Xingchen.Hosting;

/// <summary>Signs and checks the <see cref="OrgContext"/> that travels between services in
/// <see cref="Header"/>.</summary>
/// <remarks>
/// <c>base64url(JSON).base64url(HMAC-SHA256)</c>, valid for <see cref="LifetimeSeconds"/> after it was signed. The
/// gateway signs what it read from a verified token; a service that acts on its own signs with the scope
/// <c>internal</c>. Thread-safe.
/// </remarks>
public sealed class ContextSigner(IOptions<ServiceOptions> options, TimeProvider time)
{
    public const string Header = "Xingchen-Context";
    public const int LifetimeSeconds = 60;

    private readonly byte[] key = Convert.FromBase64String(options.Value.ContextKey);

    public string Sign(OrgContext context)
    {
        var envelope = new Envelope(context, time.GetUtcNow().ToUnixTimeSeconds() + LifetimeSeconds);
        var json = JsonSerializer.SerializeToUtf8Bytes(envelope, JsonSerializerOptions.Web);
        return Base64Url.EncodeToString(json) + "." + Base64Url.EncodeToString(HMACSHA256.HashData(key, json));
    }

    /// <summary>The context, or null when it is missing, forged, garbled or too old.</summary>
    public OrgContext? Verify(string? header)
    {
        if (header is null || header.IndexOf('.') is var dot && dot < 0) return null;
        try
        {
            var json = Base64Url.DecodeFromChars(header.AsSpan(0, dot));
            var mac = Base64Url.DecodeFromChars(header.AsSpan(dot + 1));
            if (!CryptographicOperations.FixedTimeEquals(mac, HMACSHA256.HashData(key, json))) return null;
            var envelope = JsonSerializer.Deserialize<Envelope>(json, JsonSerializerOptions.Web);
            return envelope is not null && envelope.Until >= time.GetUtcNow().ToUnixTimeSeconds() ? envelope.Context
                : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return null;
        }
    }

    private sealed record Envelope(OrgContext Context, long Until);
}
