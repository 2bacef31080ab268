using System.Diagnostics;

namespace Xingchen.AppModel.Processes;

/// <summary>How this library starts other programs.</summary>
internal static class ChildProcess
{
    private static readonly string? SetSid = Which("setsid");

    /// <summary>A start with redirected streams, in a session of its own where the system can.</summary>
    /// <remarks>A terminal sends Ctrl-C to all processes of its session at once; the host wants to stop its children in
    /// order.</remarks>
    public static ProcessStartInfo Start(IReadOnlyList<string> command)
    {
        IReadOnlyList<string> whole = SetSid is null ? command : [SetSid, .. command];
        return new ProcessStartInfo(whole[0], whole.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }

    /// <summary>The path of a program on PATH, or null.</summary>
    public static string? Which(string program)
    {
        var extensions = OperatingSystem.IsWindows() ? new[] { ".exe", ".cmd" } : [""];
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => extensions.Select(extension => Path.Combine(folder, program + extension)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="start">Of <see cref="Start"/>.</param>
    /// <param name="input">What it reads; null: nothing.</param>
    /// <param name="ct">Kills it.</param>
    /// <returns>Its exit code and what it wrote to both streams.</returns>
    public static async Task<(int Code, string Output)> RunAsync(
        ProcessStartInfo start, string? input, CancellationToken ct)
    {
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var error = process.StandardError.ReadToEndAsync(ct);
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
            var text = await output + await error;
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, text.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
