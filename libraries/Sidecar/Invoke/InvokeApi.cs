using System.Text;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.Invoke;

/// <summary>Which app a request is for, and the path it asks of it: encoded, without a leading slash.</summary>
internal readonly record struct InvokeTarget(string AppId, string Path);

/// <summary>Service invocation: by path, by the header <c>dapr-app-id</c>, or by basic authentication of that
/// name.</summary>
internal sealed class InvokeApi(AppSidecar app)
{
    private const string Code = "ERR_DIRECT_INVOKE";
    private const string AppIdHeader = "dapr-app-id";

    /// <summary>Whether the request is an invocation. The header that says so is taken off.</summary>
    public static bool TryFind(HttpContext http, string path, out InvokeTarget target)
    {
        target = default;
        if (IsInvoke(path, out var rest)) return TryParse(rest, out target);
        if (IsApi(path)) return false; // the header is for paths that are no API
        if (http.Request.Headers.TryGetValue(AppIdHeader, out var id) && id.Count > 0 && !string.IsNullOrEmpty(id[0]))
        {
            http.Request.Headers.Remove(AppIdHeader);
            target = new InvokeTarget(id[0]!, path.TrimStart('/'));
            return true;
        }
        if (BasicAppId(http.Request.Headers.Authorization) is not { } appId) return false;
        target = new InvokeTarget(appId, path.TrimStart('/'));
        return true;
    }

    public Task NoTargetAsync(HttpContext http) => ApiError.WriteAsync(
        http, 404, Code, "failed getting app id either from the URL path or the header dapr-app-id");

    public Task HandleAsync(HttpContext http, InvokeTarget target)
    {
        if (target.AppId.Contains("://")) return ApiError.WriteAsync(
            http, 501, "ERR_API_UNIMPLEMENTED", "invocation of addresses outside is not part of this sidecar");
        var callee = app.Host.Find(target.AppId);
        if (callee is null) return FailAsync(http, target, "couldn't find service: " + target.AppId);
        return callee.AppAddress is null
            ? FailAsync(http, target, "the app has no port")
            : ForwardAsync(http, target, callee);
    }

    private async Task ForwardAsync(HttpContext http, InvokeTarget target, AppSidecar callee)
    {
        var headers = http.Request.Headers;
        var trace = TraceContext.Continue(
            headers.TraceParent, headers.TraceState, app.Host.Resources.Configuration.SamplingRate);
        var hop = new Hop(app, callee, trace);
        var failure = await app.Host.Forwarder.SendAsync(http, hop, ApiPath.Clean(target.Path));
        if (failure is not null) await FailAsync(http, target, failure);
    }

    private static Task FailAsync(HttpContext http, InvokeTarget target, string reason) =>
        ApiError.WriteAsync(http, 500, Code, $"failed to invoke, id: {target.AppId}, err: {reason}");

    private static bool IsApi(string path) => path.StartsWith("/v1.0/") || path.StartsWith("/v1.0-alpha");

    private static bool IsInvoke(string path, out string rest)
    {
        const string Prefix = "/v1.0/invoke/";
        rest = path.StartsWith(Prefix) ? path[Prefix.Length..] : "";
        return rest.Length > 0;
    }

    /// <summary><c>app/method/path</c>.</summary>
    private static bool TryParse(string rest, out InvokeTarget target)
    {
        const string Method = "/method/";
        var at = rest.IndexOf(Method, StringComparison.Ordinal);
        var isBare = at < 0 && rest.EndsWith("/method"); // the root of the app
        target = isBare ? new InvokeTarget(rest[..^"/method".Length], "")
            : at > 0 ? new InvokeTarget(rest[..at], rest[(at + Method.Length)..]) : default;
        if (target.AppId is null or "") return false;
        if (target.AppId.Contains('%')) target = target with { AppId = Uri.UnescapeDataString(target.AppId) };
        return true;
    }

    /// <summary>The password of the user <c>dapr-app-id</c>; null without it.</summary>
    private static string? BasicAppId(string? authorization)
    {
        const string Basic = "Basic ";
        if (authorization is null || !authorization.StartsWith(Basic)) return null;
        var bytes = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization[Basic.Length..], bytes, out var length)) return null;
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':');
        return pair.Length == 2 && pair[0].Equals(AppIdHeader, StringComparison.OrdinalIgnoreCase) && pair[1].Length > 0
            ? pair[1] : null;
    }
}
