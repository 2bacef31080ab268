using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.Invoke;

/// <summary>One invocation from app to app, and what its headers become.</summary>
internal readonly record struct Hop(AppSidecar Caller, AppSidecar Callee, TraceContext Trace)
{
    /// <summary>Headers that are for this connection only (RFC 9110, 7.6.1), or that the sidecar writes
    /// itself.</summary>
    private static readonly FrozenSet<string> NotForwarded = FrozenSet.ToFrozenSet(
        [
            "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate",
                "Transfer-Encoding",
            "Upgrade", "HTTP2-Settings", "TE", "Trailer", "Expect", "Host",
            "traceparent", "tracestate", "dapr-caller-app-id", "dapr-caller-namespace", "dapr-callee-app-id",
                "dapr-app-id",
            SidecarApi.TokenHeader,
        ], StringComparer.OrdinalIgnoreCase);

    private const string ForwardedFor = "X-Forwarded-For";
    private const string ForwardedHost = "X-Forwarded-Host";
    private const string Forwarded = "Forwarded";
    private const string Address = "127.0.0.1";

    /// <summary>Writes the caller's headers and the sidecar's own.</summary>
    public void Write(IHeaderDictionary inbound, HttpRequestMessage request)
    {
        var named = NamedByConnection(inbound.Connection);
        foreach (var (name, values) in inbound)
        {
            if (NotForwarded.Contains(name) || named?.Contains(name) == true) continue;
            if (!Add(request.Headers, name, values))
                Add((request.Content ??= new EmptyContent()).Headers, name, values);
        }
        var headers = request.Headers;
        headers.TryAddWithoutValidation("traceparent", Trace.Parent);
        if (Trace.State is not null) headers.TryAddWithoutValidation("tracestate", Trace.State);
        headers.TryAddWithoutValidation("dapr-caller-app-id", Caller.AppId);
        headers.TryAddWithoutValidation("dapr-caller-namespace", Caller.Host.Options.Namespace);
        headers.TryAddWithoutValidation("dapr-callee-app-id", Callee.AppId);
        headers.TryAddWithoutValidation(ForwardedFor, Address);
        headers.TryAddWithoutValidation(ForwardedHost, Address);
        headers.TryAddWithoutValidation(Forwarded, "for=127.0.0.1;by=127.0.0.1;host=127.0.0.1");
        if (Callee.Options.AppToken is { Length: > 0 } token)
            headers.TryAddWithoutValidation(SidecarApi.TokenHeader, token);
    }

    /// <summary>Copies an answer's headers to the caller.</summary>
    public static void CopyBack(HttpResponseMessage answer, IHeaderDictionary outbound)
    {
        var named = answer.Headers.NonValidated.TryGetValues("Connection", out var connection)
            ? NamedByConnection(connection.ToString()) : null;
        CopyBack(answer.Headers.NonValidated, outbound, named);
        CopyBack(answer.Content.Headers.NonValidated, outbound, named);
    }

    private static void CopyBack(HttpHeadersNonValidated headers, IHeaderDictionary outbound, HashSet<string>? named)
    {
        foreach (var (name, values) in headers)
        {
            if (IsOfConnection(name) || named?.Contains(name) == true) continue;
            outbound[name] = values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
        }
    }

    private static bool IsOfConnection(string name) =>
        NotForwarded.Contains(name) && name is not ("traceparent" or "tracestate");

    private static bool Add(HttpHeaders headers, string name, StringValues values) => values.Count == 1
        ? headers.TryAddWithoutValidation(name, values[0])
        : headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);

    /// <summary>The headers that <c>Connection</c> names, which are of the connection too; null for none of
    /// note.</summary>
    private static HashSet<string>? NamedByConnection(string? connection)
    {
        if (string.IsNullOrEmpty(connection)
            || connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
            || connection.Equals("close", StringComparison.OrdinalIgnoreCase)) return null;
        var names = connection.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new HashSet<string>(names, StringComparer.OrdinalIgnoreCase);
    }
}
