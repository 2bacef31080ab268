using System.Diagnostics;
using Xunit;

namespace Xingchen.Testing;

/// <summary>The command line <c>xingchen</c> as a person runs it: a process of its own.</summary>
/// <remarks>Signed in by its environment, or by the profile that <c>login</c> writes.</remarks>
public sealed class CommandLine
{
    private readonly IReadOnlyDictionary<string, string> environment;

    /// <summary>Signed in as a client.</summary>
    public CommandLine(Uri url, string clientId, string clientSecret) => environment = new Dictionary<string, string>
    {
        ["XINGCHEN_URL"] = url.ToString(), ["XINGCHEN_CLIENT_ID"] = clientId, ["XINGCHEN_CLIENT_SECRET"] = clientSecret,
    };

    /// <summary>Not signed in, with a folder of its own for the profile.</summary>
    public CommandLine(string folder) => environment = new Dictionary<string, string>
    {
        ["XINGCHEN_PROFILE"] = Path.Combine(folder, "profile.json"),
    };

    /// <summary>Runs a command that must succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await TryAsync(arguments);
        Assert.True(code == 0, $"xingchen {string.Join(' ', arguments)} ended with {code}: {error}{output}");
        return output;
    }

    /// <summary>Runs a command and tells its exit code, standard output and standard error.</summary>
    public async Task<(int Code, string Output, string Error)> TryAsync(params string[] arguments)
    {
        using var process = Run(arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts a command that runs until it is ended, such as <c>sidecar</c>; what it writes is read
    /// away.</summary>
    public static Process Start(params string[] arguments)
    {
        var process = Run(arguments, new Dictionary<string, string>());
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static Process Run(string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var assembly = Path.Combine(
            HostProcess.Repository, "libraries", "Xingchen.Cli", "bin", HostProcess.Configuration, "net10.0",
            "xingchen.dll");
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
