using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;

namespace CommunityToolkit.Aspire.Hosting.Dapr
{
    /// <summary>A Dapr component.</summary>
    public interface IDaprComponentResource : IResource, IResourceWithWaitSupport
    {
        string Type { get; }

        DaprComponentOptions? Options { get; }
    }

    /// <summary>The sidecar of a resource.</summary>
    public interface IDaprSidecarResource : IResource, IResourceWithWaitSupport;

    /// <summary>Where a component's YAML is.</summary>
    public sealed record DaprComponentOptions
    {
        /// <summary>The file or directory, relative to the AppHost's directory.</summary>
        public string? LocalPath { get; init; }
    }

    /// <summary>How a sidecar runs; null: Dapr's default.</summary>
    public sealed record DaprSidecarOptions
    {
        /// <summary>By this name others call the app; null: the resource's name.</summary>
        public string? AppId { get; init; }

        /// <summary>A file with a Dapr <c>Configuration</c>.</summary>
        public string? Config { get; init; }

        /// <summary>Directories of components and subscriptions.</summary>
        public IImmutableSet<string> ResourcesPaths { get; init; } = ImmutableHashSet<string>.Empty;
    }

    internal sealed class DaprComponentResource(string name, string type) : Resource(name), IDaprComponentResource
    {
        public string Type { get; } = type;

        public DaprComponentOptions? Options { get; init; }
    }

    internal sealed class DaprSidecarResource(string name, IResource app) : Resource(name), IDaprSidecarResource
    {
        public IResource App { get; } = app;

        public DaprSidecarOptions Settings =>
            Annotations.OfType<DaprSidecarOptionsAnnotation>().LastOrDefault()?.Options ?? new();

        public string AppId => Settings.AppId ?? App.Name;

        public IEnumerable<IDaprComponentResource> Components =>
            Annotations.OfType<DaprComponentReferenceAnnotation>().Select(reference => reference.Component);
    }

    /// <summary>The options of a sidecar.</summary>
    public sealed record DaprSidecarOptionsAnnotation(DaprSidecarOptions Options) : IResourceAnnotation;

    /// <summary>A component that a sidecar loads.</summary>
    public sealed record DaprComponentReferenceAnnotation(IDaprComponentResource Component) : IResourceAnnotation;

    /// <summary>The sidecar of a resource.</summary>
    public sealed record DaprSidecarAnnotation(IDaprSidecarResource Sidecar) : IResourceAnnotation;
}

namespace Aspire.Hosting
{
    /// <summary>Dapr's components.</summary>
    public static class IDistributedApplicationBuilderExtensions
    {
        /// <summary>A component of any type, such as <c>secretstores.local.file</c>.</summary>
        public static IResourceBuilder<IDaprComponentResource> AddDaprComponent(
            this IDistributedApplicationBuilder builder, string name, string type,
            DaprComponentOptions? options = null) =>
            builder.AddResource<IDaprComponentResource>(new DaprComponentResource(name, type) { Options = options });

        /// <summary>A broker.</summary>
        public static IResourceBuilder<IDaprComponentResource> AddDaprPubSub(
            this IDistributedApplicationBuilder builder, string name, DaprComponentOptions? options = null) =>
            builder.AddDaprComponent(name, "pubsub", options);
    }

    /// <summary>Dapr's sidecars.</summary>
    public static class IDistributedApplicationResourceBuilderExtensions
    {
        /// <summary>Puts a sidecar beside the resource.</summary>
        public static IResourceBuilder<T> WithDaprSidecar<T>(
            this IResourceBuilder<T> builder, Action<IResourceBuilder<IDaprSidecarResource>> configureSidecar)
            where T : IResource
        {
            var sidecar = builder.ApplicationBuilder.AddResource<IDaprSidecarResource>(
                new DaprSidecarResource(builder.Resource.Name + "-dapr", builder.Resource));
            configureSidecar(sidecar);
            return builder.With(new DaprSidecarAnnotation(sidecar.Resource));
        }

        /// <summary>Sets the sidecar's options.</summary>
        public static IResourceBuilder<IDaprSidecarResource> WithOptions(
            this IResourceBuilder<IDaprSidecarResource> builder, DaprSidecarOptions options) =>
            builder.With(new DaprSidecarOptionsAnnotation(options));

        /// <summary>Loads a component into the sidecar.</summary>
        public static IResourceBuilder<IDaprSidecarResource> WithReference(
            this IResourceBuilder<IDaprSidecarResource> builder, IResourceBuilder<IDaprComponentResource> component) =>
            builder.With(new DaprComponentReferenceAnnotation(component.Resource));
    }
}
