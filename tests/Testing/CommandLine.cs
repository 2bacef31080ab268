using System.Diagnostics;
using Xunit;

namespace Xingchen.Testing;

/// <summary>The command line <c>xingchen</c> as a person runs it: a process of its own, signed in by its
/// environment.</summary>
public sealed class CommandLine(Uri url, string clientId, string clientSecret)
{
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
        var assembly = Path.Combine(
            HostProcess.Repository, "libraries", "Xingchen.Cli", "bin", HostProcess.Configuration, "net10.0",
            "xingchen.dll");
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XINGCHEN_URL"] = url.ToString();
        start.Environment["XINGCHEN_CLIENT_ID"] = clientId;
        start.Environment["XINGCHEN_CLIENT_SECRET"] = clientSecret;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
