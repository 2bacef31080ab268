using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Xingchen.Sidecar;

/// <summary>What all sidecars of a host share.</summary>
public sealed record SidecarHostOptions
{
    /// <summary>Folders with Dapr's YAML: components and subscriptions; <c>.yaml</c> and <c>.yml</c>, not
    /// recursive.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    /// <summary>Files with a Dapr <c>Configuration</c>.</summary>
    public IReadOnlyList<string> ConfigPaths { get; init; } = [];

    /// <summary>The namespace that app ids may be qualified with.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Where <c>envRef</c>s and <c>secretstores.local.env</c> read; null for the process's
    /// environment.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>One app's sidecar. Defaults are daprd's.</summary>
public sealed record SidecarOptions
{
    /// <summary>By this name other apps call it; letters, digits and dashes.</summary>
    public required string AppId { get; init; }

    /// <summary>Where the app listens; null for an app that only calls.</summary>
    public int? AppPort { get; init; }

    /// <summary>The host the app listens at.</summary>
    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>Where the sidecar listens, on 127.0.0.1; 0 takes a free port, see
    /// <see cref="AppSidecar.HttpPort"/>.</summary>
    public int DaprHttpPort { get; init; }

    /// <summary>What callers must send as <c>dapr-api-token</c>; null lets everyone in.</summary>
    public string? ApiToken { get; init; }

    /// <summary>What the app is sent as <c>dapr-api-token</c>.</summary>
    public string? AppToken { get; init; }

    /// <summary>The components that it loads, by name, as far as their scopes let the app; null for all.</summary>
    public IReadOnlySet<string>? Components { get; init; }

    /// <summary>The largest body of the APIs that read one whole (publishing, metadata), in bytes. Invocation
    /// streams and has no limit: that is the callee's to set.</summary>
    public long MaxBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long running requests may last once the sidecar stops.</summary>
    public TimeSpan GracefulShutdown { get; init; } = TimeSpan.FromSeconds(5);
}
