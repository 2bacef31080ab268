using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Xingchen.AppModel.Processes;

namespace Xingchen.AppModel.Run;

/// <summary>A project as a process: a service where it listens, else something that runs to its end.</summary>
/// <remarks>
/// Either ends with the host, however that ends: a service sees the end of its standard input, the other is under
/// <see cref="Guard"/>. Standard output of what nothing waits for is shown: it is there for the person who looks.
/// </remarks>
internal sealed class ProjectRun(
    ProjectResource resource, IReadOnlyDictionary<string, string> environment, bool isShown, RunContext context)
    : ResourceRun(resource, context)
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HealthyWithin = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Prober = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly EndpointAnnotation? endpoint = resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault();
    private readonly ResourceLog log = new(context.Data.Logs, resource.Name);
    private Process? process;
    private Task following = Task.CompletedTask;

    protected override async Task StartAsync(CancellationToken stopping)
    {
        if (endpoint?.Allocated is { } at) Url = $"{endpoint.UriScheme}://{at.Host}:{at.Port}";
        process?.Dispose();
        process = Process.Start(await DescribeAsync(stopping))!;
        ProcessId = process.Id;
        following = log.FollowAsync(process, IsShown() ? Show : null);
        if (endpoint is null) await UntilFinishedAsync(process, stopping);
        else await UntilHealthyAsync(process, stopping);
    }

    protected override bool IsLasting => endpoint is not null;

    protected override async Task<string> EndedAsync(CancellationToken stopping)
    {
        await process!.WaitForExitAsync(stopping);
        return $"ended (exit code {process.ExitCode})";
    }

    protected override async Task StopAsync()
    {
        if (process is { HasExited: false })
        {
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(StopWithin, Context.Time);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Context.Display.Say($"{Resource.Name} does not stop within {StopWithin.TotalSeconds} s and is killed");
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        await following;
        process?.Dispose();
        log.Dispose();
    }

    private bool IsShown() => Context.Logs.Contains(Resource.Name) || (endpoint is null && isShown);

    private void Show(string line) =>
        Context.Display.Say(Context.Logs.Contains(Resource.Name) ? $"[{Resource.Name}] {line}" : line);

    private async Task<ProcessStartInfo> DescribeAsync(CancellationToken ct)
    {
        var metadata = Resource.Annotations.OfType<IProjectMetadata>().Single();
        var assembly = (metadata as IBuiltProject)?.AssemblyPath
            ?? throw new HostProblemException(
                $"{metadata.ProjectPath} does not say where its assembly is: build AppHost.");
        if (!File.Exists(assembly)) throw new HostProblemException($"{assembly} is missing. Build it: dotnet build");
        var arguments = Resource.Annotations.OfType<ArgumentsAnnotation>()
            .SelectMany(annotation => annotation.Arguments);
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? ChildProcess.Which("dotnet") ?? "dotnet";
        string[] command = [dotnet, assembly, .. arguments];
        var start = endpoint is null ? Guard.Start("TERM KILL", command) : ChildProcess.Start(command);
        start.WorkingDirectory = Path.GetDirectoryName(assembly)!;
        foreach (var inherited in start.Environment.Keys.Where(IsOfTheHost).ToArray())
            start.Environment.Remove(inherited);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        foreach (var variable in Resource.Annotations.OfType<EnvironmentAnnotation>())
            start.Environment[variable.Name] = variable.Value is IValueProvider provider
                ? await provider.GetValueAsync(ct) : (string)variable.Value;
        return start;
    }

    /// <summary>What the host was told is not for its children: an owner's connection string, the operator's
    /// secret.</summary>
    private static bool IsOfTheHost(string variable) =>
        variable.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("Parameters__", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("XINGCHEN_", StringComparison.Ordinal)
        || variable.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || variable.StartsWith("DAPR_", StringComparison.Ordinal)
        || variable is "DOTNET_LAUNCH_PROFILE" or "APP_API_TOKEN" or "MSBUILD_EXE_PATH";

    private async Task UntilFinishedAsync(Process running, CancellationToken ct)
    {
        await running.WaitForExitAsync(ct);
        await following;
        if (running.ExitCode == 0) return;
        throw new HostProblemException(
            $"{Resource.Name} failed (exit code {running.ExitCode}): {log.LastLine} (log: {log.FilePath})");
    }

    private async Task UntilHealthyAsync(Process running, CancellationToken ct)
    {
        var check = Resource.Annotations.OfType<HttpHealthAnnotation>().FirstOrDefault();
        var began = Context.Time.GetTimestamp();
        var isLate = false;
        while (check is not null && !await IsHealthyAsync(check, ct))
        {
            if (running.HasExited)
            {
                await following;
                throw new EndedEarlyException(
                    $"ended before it was healthy (exit code {running.ExitCode}): {log.LastLine}");
            }
            if (!isLate && Context.Time.GetElapsedTime(began) > HealthyWithin)
            {
                isLate = true;
                Context.Display.Say(
                    $"{Resource.Name} is not healthy after {HealthyWithin.TotalSeconds} s (log: {log.FilePath})");
            }
            await Task.Delay(50, ct);
        }
    }

    private async Task<bool> IsHealthyAsync(HttpHealthAnnotation check, CancellationToken ct)
    {
        try
        {
            using var answer = await Prober.GetAsync(Url + check.Path, HttpCompletionOption.ResponseHeadersRead, ct);
            return (int)answer.StatusCode == check.StatusCode;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return false; // not yet
        }
    }
}

/// <summary>A project of which the build says where its assembly is.</summary>
public interface IBuiltProject : IProjectMetadata
{
    /// <summary>The full path of the built assembly.</summary>
    string AssemblyPath { get; }
}
