using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Gateway.Identity;

/// <summary>The public keys of the directory, by id; fetched when a token names one that is not known.</summary>
/// <remarks>At most one fetch a second, whatever tokens name. Thread-safe.</remarks>
public sealed class SigningKeys(ServiceClient services, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim fetching = new(1, 1);
    private volatile FrozenDictionary<string, ECParameters> keys = FrozenDictionary<string, ECParameters>.Empty;
    private long fetchedAt;

    /// <summary>The key, or null where the directory has none of this id. The caller disposes of it.</summary>
    /// <exception cref="ProblemException"><c>unavailable</c>: the directory does not answer.</exception>
    public async ValueTask<ECDsa?> FindAsync(string kid, CancellationToken ct)
    {
        if (keys.TryGetValue(kid, out var known)) return ECDsa.Create(known);
        await fetching.WaitAsync(ct);
        try
        {
            if (!keys.ContainsKey(kid) && (fetchedAt == 0 || time.GetElapsedTime(fetchedAt) >= BetweenFetches))
            {
                var fetched = await services.GetAsync<Jwks>(
                    AppIds.Organization, "/oauth/jwks", ServiceClient.Internal(AppIds.Gateway), ct);
                keys = fetched.Keys.Where(key => key is { Kty: "EC", Crv: "P-256" })
                    .ToFrozenDictionary(key => key.Kid, Read);
                fetchedAt = time.GetTimestamp();
            }
        }
        finally
        {
            fetching.Release();
        }
        return keys.TryGetValue(kid, out known) ? ECDsa.Create(known) : null;
    }

    public void Dispose() => fetching.Dispose();

    private static ECParameters Read(Jwk key) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(key.X), Y = Base64Url.DecodeFromChars(key.Y) },
    };
}
