namespace Aspire.Hosting.ApplicationModel;

/// <summary>One environment variable: a string, or something with a value.</summary>
internal sealed record EnvironmentAnnotation(string Name, object Value) : IResourceAnnotation;

/// <summary>Arguments, in order.</summary>
internal sealed record ArgumentsAnnotation(IReadOnlyList<string> Arguments) : IResourceAnnotation;

/// <summary>Begin only when the other is healthy, or has ended with <paramref name="ExitCode"/>.</summary>
internal sealed record WaitForAnnotation(IResource Dependency, int? ExitCode) : IResourceAnnotation;

/// <summary>Healthy is who answers this path of this endpoint with this status.</summary>
internal sealed record HttpHealthAnnotation(string Path, int StatusCode, string EndpointName) : IResourceAnnotation;

/// <summary>Data that outlives the resource.</summary>
internal sealed record VolumeAnnotation(string Name, string Target) : IResourceAnnotation;

/// <summary>A made value that the next run must find again.</summary>
internal sealed record PersistAnnotation : IResourceAnnotation;
