using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Xingchen.Hosting;

/// <summary>Carries a path through sidecars byte for byte, and reads its segments exactly.</summary>
/// <remarks>
/// A sidecar decodes and cleans the path that it invokes: <c>a%2Fb</c> would arrive as two segments. The gateway
/// therefore sends a path that is not plain in <see cref="Header"/> beside a plain stand-in, and the service puts it
/// back here. Inbound headers of that name are stripped at the edge, so the header is the gateway's word.
/// </remarks>
public static class PathSegments
{
    public const string Header = "Xingchen-Path";

    /// <summary>Whether a sidecar hands this path on as it is: unreserved characters only, no empty or dot
    /// segments.</summary>
    public static bool IsPlain(string path)
    {
        foreach (var character in path.AsSpan())
        {
            if (!char.IsAsciiLetterOrDigit(character)
                && character is not ('/' or '-' or '_' or '~' or '.')) return false;
        }
        return !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal)
            && !path.EndsWith('/');
    }

    /// <summary>The segments of the request's path, each decoded once: <c>a%2Fb</c> is one segment
    /// <c>a/b</c>.</summary>
    /// <remarks>Route values are not that exact: there <c>%2F</c> stays encoded and <c>%252F</c> looks the
    /// same.</remarks>
    public static string[] Segments(this HttpContext http) => Split(RawPath(http));

    /// <summary>The path as it stands in the request line, without the query.</summary>
    public static string RawPath(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(target) || target[0] != '/') return http.Request.Path.ToUriComponent();
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    /// <summary>Splits and decodes a raw path; the first slash opens the first segment.</summary>
    public static string[] Split(string rawPath) =>
        [.. rawPath.Split('/').Skip(1).Select(Uri.UnescapeDataString)];

    internal static void UseCarriedPath(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Request.Headers.TryGetValue(Header, out var carried) && carried.ToString() is ['/', ..] path)
        {
            http.Request.Path = PathString.FromUriComponent(path);
            http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = path + http.Request.QueryString.Value;
            http.Request.Headers.Remove(Header);
        }
        return next(http);
    });
}
