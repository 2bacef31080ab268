using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace Xingchen.Gateway.Forwarding;

/// <summary>Which headers pass the edge, in and out.</summary>
public static class HeaderRules
{
    // Of one connection only: RFC 9110 §7.6.1.
    private static readonly FrozenSet<string> HopByHop = Set(
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade");

    // The token has done its work; the trace goes on from this process's own activity; Expect was answered here.
    private static readonly FrozenSet<string> OursInbound = Set(
        "Host", "Authorization", "Expect", "Forwarded", "traceparent", "tracestate", "baggage", "Request-Id",
            "Correlation-Context",
        "Content-Length");

    private static readonly FrozenSet<string> OursOutbound = Set("Server", "Date", "traceparent", "tracestate");

    /// <summary>Whether a caller's header goes on to a service.</summary>
    /// <param name="name">Of the header.</param>
    /// <param name="connection">The request's <c>Connection</c> header, which names others of one hop.</param>
    /// <remarks><b>Invariant</b>: identity is never taken from a caller's header.</remarks>
    public static bool Inbound(string name, StringValues connection) =>
        !HopByHop.Contains(name) && !OursInbound.Contains(name) && !IsIdentity(name) && !IsNamed(name, connection);

    /// <summary>Whether a service's header goes back to the caller.</summary>
    public static bool Outbound(string name) => !HopByHop.Contains(name) && !OursOutbound.Contains(name)
        && !IsIdentity(name);

    private static bool IsIdentity(string name) =>
        name.StartsWith("Xingchen-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    private static bool IsNamed(string name, StringValues connection)
    {
        foreach (var line in connection)
        foreach (var token in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (token.Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
