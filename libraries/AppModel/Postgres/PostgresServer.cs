using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xingchen.AppModel.Processes;

namespace Xingchen.AppModel.Postgres;

/// <summary>A PostgreSQL server of our own: nobody else's data, no unix socket, 127.0.0.1 only, gone with its
/// host.</summary>
/// <remarks>Its superuser <see cref="Owner"/> owns every database and runs migrations; no service connects as
/// it.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The superuser, who owns the databases.</summary>
    public const string Owner = "xingchen";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Process guard;
    private readonly PostgresDirectory directory;
    private readonly int port;
    private readonly string password;

    private PostgresServer(Process guard, PostgresDirectory directory, int port, string password)
    {
        this.guard = guard;
        this.directory = directory;
        this.port = port;
        this.password = password;
    }

    /// <summary>The server's process id.</summary>
    public int ProcessId => directory.Postmaster() ?? guard.Id;

    /// <summary>What the server has to say: its log file.</summary>
    public string LogFile => directory.Log;

    /// <summary>Ends when the server does, asked or not.</summary>
    public Task Exited => guard.WaitForExitAsync();

    /// <summary>An Npgsql connection string of the owner.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={port};Username={Owner};Password={password};Database={database}";

    /// <summary>Makes the data directory where there is none, ends a server left in it, starts one and waits until it
    /// answers.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="say">Told, in a line each, what a person would want to know.</param>
    /// <param name="ct">Stops the start; nothing is left running.</param>
    /// <exception cref="HostProblemException">One line that says what is wrong and how to mend it.</exception>
    public static async Task<PostgresServer> StartAsync(
        PostgresOptions options, Action<string> say, CancellationToken ct)
    {
        var account = PostgresAccount.Find();
        var files = await PostgresDirectory.OpenAsync(options.Directory, account, say, ct);
        var binaries = await PostgresBinaries.FindAsync(files.Major(), say, ct);
        await files.StopLeftoverAsync(binaries, ct);
        ThrowIfTaken(options.Port);
        var secret = await files.PasswordAsync(ct);
        if (files.Major() is null) await files.InitializeAsync(binaries, secret, options.Durable, ct);
        files.RotateLog();
        // The guard's children cannot write to the host's pipes once it is gone, so the server writes to a file.
        string[] logged = ["/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", files.Log];
        string[] command = [.. OperatingSystem.IsWindows() ? [] : logged, .. Command(binaries, files, options)];
        var start = account.As(Guard.Start("INT QUIT", command));
        var server = new PostgresServer(Process.Start(start)!, files, options.Port, secret);
        try
        {
            await server.UntilReadyAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the server the quick clean way: sessions are cut, transactions rolled back, the files left
    /// consistent.</summary>
    public async Task StopAsync()
    {
        if (OperatingSystem.IsWindows() && !guard.HasExited) guard.Kill();
        guard.StandardInput.Close();
        await guard.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        guard.Dispose();
    }

    private static string[] Command(PostgresBinaries binaries, PostgresDirectory directory, PostgresOptions options)
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1", $"port={options.Port}", "unix_socket_directories=",
            $"max_connections={options.MaxConnections}",
            "timezone=UTC", "log_timezone=UTC", "jit=off", "logging_collector=off", "log_line_prefix=%m [%p] %q%u@%d ",
        ];
        string[] quick = options.Durable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        return [binaries.Postgres, "-D", directory.Data,
            .. settings.Concat(quick).SelectMany(setting => new[] { "-c", setting })];
    }

    private async Task UntilReadyAsync(CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        while (!directory.IsReady())
        {
            if (guard.HasExited)
                throw new HostProblemException(
                    $"PostgreSQL did not start: {directory.LastWords()} (log: {directory.Log})");
            if (Stopwatch.GetElapsedTime(began) > ReadyWithin)
                throw new HostProblemException(
                    $"PostgreSQL is not ready after {ReadyWithin.TotalSeconds} s. See {directory.Log}");
            await Task.Delay(25, ct);
        }
    }

    private static void ThrowIfTaken(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException exception)
        {
            throw new HostProblemException(
                $"Port {port}, meant for PostgreSQL, is in use on 127.0.0.1. Choose others with --port-base.",
                exception);
        }
    }
}
