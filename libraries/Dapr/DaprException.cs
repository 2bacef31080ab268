namespace Dapr
{
    /// <summary>The sidecar could not do what was asked of it.</summary>
    public class DaprException(string message, Exception? innerException) : Exception(message, innerException)
    {
        public DaprException(string message)
            : this(message, null)
        {
        }
    }
}

namespace Dapr.Client
{
    /// <summary>A service invocation failed, or the app answered with a status that is no success.</summary>
    public class InvocationException(
        string? appId, string? methodName, Exception innerException, HttpResponseMessage? response)
        : DaprException(
            $"An exception occurred while invoking method: '{methodName}' on app-id: '{appId}'", innerException)
    {
        /// <summary>The app that was called.</summary>
        public string AppId { get; } = appId ?? "unknown";

        /// <summary>The path that was called, without a leading slash.</summary>
        public string MethodName { get; } = methodName ?? "unknown";

        /// <summary>What the app answered; null where no answer came.</summary>
        public HttpResponseMessage? Response { get; } = response;
    }
}
