using Microsoft.AspNetCore.Http;

namespace Xingchen.Sidecar.Http;

/// <summary>The APIs of Dapr that this sidecar does not have.</summary>
internal static class Unsupported
{
    /// <summary>As daprd answers without such a component; what daprd would have and we do not, is
    /// unimplemented.</summary>
    public static Task WriteAsync(HttpContext http, string[] api) => api switch
    {
        ["state", var store, ..] => ApiError.WriteAsync(
            http, 500, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {store} is not configured"),
        ["configuration", var store, ..] => ApiError.WriteAsync(
            http, 500, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", $"configuration store {store} is not configured"),
        ["lock" or "unlock", ..] => ApiError.WriteAsync(
            http, 500, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured"),
        ["bindings", var binding, ..] => ApiError.WriteAsync(
            http, 500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {binding}: couldn't find it"),
        ["jobs" or "actors" or "workflows" or "crypto" or "subtlecrypto" or "conversation", ..] => ApiError.WriteAsync(
            http, 501, "ERR_API_UNIMPLEMENTED", $"the {api[0]} API is not part of this sidecar"),
        _ => ApiError.WriteTextAsync(http, 404, "404 page not found"),
    };
}
