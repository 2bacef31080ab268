using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar.Invoke;
using Xingchen.Sidecar.PubSub;
using Xingchen.Sidecar.Secrets;

namespace Xingchen.Sidecar.Http;

/// <summary>Dapr's HTTP API of one sidecar: finds the part that a request is for.</summary>
internal sealed class SidecarApi
{
    public const string TokenHeader = "dapr-api-token";

    private readonly AppSidecar app;
    private readonly byte[]? token;
    private readonly InvokeApi invoke;
    private readonly PublishApi publish;
    private readonly SecretsApi secrets;
    private readonly MetadataApi metadata;

    public SidecarApi(AppSidecar app)
    {
        this.app = app;
        token = string.IsNullOrEmpty(app.Options.ApiToken) ? null : Encoding.UTF8.GetBytes(app.Options.ApiToken);
        invoke = new InvokeApi(app);
        publish = new PublishApi(app);
        secrets = new SecretsApi(app);
        metadata = new MetadataApi(app);
    }

    public Task HandleAsync(HttpContext http)
    {
        var path = ApiPath.Raw(http);
        if (IsHealth(path)) return HealthAsync(http, path);
        if (!IsAllowed(http)) return ApiError.WriteTextAsync(http, 401, "invalid api token");
        http.Request.Headers.Remove(TokenHeader);
        if (InvokeApi.TryFind(http, path, out var target)) return invoke.HandleAsync(http, target);
        return ApiPath.Segments(path) switch
        {
            ["v1.0", "publish", "bulk", var pubsub, .. var topic] => publish.BulkAsync(http, pubsub, topic),
            ["v1.0-alpha1", "publish", "bulk", var pubsub, .. var topic] => publish.BulkAsync(http, pubsub, topic),
            ["v1.0", "publish", var pubsub, .. var topic] => publish.PublishAsync(http, pubsub, topic),
            ["v1.0", "publish"] => publish.PublishAsync(http, "", []),
            ["v1.0", "secrets", var store, .. var key] => secrets.HandleAsync(http, store, key),
            ["v1.0", "metadata"] => metadata.GetAsync(http),
            ["v1.0", "metadata", .. var key] => metadata.SetAsync(http, key),
            ["v1.0", "shutdown"] => ShutdownAsync(http),
            ["v1.0", "invoke", ..] => invoke.NoTargetAsync(http),
            [var version, .. var api] when version.StartsWith("v1.0") => Unsupported.WriteAsync(http, api),
            _ => invoke.NoTargetAsync(http),
        };
    }

    private bool IsAllowed(HttpContext http) => token is null || CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(http.Request.Headers[TokenHeader].ToString()), token);

    private static bool IsHealth(string path) =>
        path.AsSpan().TrimEnd('/') is "/v1.0/healthz" or "/v1.0/healthz/outbound";

    private Task HealthAsync(HttpContext http, string path)
    {
        if (!HttpMethods.IsGet(http.Request.Method)) return MethodAsync(http, "GET");
        var outbound = path.AsSpan().TrimEnd('/').EndsWith("/outbound");
        if (!outbound && !app.Ready.IsCompletedSuccessfully)
            return ApiError.WriteAsync(http, 500, "ERR_HEALTH_NOT_READY",
                "dapr is not ready: the app does not answer yet");
        if (http.Request.Query.TryGetValue("appid", out var asked) && asked != app.AppId)
            return ApiError.WriteAsync(http, 500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task ShutdownAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method)) return MethodAsync(http, "POST");
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        http.Response.OnCompleted(() =>
        {
            _ = Task.Run(async () => await app.DisposeAsync()); // waits for this very request to end
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }

    internal static Task MethodAsync(HttpContext http, string allow)
    {
        http.Response.Headers.Allow = allow;
        return ApiError.WriteTextAsync(http, 405, "method not allowed");
    }
}
