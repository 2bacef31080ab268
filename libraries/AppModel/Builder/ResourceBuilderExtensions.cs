using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>What can be said of a resource.</summary>
public static class ResourceBuilderExtensions
{
    /// <summary>Sets an environment variable.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
        where T : IResourceWithEnvironment => builder.With(new EnvironmentAnnotation(name, value ?? ""));

    /// <summary>Sets an environment variable to text with values of other resources in it.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.With(new EnvironmentAnnotation(name, value));

    /// <summary>Sets an environment variable to a parameter's value.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment => builder.With(new EnvironmentAnnotation(name, parameter.Resource));

    /// <summary>Sets an environment variable to the URL of an endpoint.</summary>
    public static IResourceBuilder<T> WithEnvironment<T>(
        this IResourceBuilder<T> builder, string name, EndpointReference endpointReference)
        where T : IResourceWithEnvironment => builder.With(new EnvironmentAnnotation(name, endpointReference));

    /// <summary>Gives <c>ConnectionStrings__{name}</c>: the owner's, for migrations.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null, bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        _ = optional; // nothing here is
        return builder.With(new EnvironmentAnnotation(
            "ConnectionStrings__" + (connectionName ?? source.Resource.Name), source.Resource));
    }

    /// <summary>Adds arguments.</summary>
    public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args)
        where T : IResourceWithArgs => builder.With(new ArgumentsAnnotation(args));

    /// <summary>Begins when <paramref name="dependency"/> is healthy.</summary>
    public static IResourceBuilder<T> WaitFor<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
        where T : IResourceWithWaitSupport => builder.With(new WaitForAnnotation(dependency.Resource, ExitCode: null));

    /// <summary>Begins when <paramref name="dependency"/> has ended well.</summary>
    public static IResourceBuilder<T> WaitForCompletion<T>(
        this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency, int exitCode = 0)
        where T : IResourceWithWaitSupport => builder.With(new WaitForAnnotation(dependency.Resource, exitCode));

    /// <summary>Listens for HTTP.</summary>
    /// <param name="builder">The resource.</param>
    /// <param name="port">Where callers call; null: given out at start.</param>
    /// <param name="targetPort">Where the process listens; null: the same.</param>
    /// <param name="name">Of the endpoint; null: <c>http</c>.</param>
    /// <param name="env">The variable that tells the process its port; null: none beyond ASP.NET Core's.</param>
    /// <param name="isProxied">Locally nothing is: callers call the process.</param>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(
        this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null,
        string? env = null, bool isProxied = true)
        where T : IResourceWithEndpoints
    {
        _ = isProxied;
        var endpoint = new EndpointAnnotation(ProtocolType.Tcp, "http", name: name, port: port, targetPort: targetPort);
        builder.With(endpoint);
        if (env is null) return builder;
        var reference = new EndpointReference(builder.Resource, endpoint.Name).Property(EndpointProperty.TargetPort);
        return builder.With(new EnvironmentAnnotation(env, reference));
    }

    /// <summary>Callers from outside may call its HTTP endpoints.</summary>
    public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>()
            .Where(e => e.UriScheme is "http" or "https"))
            endpoint.IsExternal = true;
        return builder;
    }

    /// <summary>Healthy is what answers <paramref name="path"/> with 200.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(
        this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints =>
        builder.With(new HttpHealthAnnotation(path ?? "/", statusCode ?? 200, endpointName ?? "http"));

    /// <summary>An endpoint of a resource.</summary>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
        where T : IResourceWithEndpoints => new(builder.Resource, name);

    internal static IResourceBuilder<T> With<T>(this IResourceBuilder<T> builder, IResourceAnnotation annotation)
        where T : IResource
    {
        builder.Resource.Annotations.Add(annotation);
        return builder;
    }
}
