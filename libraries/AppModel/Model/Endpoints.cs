using System.Net.Sockets;
using System.Text.Json;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A port on which a resource listens.</summary>
public sealed class EndpointAnnotation(
    ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null,
    int? targetPort = null, bool? isExternal = null) : IResourceAnnotation
{
    public ProtocolType Protocol { get; set; } = protocol;
    public string UriScheme { get; set; } = uriScheme ?? "tcp";
    public string Transport { get; set; } = transport ?? (uriScheme is "http" or "https" ? "http" : "tcp");
    public string Name { get; set; } = name ?? uriScheme ?? "tcp";
    public int? Port { get; set; } = port;
    public int? TargetPort { get; set; } = targetPort;
    public bool IsExternal { get; set; } = isExternal ?? false;

    /// <summary>Where it listens in this run; null before ports are given out.</summary>
    internal (string Host, int Port)? Allocated { get; set; }
}

/// <summary>What of an endpoint.</summary>
public enum EndpointProperty
{
    Url,
    Host,
    Port,
    TargetPort,
}

/// <summary>An endpoint of a resource, by name.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
    : IManifestExpressionProvider, IValueProvider
{
    public IResourceWithEndpoints Resource { get; } = owner;

    public string EndpointName { get; } = endpointName;

    public EndpointAnnotation EndpointAnnotation =>
        Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(endpoint => endpoint.Name == EndpointName)
        ?? throw new InvalidOperationException($"The resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    public string ValueExpression => Property(EndpointProperty.Url).ValueExpression;

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(cancellationToken);
}

/// <summary>One property of an endpoint.</summary>
public sealed class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property)
    : IManifestExpressionProvider, IValueProvider
{
    public EndpointReference Endpoint { get; } = endpointReference;

    public EndpointProperty Property { get; } = property;

    public string ValueExpression
    {
        get
        {
            var word = JsonNamingPolicy.CamelCase.ConvertName(Property.ToString());
            return $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{word}}}";
        }
    }

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var annotation = Endpoint.EndpointAnnotation;
        var (host, port) = annotation.Allocated
            ?? throw new InvalidOperationException($"'{Endpoint.Resource.Name}' has no port in this run.");
        return ValueTask.FromResult<string?>(Property switch
        {
            EndpointProperty.Url => $"{annotation.UriScheme}://{host}:{port}",
            EndpointProperty.Host => host,
            _ => port.ToString(),
        });
    }
}
