using Npgsql;
using Xingchen.AppModel;
using Xingchen.AppModel.Postgres;
using Xingchen.Testing;

namespace Xingchen.Tests.Unit.AppModel;

public sealed class PostgresServerTests : IDisposable
{
    // 0700: as root, the server cannot enter
    private readonly string directory = Directory.CreateTempSubdirectory("xingchen-unit-").FullName;
    private readonly List<string> said = [];

    public void Dispose() => Remove(directory);

    [Fact]
    public async Task Data_and_password_survive_a_restart()
    {
        await using (var first = await StartAsync(Ports.Free()))
            await ExecuteAsync(first, "create table kept (value int); insert into kept values (42)");
        await using var second = await StartAsync(Ports.Free());
        Assert.Equal(42, await ExecuteAsync(second, "select value from kept"));
        Assert.Equal("C", await ExecuteAsync(second, "select datcollate from pg_database where datname = 'postgres'"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(directory, "postgres.password")));
        if (Environment.IsPrivilegedProcess) Assert.Contains("cannot enter", Assert.Single(said));
    }

    [Fact]
    public async Task A_server_left_behind_is_stopped_first()
    {
        var left = await StartAsync(Ports.Free());
        await using var next = await StartAsync(Ports.Free());
        await left.Exited.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await ExecuteAsync(next, "select 1"));
    }

    [Fact]
    public async Task The_server_ends_when_its_host_lets_go()
    {
        var server = await StartAsync(Ports.Free());
        var pid = server.ProcessId;
        await server.StopAsync();
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(pid));
    }

    [Fact]
    public async Task Only_the_owner_with_the_password_comes_in()
    {
        await using var server = await StartAsync(Ports.Free());
        var wrong = new NpgsqlConnectionStringBuilder(
            server.ConnectionString("postgres")) { Password = "guess", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());
        Assert.Equal("28P01", refused.SqlState);
    }

    [Fact]
    public async Task A_taken_port_is_one_line()
    {
        await using var server = await StartAsync(Ports.Free());
        var port = new NpgsqlConnectionStringBuilder(server.ConnectionString("postgres")).Port;
        var other = Directory.CreateTempSubdirectory("xingchen-unit-").FullName;
        var problem = await Assert.ThrowsAsync<HostProblemException>(() => PostgresServer.StartAsync(
            new PostgresOptions { Directory = other, Port = port, Durable = false }, _ => { }, CancellationToken.None));
        Assert.StartsWith($"Port {port}, meant for PostgreSQL, is in use", problem.Message);
        Remove(other);
    }

    [Fact]
    public async Task Data_of_another_version_says_how_to_mend()
    {
        await using (await StartAsync(Ports.Free())) { }
        await File.WriteAllTextAsync(Path.Combine(directory, "postgres", "data", "PG_VERSION"), "9\n");
        var problem = await Assert.ThrowsAsync<HostProblemException>(() => StartAsync(Ports.Free()));
        Assert.Contains("made by PostgreSQL 9", problem.Message);
        Assert.Contains("Install PostgreSQL 9, or move", problem.Message);
    }

    private static void Remove(string hostDirectory)
    {
        if (new DirectoryInfo(Path.Combine(hostDirectory, "postgres")).LinkTarget is { } elsewhere) Directory.Delete(
            elsewhere, recursive: true);
        Directory.Delete(hostDirectory, recursive: true);
    }

    private async Task<PostgresServer> StartAsync(int port)
    {
        try
        {
            var options = new PostgresOptions { Directory = directory, Port = port, Durable = false };
            return await PostgresServer.StartAsync(options, said.Add, CancellationToken.None);
        }
        catch (HostProblemException problem)
            when (problem.Message.StartsWith("No PostgreSQL", StringComparison.Ordinal))
        {
            Prerequisites.Require(there: false, problem.Message);
            throw;
        }
    }

    private static async Task<object?> ExecuteAsync(PostgresServer server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString("postgres") + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
