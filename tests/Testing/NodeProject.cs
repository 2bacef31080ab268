using System.Diagnostics;
using Xunit;

namespace Xingchen.Testing;

/// <summary>A folder with a <c>package.json</c> whose programs a test runs on Node.js.</summary>
public sealed class NodeProject
{
    private readonly string node;

    private NodeProject(string node, string folder) => (this.node, Folder) = (node, folder);

    /// <summary>Where the files are, with what npm installed.</summary>
    public string Folder { get; }

    /// <summary>Copies a folder beside the test's assembly and installs what its lock file says, once for each
    /// build.</summary>
    /// <param name="source">With <c>package.json</c> and <c>package-lock.json</c>.</param>
    /// <param name="name">Of the copy.</param>
    /// <param name="purpose">What Node.js is needed for, where it is not there.</param>
    public static async Task<NodeProject> InstallAsync(string source, string name, string purpose)
    {
        var (node, npm) = (OnPath("node"), OnPath("npm"));
        Prerequisites.Require(node is not null && npm is not null, $"Node.js with npm, {purpose}.");
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, name)).FullName;
        var installed = Path.Combine(folder, "installed.json");
        var locked = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"));
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (!File.Exists(installed) || await File.ReadAllTextAsync(installed) != locked)
        {
            await RunAsync(npm!, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            await File.WriteAllTextAsync(installed, locked);
        }
        return new NodeProject(node!, folder);
    }

    /// <summary>Runs a program that must end well.</summary>
    /// <param name="arguments">The script and its arguments.</param>
    /// <returns>What it wrote to standard output.</returns>
    public Task<string> RunAsync(params string[] arguments) => RunAsync(node, Folder, arguments);

    /// <summary>Starts a program that serves until its standard input ends, and waits for the first line that it
    /// writes.</summary>
    public async Task<Process> StartAsync(params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(node, arguments)
        {
            WorkingDirectory = Folder, UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(limit.Token));
        return process;
    }

    private static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{await output}\n{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static string? OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => OperatingSystem.IsWindows()
                ? new[] { Path.Combine(folder, name + ".exe"), Path.Combine(folder, name + ".cmd") }
                : [Path.Combine(folder, name)])
            .FirstOrDefault(File.Exists);
}
