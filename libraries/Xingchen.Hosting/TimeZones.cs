using System.Collections.Frozen;
using NodaTime;

namespace Xingchen.Hosting;

/// <summary>The time zones of the tz database, by IANA name.</summary>
/// <remarks>From NodaTime's own copy: the machine's may be missing, and two instances must reckon alike.</remarks>
public static class TimeZones
{
    /// <summary>What an account has where nobody said otherwise.</summary>
    public const string Default = "UTC";

    private static readonly FrozenSet<string> Names = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet();

    public static bool IsKnown(string name) => Names.Contains(name);

    /// <exception cref="ArgumentException">There is no such zone.</exception>
    public static DateTimeZone Find(string name) => IsKnown(name)
        ? DateTimeZoneProviders.Tzdb[name]
        : throw new ArgumentException($"There is no time zone {name}.", nameof(name));
}
