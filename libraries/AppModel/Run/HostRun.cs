using Aspire.Hosting.ApplicationModel;
using CommunityToolkit.Aspire.Hosting.Dapr;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace Xingchen.AppModel.Run;

/// <summary>One run of the application on this machine: all started in order, kept alive, stopped in reverse
/// order.</summary>
internal sealed class HostRun : IAsyncDisposable
{
    private readonly RunContext context;
    private readonly RunPlan plan;
    private readonly string url;
    private readonly CancellationTokenSource stopping = new();
    private Task? stopped;

    private HostRun(RunContext context, RunPlan plan, string url)
    {
        this.context = context;
        this.plan = plan;
        this.url = url;
    }

    /// <summary>Takes the data directory and the ports; nothing runs yet.</summary>
    /// <exception cref="HostProblemException">The data directory or a port is taken.</exception>
    public static async Task<HostRun> OpenAsync(
        HostArguments arguments, IConfiguration configuration, string appHostDirectory,
        IReadOnlyList<IResource> resources, CancellationToken ct)
    {
        if (arguments.Logs.FirstOrDefault(name => resources.All(resource => resource.Name != name)) is { } unknown)
        {
            var known = string.Join(", ", resources.OfType<ProjectResource>().Select(resource => resource.Name));
            throw new HostProblemException($"--logs: there is no resource '{unknown}'. There are {known}.");
        }
        var place = configuration["XINGCHEN_DATA_DIR"] is { Length: > 0 } given
            ? given : Path.Combine(Path.GetFullPath("..", appHostDirectory), ".xingchen");
        var data = DataDirectory.Open(place);
        try
        {
            var ports = PortPlan.Make(
                resources, arguments.PortBase, configuration["XINGCHEN_GATEWAY_PORT"] is not null);
            var outside = resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>())
                .FirstOrDefault(e => e.IsExternal);
            var address = outside?.Allocated is { } at ? $"http://{at.Host}:{at.Port}" : "";
            await data.KeepParametersAsync(resources, ct);
            await data.WriteOperatorAsync(resources, address, ct);
            IDisplay display = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected
                ? new LiveDisplay() : new PlainDisplay(Console.Out);
            var shared = new RunContext(data, ports, display, arguments.Logs, TimeProvider.System);
            return new HostRun(shared, new RunPlan(resources, appHostDirectory, shared), address);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Runs until a signal, the end of <c>dotnet run</c>, or a problem that makes going on
    /// senseless.</summary>
    /// <exception cref="HostProblemException">What must work for a start did not; everything is stopped.</exception>
    public async Task UntilStoppedAsync(CancellationToken ct)
    {
        await using var outside = ct.Register(stopping.Cancel);
        using var signals = new StopSignals(stopping.Cancel);
        var began = context.Time.GetTimestamp();
        plan.Begin(stopping.Token);
        try
        {
            await foreach (var one in Task.WhenEach(plan.Runs.Select(run => run.Ready))
                .WithCancellation(stopping.Token))
                await one; // the first failure ends the run
            context.Display.Say($"Ready in {context.Time.GetElapsedTime(began).TotalSeconds:0.0} s: {url}");
            await Task.Delay(Timeout.Infinite, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // asked to stop
        }
        finally
        {
            await StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await context.Display.DisposeAsync();
        context.Data.Dispose();
        stopping.Dispose();
    }

    private Task StopAsync()
    {
        return stopped ??= StopOnceAsync();

        async Task StopOnceAsync()
        {
            await stopping.CancelAsync();
            await plan.EndAsync();
        }
    }
}
