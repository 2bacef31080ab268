using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Npgsql;
using Xingchen.AppModel;
using Xingchen.AppModel.Postgres;
using Xingchen.Storage;

namespace Xingchen.Testing;

/// <summary>A real PostgreSQL server, one for the test process, started by the first test that asks and gone with the
/// process.</summary>
/// <remarks>Fixtures share the server and never a database, so that test classes run in parallel.</remarks>
public static class TestPostgres
{
    /// <summary>The password of every serving role. Roles are the server's, so fixtures must agree on it.</summary>
    public const string RolePassword = "test-only";

    private static readonly Lock Gate = new();
    private static Task<PostgresServer>? server;
    private static int databases;

    /// <summary>An empty database of its own, with the <see cref="DdlAlarm"/> set.</summary>
    /// <returns>The owner's connection string.</returns>
    public static async Task<string> CreateDatabaseAsync(CancellationToken ct = default)
    {
        var started = await StartedAsync();
        var name = $"test_{Interlocked.Increment(ref databases)}";
        await using (var maintenance = NpgsqlDataSource.Create(started.ConnectionString("postgres")))
        await using (var create = maintenance.CreateCommand($"create database {name} template template0"))
            await create.ExecuteNonQueryAsync(ct);
        var owner = started.ConnectionString(name) + ";Maximum Pool Size=20";
        await DdlAlarm.SetAsync(owner, ct);
        return owner;
    }

    /// <summary>Runs a service's migrations.</summary>
    /// <param name="owner">The owner's connection string of the database.</param>
    /// <param name="service">The assembly that embeds the scripts, such as that of <c>Xingchen.Records</c>.</param>
    /// <param name="role">The serving role, such as <c>xingchen_records</c>.</param>
    /// <param name="ct">Stops between scripts.</param>
    /// <returns>The serving role's connection string.</returns>
    public static async Task<string> MigrateAsync(
        string owner, Assembly service, string role, CancellationToken ct = default)
    {
        var journal = service.GetName().Name!.Split('.')[^1].ToLowerInvariant();
        await Migrator.RunAsync(owner, journal, service, role, RolePassword, ct);
        return new NpgsqlConnectionStringBuilder(owner) { Username = role, Password = RolePassword }.ConnectionString;
    }

    /// <summary>What the server wrote to its log so far; empty where no test asked for a server.</summary>
    internal static async Task<string> LogAsync()
    {
        if (server is null) return "";
        await using var file = new FileStream(
            (await server).LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }

    private static async Task<PostgresServer> StartedAsync()
    {
        try
        {
            lock (Gate) server ??= StartAsync();
            return await server;
        }
        catch (HostProblemException problem)
        {
            Prerequisites.Require(there: false, problem.Message);
            throw;
        }
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("xingchen-test-").FullName;
        if (!OperatingSystem.IsWindows()) // another user runs the server where the tests run as root
            File.SetUnixFileMode(
                directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var options =
            new PostgresOptions { Directory = directory, Port = Ports.Free(), Durable = false, MaxConnections = 400 };
        var started = await PostgresServer.StartAsync(options, _ => { }, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(started, directory);
        return started;
    }

    private static void Remove(PostgresServer started, string directory)
    {
        // At once, without writing out what is deleted below: a runner gives a process ten seconds to end.
        using (var quit = Process.Start("kill", ["-QUIT", started.ProcessId.ToString(CultureInfo.InvariantCulture)]))
            quit.WaitForExit();
#pragma warning disable VSTHRD002 // the process ends here: there is nothing left to await on
        started.StopAsync().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        Directory.Delete(directory, recursive: true);
    }
}
