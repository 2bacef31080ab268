using System.Runtime.InteropServices;

namespace Xingchen.AppModel.Run;

/// <summary>Ctrl-C, SIGTERM, a closed terminal, and the death of the <c>dotnet run</c> that started this
/// process.</summary>
/// <remarks>The first asks to stop in order; a second Ctrl-C ends this process at once, and its children with
/// it.</remarks>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly Timer? parentWatch;
    private readonly Action stop;
    private int asked;

    public StopSignals(Action stop)
    {
        this.stop = stop;
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Heard));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Heard));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, Heard));
        if (Parent() is not { } parent || !IsDotnetRun(parent)) return;
        parentWatch = new Timer(_ =>
        {
            if (Parent() != parent) stop();
        }, state: null, LookEvery, LookEvery);
    }

    public void Dispose()
    {
        parentWatch?.Dispose();
        foreach (var registration in registrations) registration.Dispose();
    }

    private void Heard(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Interlocked.Increment(ref asked) == 1) ThreadPool.QueueUserWorkItem(_ => stop());
        else if (signal.Signal == PosixSignal.SIGINT) Environment.Exit(130);
    }

    /// <summary>The fourth word of /proc/self/stat, after a name in parentheses (proc(5)); null where there is
    /// none.</summary>
    private static int? Parent()
    {
        if (!OperatingSystem.IsLinux()) return null;
        var stat = File.ReadAllText("/proc/self/stat");
        var words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return int.Parse(words[1]);
    }

    private static bool IsDotnetRun(int process)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
            return Path.GetFileName(words[0]) == "dotnet" && words.Contains("run");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // gone, or somebody else's
        }
    }
}
