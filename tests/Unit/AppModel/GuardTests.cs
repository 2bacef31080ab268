using System.Diagnostics;
using Xingchen.AppModel.Processes;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class GuardTests
{
    public GuardTests() => Prerequisites.Require(!OperatingSystem.IsWindows(), "The guard is a Unix shell.");

    [Fact]
    public async Task Ends_its_program_when_the_host_lets_go()
    {
        using var guard = Process.Start(Guard.Start("TERM KILL", "sleep", "1000"))!;
        Assert.False(guard.WaitForExit(300));
        guard.StandardInput.Close();
        await guard.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(128 + 15, guard.ExitCode);
    }

    [Fact]
    public async Task Uses_the_next_signal_where_the_first_does_not_help()
    {
        using var guard = Process.Start(
            Guard.Start("USR1 KILL", "sh", "-c", "trap '' USR1; echo armed; while :; do sleep 0.1; done"))!;
        Assert.Equal("armed", await guard.StandardOutput.ReadLineAsync());
        guard.StandardInput.Close();
        await guard.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(128 + 9, guard.ExitCode);
    }

    [Fact]
    public async Task Passes_on_output_and_exit_code()
    {
        // The host's end of standard input stays open: the program ends by itself.
        using var guard = Process.Start(
            Guard.Start("TERM KILL", "sh", "-c", "echo \"$1\"; exit 7", "sh", "it's \"quoted\" $HOME"))!;
        var output = await guard.StandardOutput.ReadToEndAsync();
        await guard.WaitForExitAsync();
        Assert.Equal(7, guard.ExitCode);
        Assert.Equal("it's \"quoted\" $HOME", output.Trim());
    }
}
