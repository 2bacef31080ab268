using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xingchen.Sidecar.Http;

namespace Xingchen.Sidecar.Secrets;

/// <summary><c>GET /v1.0/secrets/{store}/{key}</c> and <c>…/bulk</c>.</summary>
internal sealed class SecretsApi(AppSidecar app)
{
    public Task HandleAsync(HttpContext http, string storeName, string[] key)
    {
        if (!HttpMethods.IsGet(http.Request.Method)) return SidecarApi.MethodAsync(http, "GET");
        var resources = app.Host.Resources;
        if (resources.SecretStoreOf(app.Options, storeName) is not { } store)
            return resources.HasSecretStore(app.Options)
                ? ApiError.WriteAsync(
                    http, 401, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {storeName}")
                : ApiError.WriteAsync(http, 500, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured");
        var scope = resources.Configuration.SecretScopes.GetValueOrDefault(storeName);
        var name = string.Join('/', key);
        if (name == "bulk") return AllAsync(http, store, scope is null ? null : scope.Allows);
        if (scope?.Allows(name) == false)
            return ApiError.WriteAsync(
                http, 403, "ERR_PERMISSION_DENIED", $"access denied by policy to get {name} from {storeName}");
        return store.Get(name) is { } secret
            ? WriteAsync(http, JsonSerializer.SerializeToUtf8Bytes(secret))
            : ApiError.WriteAsync(
                http, 500, "ERR_SECRET_GET",
                $"failed getting secret with key {name} from secret store {storeName}: secret {name} not found");
    }

    private static Task AllAsync(HttpContext http, ISecretStore store, Func<string, bool>? allows) =>
        WriteAsync(http, JsonSerializer.SerializeToUtf8Bytes(
            store.All().Where(secret => allows?.Invoke(secret.Key) != false).ToDictionary(StringComparer.Ordinal)));

    private static Task WriteAsync(HttpContext http, byte[] json)
    {
        http.Response.Headers.CacheControl = "no-store";
        return ApiError.WriteJsonAsync(http, 200, json);
    }
}
