using System.Diagnostics;

namespace Xingchen.AppModel.Processes;

/// <summary>Runs a program that knows nothing of its host so that it ends with its host, however the host
/// ends.</summary>
/// <remarks>
/// A small shell stands between the two. It reads standard input, whose other end the host holds and never writes to:
/// its end closes when the host is gone, also after <c>kill -9</c>, and the program is told to stop. (The kernel's
/// parent-death signal would do for Linux, but it fires when the <em>thread</em> that started the child ends, and the
/// thread pool's do.)
/// </remarks>
internal static class Guard
{
    /// <summary>Signals in <c>$1</c>, each given ten seconds; the command line follows.</summary>
    private const string Script = """
        trap : INT TERM HUP
        signals=$1; shift
        exec 3<&0 </dev/null
        "$@" 3<&- & child=$!
        (
          trap '' INT TERM HUP
          read -r _ <&3
          for signal in $signals; do
            kill -s "$signal" $child || exit
            n=0; while [ $n -lt 100 ]; do sleep 0.1; kill -0 $child || exit; n=$((n+1)); done
          done
        ) >/dev/null 2>&1 & watch=$!
        exec 3<&-
        while :; do { wait $child; } 2>/dev/null; code=$?; kill -0 $child 2>/dev/null || break; done
        kill -s KILL $watch 2>/dev/null
        exit $code
        """;

    /// <summary>The start of <paramref name="command"/> under guard; all three streams are redirected.</summary>
    /// <param name="signals">What stops it, gentlest first, such as <c>INT QUIT</c>.</param>
    /// <param name="command">The program and its arguments.</param>
    public static ProcessStartInfo Start(string signals, params IEnumerable<string> command) =>
        OperatingSystem.IsWindows()
            ? ChildProcess.Start([.. command])
            : ChildProcess.Start(["/bin/sh", "-c", Script, "xingchen-guard", signals, .. command]);
}
