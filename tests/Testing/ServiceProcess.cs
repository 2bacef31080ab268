using System.Diagnostics;
using System.Net;
using System.Text;

namespace Xingchen.Testing;

/// <summary>A service as it really runs: its own process on a free port, gone with the test's.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder log = new();

    private ServiceProcess(string service, int port, IReadOnlyDictionary<string, string> environment)
    {
        Address = new Uri($"http://127.0.0.1:{port}");
        var root =
            AppContext.BaseDirectory[..AppContext.BaseDirectory.LastIndexOf("/tests/", StringComparison.Ordinal)];
        var frameworkPath = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var configuration =
            Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
        var folder = Path.Combine(root, "services", service, "bin", configuration, frameworkPath);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, $"Xingchen.{service}.dll")])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true, WorkingDirectory = folder,
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
    public static async Task<ServiceProcess> StartAsync(
        string service, IReadOnlyDictionary<string, string> environment, int? port = null,
            CancellationToken ct = default)
    {
        var started = new ServiceProcess(service, port ?? Ports.Free(), environment);
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
        throw new InvalidOperationException($"{service} did not start:\n{started.Log}");
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

    private void Write(string? line)
    {
        lock (log) log.AppendLine(line);
    }
}
