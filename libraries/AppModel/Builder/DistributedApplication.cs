using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Xingchen.AppModel.Run;

namespace Aspire.Hosting;

/// <summary>An application of resources: run on this machine, or written down for another.</summary>
public class DistributedApplication
{
    private readonly HostCommand command;

    internal DistributedApplication(HostCommand command) => this.command = command;

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new Builder(args);

    /// <summary>Runs or publishes, as the command line says; returns when that has ended. Sets the process's exit
    /// code.</summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default) =>
        Environment.ExitCode = await command.ExecuteAsync(cancellationToken);

    private sealed class Builder : IDistributedApplicationBuilder
    {
        private readonly string[] args;
        private readonly List<IResource> resources = [];

        public Builder(string[] args)
        {
            this.args = args;
            Configuration.AddEnvironmentVariables();
            var project = Assembly.GetEntryAssembly()?.GetCustomAttributes<AssemblyMetadataAttribute>()
                .FirstOrDefault(data => data.Key == "apphostprojectpath")?.Value;
            AppHostDirectory = project ?? Directory.GetCurrentDirectory();
            ExecutionContext = new DistributedApplicationExecutionContext(HostArguments.OperationOf(args));
        }

        public ConfigurationManager Configuration { get; } = new();

        public string AppHostDirectory { get; }

        public DistributedApplicationExecutionContext ExecutionContext { get; }

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource
        {
            if (resources.Any(other => other.Name.Equals(resource.Name, StringComparison.OrdinalIgnoreCase)))
                throw new InvalidOperationException($"There is a resource '{resource.Name}' already.");
            resources.Add(resource);
            return new ResourceBuilder<T>(this, resource);
        }

        public DistributedApplication Build() => new(new HostCommand(args, Configuration, AppHostDirectory, resources));
    }
}

/// <summary>The plain builder of a resource.</summary>
internal sealed record ResourceBuilder<T>(IDistributedApplicationBuilder ApplicationBuilder, T Resource)
    : IResourceBuilder<T>
    where T : IResource;
