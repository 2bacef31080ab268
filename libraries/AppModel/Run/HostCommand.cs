using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Xingchen.AppModel.Manifest;

namespace Xingchen.AppModel.Run;

/// <summary>What the command line asks for: help, a manifest, or a run.</summary>
internal sealed class HostCommand(
    string[] args, IConfiguration configuration, string appHostDirectory, IReadOnlyList<IResource> resources)
{
    /// <returns>The process's exit code: 0; 1 where something on this machine is in the way; 2 for a wrong command
    /// line.</returns>
    public async Task<int> ExecuteAsync(CancellationToken ct)
    {
        HostArguments arguments;
        try
        {
            arguments = HostArguments.Parse(args);
        }
        catch (HostProblemException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 2;
        }
        if (arguments.ShowHelp)
        {
            Console.WriteLine(HostArguments.Help);
            return 0;
        }
        return arguments.PublishManifest ? await PublishAsync(arguments, ct) : await RunAsync(arguments, ct);
    }

    private async Task<int> PublishAsync(HostArguments arguments, CancellationToken ct)
    {
        var path = Path.GetFullPath(arguments.OutputPath ?? "aspire-manifest.json");
        if (Directory.Exists(path)) path = Path.Combine(path, "aspire-manifest.json");
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(path, ManifestWriter.Write(resources, directory), ct);
        Console.WriteLine(path);
        return 0;
    }

    private async Task<int> RunAsync(HostArguments arguments, CancellationToken ct)
    {
        try
        {
            await using var run = await HostRun.OpenAsync(arguments, configuration, appHostDirectory, resources, ct);
            await run.UntilStoppedAsync(ct);
            return 0;
        }
        catch (HostProblemException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 1;
        }
    }
}
