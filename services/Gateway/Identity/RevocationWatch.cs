using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Extensions.Options;
using Xingchen.Contracts;
using Xingchen.Hosting;

namespace Xingchen.Gateway.Identity;

/// <summary>The directory as the gateway saw it: immutable, swapped whole.</summary>
/// <param name="AskedAt">Timestamp from before the question was sent: nothing that was committed before it is
/// missing.</param>
/// <param name="Version">Of the directory.</param>
/// <param name="Granted">What was granted within the lifetime of a token, by client or user: tokens may say what was
/// before.</param>
/// <param name="TimeZones">Of accounts whose time zone is not UTC.</param>
public sealed record Snapshot(
    long AskedAt, FrozenSet<string> RevokedClients, FrozenSet<long> SuspendedOrgs,
    FrozenDictionary<string, string> Groups, FrozenDictionary<long, OrgLimits> Limits,
    long Version, FrozenDictionary<AccountKey, string> TimeZones, FrozenDictionary<string, Granted> Granted)
{
    /// <summary>Whether a caller that was let in may not go on: its client was revoked, its user deleted, its org
    /// suspended, or it is granted something else now.</summary>
    public bool Refuses(OrgContext caller) =>
        Revokes(caller.Actor, caller.Client) || SuspendedOrgs.Contains(caller.Org.Value)
        || GrantsOf(caller) != caller.Grants;

    public bool Revokes(string subject, string? client) =>
        RevokedClients.Contains(subject) || (client is not null && RevokedClients.Contains(client));

    /// <summary>What a caller is granted now: what its token says, unless that has changed since.</summary>
    public Grants? GrantsOf(OrgContext caller) =>
        Granted.TryGetValue(caller.Actor, out var granted) ? granted.Grants : caller.Grants;

    public string TimeZoneOf(AccountKey account) => TimeZones.GetValueOrDefault(account, "UTC");
}

/// <summary>What somebody is granted.</summary>
/// <param name="SeenAt">Timestamp of when the gateway learnt it.</param>
public sealed record Granted(Grants? Grants, long SeenAt);

/// <summary>Knows who is revoked or suspended, never from longer ago than a second.</summary>
/// <remarks>
/// <b>Invariant</b>: no request is let through on a snapshot older than
/// <see cref="GatewayOptions.RevocationMaxAgeMilliseconds"/>. Polls several times within that; where the polls fail,
/// requests wait for one of their own, and without it get 503: what cannot be checked is refused. Thread-safe.
/// </remarks>
public sealed class RevocationWatch(
    ServiceClient services, IOptions<GatewayOptions> options, TimeProvider time, ILogger<RevocationWatch> logger)
        : BackgroundService
{
    private static readonly TimeSpan GrantsRemembered = TimeSpan.FromSeconds(TokenClaims.LifetimeSeconds + 300);

    private readonly TimeSpan maxAge = TimeSpan.FromMilliseconds(options.Value.RevocationMaxAgeMilliseconds);
    private readonly TimeSpan pause = TimeSpan.FromMilliseconds(options.Value.RevocationPollMilliseconds);
    private readonly Lock gate = new();
    private volatile Snapshot? current;
    private Task<Snapshot>? refreshing;

    /// <summary>A snapshot that is young enough.</summary>
    /// <exception cref="ProblemException"><c>unavailable</c>: the directory does not answer.</exception>
    public ValueTask<Snapshot> FreshAsync(CancellationToken ct) =>
        current is { } snapshot && time.GetElapsedTime(snapshot.AskedAt) < maxAge
            ? ValueTask.FromResult(snapshot)
            : new ValueTask<Snapshot>(RefreshAsync().WaitAsync(ct));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        using var timer = new PeriodicTimer(pause, time);
        do
        {
            try
            {
                await RefreshAsync().WaitAsync(stoppingToken);
                if (failing) logger.LogInformation("The directory answers again");
                failing = false;
            }
            catch (ProblemException problem)
            {
                if (!failing) logger.LogWarning("The directory does not answer: {Detail}", problem.Detail);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>What was granted, as it is known and what is new. After a token's lifetime all tokens say it
    /// themselves.</summary>
    private FrozenDictionary<string, Granted> Merge(Snapshot? known, Revocations seen, long askedAt)
    {
        var before = known?.Granted ?? FrozenDictionary<string, Granted>.Empty;
        var old = before.Values.Any(granted => time.GetElapsedTime(granted.SeenAt) > GrantsRemembered);
        if (seen.Grants is null && !old) return before;
        var merged = before.Where(pair => time.GetElapsedTime(pair.Value.SeenAt) <= GrantsRemembered)
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (var grants in seen.Grants ?? []) merged[grants.Subject] = new Granted(grants.ToGrants(), askedAt);
        return merged.ToFrozenDictionary();
    }

    /// <summary>One question at a time, shared by all who wait.</summary>
    private Task<Snapshot> RefreshAsync()
    {
        lock (gate)
            return refreshing is { IsCompleted: false } running ? running : refreshing = AskAsync();
    }

    private async Task<Snapshot> AskAsync()
    {
        await Task.Yield(); // not under the lock
        var askedAt = time.GetTimestamp();
        using var late = new CancellationTokenSource(maxAge, time);
        try
        {
            var known = current; // the zones, which may be many, come again only with another version
            var path = string.Create(CultureInfo.InvariantCulture,
                $"/internal/revocations?known={known?.Version ?? 0}");
            var seen = await services.GetAsync<Revocations>(
                AppIds.Organization, path, ServiceClient.Internal(AppIds.Gateway), late.Token);
            var zones = seen.TimeZones?.ToFrozenDictionary(
                zone => new AccountKey(new OrgId(zone.Org), new AccountId(zone.Account)), zone => zone.Zone);
            return current = new Snapshot(
                askedAt, seen.RevokedClients.ToFrozenSet(), seen.SuspendedOrgs.ToFrozenSet(),
                seen.Groups.ToFrozenDictionary(), seen.Limits.ToFrozenDictionary(), seen.Version,
                zones ?? known?.TimeZones ?? FrozenDictionary<AccountKey, string>.Empty, Merge(known, seen, askedAt));
        }
        catch (OperationCanceledException)
        {
            throw new ProblemException(Problems.Unavailable, "The directory does not answer for the moment. Try again.")
                { RetryAfterSeconds = 1 };
        }
    }
}
