using System.Collections.Concurrent;
using NodaTime;
using Xingchen.Hosting;
using Xingchen.Schema.Expressions;

namespace Xingchen.Records.Plan;

/// <summary>The instant and the time zone that a query reckons its days from: the same on all its pages.</summary>
/// <param name="Now">The instant.</param>
/// <param name="Zone">The IANA name of the account's zone.</param>
public sealed record QueryClock(DateTimeOffset Now, string Zone)
{
    public static QueryClock Utc(DateTimeOffset now) => new(now, TimeZones.Default);

    public DateOnly Today => Instant.FromDateTimeOffset(Now).InZone(TimeZones.Find(Zone)).Date.ToDateOnly();

    /// <summary>When a day begins: its midnight, or where the clocks skip that, the first instant after it.</summary>
    /// <remarks>A day that begins before year 1 or after year 9999 begins at that bound.</remarks>
    public DateTimeOffset Start(DateOnly day) =>
        Zone == TimeZones.Default ? new DateTimeOffset(day, default, default) : ZoneDays.Of(Zone).Start(day);

    /// <summary>What expressions are run with.</summary>
    /// <param name="user">Who asks, as in <c>createdBy</c>.</param>
    public ExpressionMoment MomentFor(string user)
    {
        var now = Now.UtcDateTime;
        return new ExpressionMoment(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)), Today, user,
            day => Start(day).UtcDateTime);
    }
}

/// <summary>When the days of a zone begin, also as the table that SQL reckons with.</summary>
/// <remarks>The table is ours and not PostgreSQL's, which has a tz database of its own: a date in a query and a date in
/// a record must begin at the same instant. Until <see cref="LastYear"/>; later the table goes on with its last
/// entry. Immutable.</remarks>
internal sealed class ZoneDays
{
    private const int LastYear = 2150;

    // at most as many as there are zones
    private static readonly ConcurrentDictionary<string, ZoneDays> Known = new();

    private readonly DateTimeZone zone;

    private ZoneDays(DateTimeZone zone)
    {
        this.zone = zone;
        var second = new LocalDate(1, 1, 2);
        // the first day begins at the bound where the zone is ahead of UTC
        var (since, seconds) = (new List<DateTime> { second.AtMidnight().InUtc().ToDateTimeUtc() },
            new List<int> { Math.Min(0, Ahead(second)), Ahead(second) });
        foreach (var day in Candidates())
        {
            var ahead = Ahead(day);
            if (ahead == seconds[^1]) continue;
            since.Add(day.AtMidnight().InUtc().ToDateTimeUtc());
            seconds.Add(ahead);
        }
        (Since, Seconds) = ([.. since], [.. seconds]);
    }

    /// <summary>The days, as midnights UTC, from which on the zone is ahead of UTC by other seconds than
    /// before.</summary>
    public DateTime[] Since { get; }

    /// <summary>Those seconds: the first before all of <see cref="Since"/>, then one for each of it.</summary>
    public int[] Seconds { get; }

    public static ZoneDays Of(string zone) => Known.GetOrAdd(zone, name => new ZoneDays(TimeZones.Find(name)));

    public DateTimeOffset Start(DateOnly day)
    {
        var start = StartOf(LocalDate.FromDateOnly(day));
        var least = NodaConstants.BclEpoch;
        return start < least ? DateTimeOffset.MinValue : start.ToDateTimeOffset();
    }

    private Instant StartOf(LocalDate day)
    {
        var midnight = zone.MapLocal(day.AtMidnight());
        return midnight.Count == 0 ? midnight.EarlyInterval.End : midnight.First().ToInstant();
    }

    private int Ahead(LocalDate day) => (int)(day.AtMidnight().InUtc().ToInstant() - StartOf(day)).TotalSeconds;

    /// <summary>The days around every change of the zone's offset.</summary>
    private IEnumerable<LocalDate> Candidates()
    {
        var from = Instant.FromUtc(1, 1, 3, 0, 0);
        return zone.GetZoneIntervals(from, Instant.FromUtc(LastYear, 12, 31, 0, 0))
            .Where(interval => interval.HasStart && interval.Start > from)
            .SelectMany(interval => Enumerable.Range(-1, 4).Select(interval.Start.InUtc().Date.PlusDays))
            .Distinct().Order();
    }
}
