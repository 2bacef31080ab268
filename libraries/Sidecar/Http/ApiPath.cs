using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Xingchen.Sidecar.Http;

/// <summary>Paths as daprd takes them: percent-decoded, then cleaned of <c>.</c>, <c>..</c> and empty
/// segments.</summary>
internal static class ApiPath
{
    /// <summary>The path as it came over the wire, still encoded, without the query.</summary>
    public static string Raw(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Length == 0 || target[0] != '/') return http.Request.Path.ToUriComponent(); // absolute form, or *
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    /// <summary>A path for a callee: decoded, cleaned and encoded again; no leading slash, a trailing one
    /// stays.</summary>
    /// <remarks>Nearly all paths are clean as they are and come back unchanged.</remarks>
    public static string Clean(string path)
    {
        if (path.IndexOf('%') < 0 && !path.Contains("//") && !path.Contains("/.") && !path.StartsWith('.')
            && !path.StartsWith('/')) return path;
        var segments = new List<string>();
        var decoded = Uri.UnescapeDataString(path);
        foreach (var segment in decoded.Split('/'))
        {
            if (segment is "" or ".") continue;
            if (segment != "..") segments.Add(segment);
            else if (segments.Count > 0) segments.RemoveAt(segments.Count - 1);
        }
        var clean = new StringBuilder(path.Length).AppendJoin('/', segments.Select(Uri.EscapeDataString));
        if (decoded.EndsWith('/') && clean.Length > 0) clean.Append('/');
        return clean.ToString();
    }

    /// <summary>The decoded segments of a path of the API; empty ones are left out.</summary>
    public static string[] Segments(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < segments.Length; i++) segments[i] = Uri.UnescapeDataString(segments[i]);
        return segments;
    }
}
