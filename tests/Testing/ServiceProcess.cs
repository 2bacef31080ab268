using System.Diagnostics;
using System.Net;
using System.Text;

namespace Xingchen.Testing;

/// <summary>A service as it really runs: its own process on a free port, gone with the test's.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder log = new();

    private ServiceProcess(string[] command, int port, IReadOnlyDictionary<string, string> environment)
    {
        Address = new Uri($"http://127.0.0.1:{port}");
        var start = new ProcessStartInfo("dotnet", command)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(command[0]),
        };
        start.Environment["ASPNETCORE_URLS"] = Address.ToString();
        start.Environment["XINGCHEN_STOP_WITH_STDIN"] = "true"; // so that none outlives a test run, however that ends
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>The process, for what <c>/proc</c> says of it.</summary>
    public int ProcessId => process.Id;

    /// <summary>What it has written so far.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    /// <summary>Starts a service and waits until it is alive.</summary>
    /// <param name="service">The folder's name, such as <c>Organization</c>.</param>
    /// <param name="environment">Its settings.</param>
    /// <param name="port">Where it listens; null takes a free port.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not alive within 60 s: with its log.</exception>
    public static Task<ServiceProcess> StartAsync(
        string service, IReadOnlyDictionary<string, string> environment, int? port = null,
            CancellationToken ct = default) =>
        StartAsync([AssemblyOf(service)], environment, port, ct);

    /// <summary>Starts an assembly that serves as a service does: <c>ASPNETCORE_URLS</c>, <c>/alive</c>, ends with its
    /// standard input.</summary>
    /// <param name="command">The assembly's path and its arguments.</param>
    /// <inheritdoc cref="StartAsync(string, IReadOnlyDictionary{string, string}, int?, CancellationToken)"/>
    public static async Task<ServiceProcess> StartAsync(
        string[] command, IReadOnlyDictionary<string, string> environment, int? port = null,
        CancellationToken ct = default)
    {
        var started = new ServiceProcess(command, port ?? Ports.Free(), environment);
        using var client = new HttpClient { BaseAddress = started.Address };
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(60) && !started.process.HasExited)
        {
            try
            {
                using var answer = await client.GetAsync("/alive", ct);
                if (answer.StatusCode == HttpStatusCode.OK) return started;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50, ct);
        }
        await started.DisposeAsync();
        throw new InvalidOperationException($"{Path.GetFileName(command[0])} did not start:\n{started.Log}");
    }

    /// <summary>Runs a command of a service, such as <c>migrate</c>, to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(
        string service, string[] arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [AssemblyOf(service), .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var command = Process.Start(start)!;
        var output = command.StandardOutput.ReadToEndAsync();
        var errors = command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await errors);
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                await process.WaitForExitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        process.Dispose();
    }

    private static string AssemblyOf(string service)
    {
        var here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var root = here[..here.LastIndexOf("/tests/", StringComparison.Ordinal)];
        var configuration = Path.GetFileName(Path.GetDirectoryName(here))!;
        return Path.Combine(
            root, "services", service, "bin", configuration, Path.GetFileName(here), $"Xingchen.{service}.dll");
    }

    private void Write(string? line)
    {
        lock (log) log.AppendLine(line);
    }
}
