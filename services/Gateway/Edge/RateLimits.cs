using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Xingchen.Gateway.Identity;

namespace Xingchen.Gateway.Edge;

/// <summary>How many requests an org may make: a token bucket each, of one second's requests.</summary>
/// <remarks>Counted by each instance for itself. Answers carry <c>RateLimit</c> and <c>RateLimit-Policy</c>
/// (draft-ietf-httpapi-ratelimit-headers-10) where there is a limit. Thread-safe.</remarks>
public sealed class RateLimits(IOptions<GatewayOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<(long Org, int Rate), TokenBucketRateLimiter> buckets = new();

    /// <summary>The org's requests per second, or null.</summary>
    public int? MaximumOf(OrgId org, Snapshot directory)
    {
        var rate = directory.Limits.TryGetValue(org.Value, out var own) && own.RequestsPerSecond is { } given
            ? given : options.Value.RequestsPerSecond;
        return rate > 0 ? rate : null;
    }

    /// <summary>Requests of this second so far.</summary>
    public int UsedOf(OrgId org, int rate) =>
        buckets.TryGetValue((org.Value, rate), out var bucket)
            ? rate - (int)Math.Min(rate, bucket.GetStatistics()?.CurrentAvailablePermits ?? rate) : 0;

    /// <summary>Counts one request.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c>, with <c>Retry-After</c>.</exception>
    public void Take(HttpContext http, OrgId org, Snapshot directory)
    {
        if (MaximumOf(org, directory) is not { } rate) return;
        var bucket = buckets.GetOrAdd((org.Value, rate), Create);
        using var lease = bucket.AttemptAcquire();
        var left = rate - UsedOf(org, rate);
        // On the response whatever becomes of it: a problem clears the headers that are set by then.
        http.Response.OnStarting(() =>
        {
            http.Response.Headers["RateLimit-Policy"] =
                string.Create(CultureInfo.InvariantCulture, $"\"org\";q={rate};w=1");
            http.Response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"org\";r={left};t=1");
            return Task.CompletedTask;
        });
        if (!lease.IsAcquired)
            throw new ProblemException(Problems.RateLimited,
                $"This organization may make {rate} requests per second.") { RetryAfterSeconds = 1 };
    }

    public void Dispose()
    {
        foreach (var bucket in buckets.Values) bucket.Dispose();
    }

    private static TokenBucketRateLimiter Create((long Org, int Rate) key)
    {
        // Refilled ten times a second, or as often as whole requests allow.
        var parts = Math.Min(10, key.Rate);
        return new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = key.Rate,
            TokensPerPeriod = Math.Max(1, key.Rate / parts),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / parts),
            QueueLimit = 0,
        });
    }
}
