using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting
{
    /// <summary>Puts the resources of an application together.</summary>
    public interface IDistributedApplicationBuilder
    {
        /// <summary>The environment (<c>Section__Key</c>) and the command line.</summary>
        ConfigurationManager Configuration { get; }

        /// <summary>The directory of the AppHost's project, from which relative paths count.</summary>
        string AppHostDirectory { get; }

        /// <summary>Whether this process is to run the application or to write it down.</summary>
        DistributedApplicationExecutionContext ExecutionContext { get; }

        IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource;

        DistributedApplication Build();
    }

    /// <summary>What the resources are described for.</summary>
    public enum DistributedApplicationOperation
    {
        Run,
        Publish,
    }

    /// <summary>What the resources are described for.</summary>
    public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
    {
        public DistributedApplicationOperation Operation { get; } = operation;

        public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
    }

    /// <summary>A project and where it is; the build writes one class per referenced project into
    /// <c>Projects</c>.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        /// <summary>The full path of the project's file.</summary>
        string ProjectPath { get; }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A resource being described.</summary>
    public interface IResourceBuilder<out T>
        where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        T Resource { get; }
    }
}
