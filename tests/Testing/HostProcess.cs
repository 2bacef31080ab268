using System.Diagnostics;
using System.Text.Json;

namespace Xingchen.Testing;

/// <summary>The real AppHost as a process of its own, on ports and a data directory of its own.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    /// <summary>How many consecutive ports a host takes at most.</summary>
    public const int PortCount = 20;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StoppedWithin = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> lines = [];
    private readonly Process process;
    private readonly Task reading;
    private readonly string directory;

    private HostProcess(Process process, string directory, int portBase)
    {
        this.process = process;
        this.directory = directory;
        Url = new Uri($"http://127.0.0.1:{portBase}");
        reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>The root of the repository under test.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>How the code under test was built: as the tests were.</summary>
    public static string Configuration { get; } = AppContext.BaseDirectory.Contains(
        $"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Release" : "Debug";

    /// <summary>The gateway's address.</summary>
    public Uri Url { get; }

    public int ProcessId => process.Id;

    /// <summary>Whatever it wrote so far.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (lines) return [.. lines];
        }
    }

    /// <summary>Starts a host; <see cref="UntilReadyAsync"/> waits for it.</summary>
    /// <param name="directory">The data directory; nobody else's.</param>
    /// <param name="portBase">Of <see cref="Ports.FreeRange"/> with <see cref="PortCount"/>.</param>
    /// <param name="args">More arguments, such as <c>--demo</c>.</param>
    public static HostProcess Start(string directory, int portBase, params IEnumerable<string> args)
    {
        var start = Describe(["--port-base", portBase.ToString(), .. args]);
        start.Environment["XINGCHEN_DATA_DIR"] = directory;
        return new HostProcess(Process.Start(start)!, directory, portBase);
    }

    /// <summary>Runs the host for something that ends by itself, such as writing the manifest.</summary>
    public static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        using var running = Process.Start(Describe(args))!;
        var output = running.StandardOutput.ReadToEndAsync();
        var error = running.StandardError.ReadToEndAsync();
        await running.WaitForExitAsync();
        return (running.ExitCode, (await output + await error).Trim());
    }

    /// <summary>Waits for the line that says ready.</summary>
    /// <exception cref="InvalidOperationException">It ended before; the message is what it wrote.</exception>
    public Task UntilReadyAsync() => ready.Task.WaitAsync(ReadyWithin);

    /// <summary>The platform operator's client.</summary>
    public async Task<(string ClientId, string ClientSecret)> OperatorAsync()
    {
        await using var file = File.OpenRead(Path.Combine(directory, "operator.json"));
        using var json = await JsonDocument.ParseAsync(file);
        return (json.RootElement.GetProperty("clientId").GetString()!,
            json.RootElement.GetProperty("clientSecret").GetString()!);
    }

    /// <summary>Its processes, by what they run, the host itself left out.</summary>
    public IReadOnlyList<ChildOfHost> Children() => ChildOfHost.Of(process.Id);

    /// <summary>Asks it to stop, as a service manager does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-s", "TERM", process.Id.ToString()]);
            await kill.WaitForExitAsync();
        }
        return await ExitAsync();
    }

    /// <summary>Ends it with no chance to say goodbye; its children are on their own.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for its end.</summary>
    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(StoppedWithin);
        await reading;
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }

    private static ProcessStartInfo Describe(IEnumerable<string> args)
    {
        var assembly = Path.Combine(Repository, "AppHost", "bin", Configuration, "net10.0", "Xingchen.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [assembly, .. args])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var inherited = start.Environment.Keys.Where(key => key.StartsWith("XINGCHEN_", StringComparison.Ordinal));
        foreach (var name in inherited.ToArray())
            start.Environment.Remove(name);
        return start;
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Xingchen.sln")))
            folder = folder.Parent
                ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines) lines.Add(line);
            if (line.StartsWith("Ready in ", StringComparison.Ordinal)) ready.TrySetResult();
        }
        ready.TrySetException(new InvalidOperationException(
            "The host ended:" + Environment.NewLine + string.Join(Environment.NewLine, Output)));
        _ = ready.Task.Exception; // seen, also where nobody waits
    }
}
