using System.Globalization;

namespace Xingchen.Records.Request;

/// <summary>Reads the time of <c>asOf</c>: RFC 3339 with <c>Z</c> or an offset, to the microsecond.</summary>
internal static class AsOfTime
{
    /// <summary>How far ahead of this instance another one's clock may be: what it has written may be asked
    /// for.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(5);

    private static readonly string[] Forms =
    [
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    /// <summary>The argument <c>asOf</c>, or null where it is not given.</summary>
    public static DateTimeOffset? Take(QueryArguments arguments)
    {
        if (arguments.Text("asOf") is not { } text) return null;
        if (TryRead(text) is { } at) return at;
        arguments.Refuse("argument-malformed", null, Form);
        return null;
    }

    /// <summary>The member <c>asOf</c> of a body.</summary>
    public static DateTimeOffset? Take(QueryArguments arguments, System.Text.Json.JsonProperty member)
    {
        if (arguments.Text(member) is not { } text) return null;
        if (TryRead(text) is { } at) return at;
        arguments.Refuse("argument-malformed", "/" + member.Name, Form);
        return null;
    }

    /// <summary>As cursors carry it: microseconds since 1970.</summary>
    public static long? Micros(DateTimeOffset? at) =>
        at is { } time ? (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : null;

    public static DateTimeOffset? FromMicros(long? micros) => micros is { } value
        ? DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond) : null;

    /// <exception cref="ProblemException"><c>request-invalid</c>: the time is yet to come.</exception>
    public static void RequirePast(DateTimeOffset at, TimeProvider time)
    {
        if (at <= time.GetUtcNow() + Ahead) return;
        const string Detail = "asOf lies in the future.";
        throw new ProblemException(Problems.RequestInvalid, Detail, [new Finding("time-to-come", Detail)]);
    }

    private const string Form = "asOf is a time such as 2026-11-20T08:00:00Z; a + in an address is written %2B.";

    private static DateTimeOffset? TryRead(string text) =>
        DateTimeOffset.TryParseExact(text.ToUpperInvariant(), Forms, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond))
            : null;
}
