using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Xingchen.Sidecar;

namespace Xingchen.AppModel.Run;

/// <summary>The sidecars of this run: embedded, in this process, on one bus.</summary>
internal sealed class Sidecars(
    IReadOnlyList<IResource> resources, string appHostDirectory, DataDirectory data, ResourceLog log)
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private SidecarHost? host;

    /// <exception cref="HostProblemException">What is wrong with the components, a line each; or a port is in
    /// use.</exception>
    public async Task<AppSidecar> AddAsync(SidecarOptions options, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            host ??= await SidecarHost.StartAsync(Describe(), ct);
            return await host.AddAsync(options, ct);
        }
        catch (SidecarException exception)
        {
            throw new HostProblemException(exception.Message, exception);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task StopAsync()
    {
        if (host is not null) await host.DisposeAsync();
    }

    /// <summary>The directories of the components and of what the sidecars name; each file is read once.</summary>
    private SidecarHostOptions Describe()
    {
        var files = resources.OfType<IDaprComponentResource>()
            .Select(component => component.Options?.LocalPath).OfType<string>()
            .Select(path => Path.GetFullPath(path, appHostDirectory))
            .Select(path => Directory.Exists(path) ? path : Path.GetDirectoryName(path)!);
        var sidecars = resources.OfType<DaprSidecarResource>().ToArray();
        var directories = sidecars.SelectMany(sidecar => sidecar.Settings.ResourcesPaths)
            .Select(path => Path.GetFullPath(path, appHostDirectory));
        var configs = sidecars.Select(sidecar => sidecar.Settings.Config)
            .OfType<string>().Select(path => Path.GetFullPath(path, appHostDirectory));
        return new SidecarHostOptions
        {
            ResourcesPaths = [.. files.Concat(directories).Distinct(StringComparer.Ordinal)],
            ConfigPaths = [.. configs.Distinct(StringComparer.Ordinal)],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["XINGCHEN_SECRETS_FILE"] = data.SecretsFile,
            },
            Logging = new ResourceLogging(log),
        };
    }
}

/// <summary>One sidecar.</summary>
internal sealed class SidecarRun(
    DaprSidecarResource resource, Sidecars sidecars, SidecarTokens tokens, RunContext context)
        : ResourceRun(resource, context)
{
    private AppSidecar? sidecar;

    protected override async Task StartAsync(CancellationToken stopping)
    {
        var endpoint = resource.App.Annotations.OfType<EndpointAnnotation>().FirstOrDefault();
        sidecar = await sidecars.AddAsync(
            new SidecarOptions
            {
                AppId = resource.AppId,
                AppPort = endpoint?.Allocated?.Port,
                DaprHttpPort = Context.Ports.Of(resource),
                ApiToken = tokens.Api,
                AppToken = tokens.App,
                Components = resource.Components.Select(component => component.Name)
                    .ToHashSet(StringComparer.Ordinal),
            },
            stopping);
        Url = sidecar.Endpoint.ToString().TrimEnd('/');
    }

    protected override bool IsLasting => true;

    protected override async Task<string> EndedAsync(CancellationToken stopping)
    {
        await sidecar!.Stopped.WaitAsync(stopping);
        return "was asked to stop";
    }

    protected override async Task StopAsync()
    {
        if (sidecar is not null) await sidecar.DisposeAsync();
    }
}

/// <summary>What a sidecar and its app show each other; null: nothing is asked for.</summary>
internal sealed record SidecarTokens(string Api, string? App);
