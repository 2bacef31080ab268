using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;

namespace Xingchen.AppModel.Run;

/// <summary>What runs, and what it waits for.</summary>
internal sealed class RunPlan
{
    private readonly Dictionary<IResource, ResourceRun> runs = [];
    private readonly Sidecars sidecars;
    private readonly ResourceLog sidecarLog;

    public RunPlan(IReadOnlyList<IResource> resources, string appHostDirectory, RunContext context)
    {
        sidecarLog = new ResourceLog(context.Data.Logs, "sidecars");
        sidecars = new Sidecars(resources, appHostDirectory, context.Data, sidecarLog);
        var awaited = resources.SelectMany(Dependencies).ToHashSet();
        foreach (var resource in resources)
        {
            if (resource is PostgresServerResource server) runs[server] = new PostgresRun(server, context);
            if (resource is not ProjectResource project) continue;
            var environment = Basics(project);
            if (SidecarOf(project) is { } sidecar)
            {
                var tokens = new SidecarTokens(NewToken(), IsExternal(project) ? null : NewToken());
                runs[sidecar] = new SidecarRun(sidecar, sidecars, tokens, context);
                Tell(environment, sidecar, tokens, context.Ports.Of(sidecar));
            }
            runs[project] = new ProjectRun(project, environment, isShown: !awaited.Contains(project), context);
        }
    }

    public IReadOnlyCollection<ResourceRun> Runs => runs.Values;

    /// <summary>Lets everything begin, each once those before it are ready.</summary>
    public void Begin(CancellationToken stopping)
    {
        foreach (var (resource, run) in runs)
            run.Begin([.. Dependencies(resource).Select(before => runs[before])], stopping);
    }

    /// <summary>Ends everything, each once those that waited for it have ended.</summary>
    public async Task EndAsync()
    {
        var ends = new Dictionary<IResource, Task>();
        await Task.WhenAll(runs.Keys.Select(End));
        await sidecars.StopAsync();
        sidecarLog.Dispose();

        Task End(IResource resource)
        {
            if (ends.TryGetValue(resource, out var known)) return known;
            var after = runs.Keys.Where(other => Dependencies(other).Contains(resource)).Select(End).ToArray();
            return ends[resource] = runs[resource].EndAsync(after);
        }
    }

    /// <summary>What must be ready before a resource begins: what it waits for, and its sidecar.</summary>
    private static IEnumerable<IResource> Dependencies(IResource resource)
    {
        foreach (var wait in resource.Annotations.OfType<WaitForAnnotation>())
            yield return wait.Dependency is PostgresDatabaseResource database ? database.Parent : wait.Dependency;
        if (SidecarOf(resource) is { } sidecar) yield return sidecar;
    }

    private static DaprSidecarResource? SidecarOf(IResource resource) =>
        resource.Annotations.OfType<DaprSidecarAnnotation>()
            .Select(annotation => (DaprSidecarResource)annotation.Sidecar).FirstOrDefault();

    private static bool IsExternal(IResource resource) =>
        resource.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal);

    private static Dictionary<string, string> Basics(ProjectResource project)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_gcServer"] = "0", // many small processes share this machine
            ["DOTNET_NOLOGO"] = "1",
        };
        var endpoint = project.Annotations.OfType<EndpointAnnotation>().FirstOrDefault();
        if (endpoint?.Allocated is not { } at) return environment;
        environment["ASPNETCORE_URLS"] = $"http://{at.Host}:{at.Port}";
        environment["XINGCHEN_STOP_WITH_STDIN"] = "true";
        environment["OTEL_SERVICE_NAME"] = project.Name;
        environment["APP_PORT"] = at.Port.ToString();
        return environment;
    }

    /// <summary>What Dapr tells an app of its sidecar.</summary>
    private static void Tell(
        Dictionary<string, string> environment, DaprSidecarResource sidecar, SidecarTokens tokens, int port)
    {
        environment["APP_ID"] = sidecar.AppId;
        environment["DAPR_HTTP_PORT"] = port.ToString();
        environment["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{port}";
        environment["DAPR_API_TOKEN"] = tokens.Api;
        // A service open to the outside cannot ask its callers for the sidecar's token.
        if (tokens.App is not null) environment["APP_API_TOKEN"] = tokens.App;
    }

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
}
