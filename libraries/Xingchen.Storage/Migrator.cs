using System.Reflection;
using Dapper;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>Brings a database to the version of this build: forward only, under an advisory lock, by a migration
/// role.</summary>
/// <remarks>
/// Scripts are embedded resources <c>Migrations/NNNN_name.sql</c> of the calling service; each runs once, in a
/// transaction of its own with its journal row, in order of its number. A script that was applied and has since changed
/// stops the run. The serving role is created here and owns nothing. Two migrators at once: the second waits, then
/// finds nothing to do.
/// </remarks>
public static class Migrator
{
    /// <summary>Of the advisory lock that a migrator holds.</summary>
    public const long LockKey = 0x58494E4743_48454EL;

    /// <param name="connectionString">Of the migration role, which owns the database or may create it.</param>
    /// <param name="service">The journal's name for this set of scripts, such as <c>records</c>.</param>
    /// <param name="scripts">The assembly that embeds the scripts.</param>
    /// <param name="role">The serving role: <c>LOGIN</c>, never superuser, never <c>BYPASSRLS</c>; created where
    /// absent.</param>
    /// <param name="rolePassword">Its password; set at every run, so that rotating it is running this.</param>
    /// <param name="ct">Stops between scripts and inside one; what was committed stays.</param>
    /// <returns>The names of the scripts that were applied by this run.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        string connectionString, string service, Assembly scripts, string role, string rolePassword,
        CancellationToken ct)
    {
        await CreateDatabaseAsync(connectionString, ct);
        // Without a limit: an index of a large table takes its time, and so does whoever has the lock.
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            new CommandDefinition("select pg_advisory_lock(@LockKey)", new { LockKey }, cancellationToken: ct));
        await EnsureRoleAsync(connection, role, rolePassword, ct);
        await connection.ExecuteAsync(new CommandDefinition(Journal, cancellationToken: ct));
        var done = (await connection.QueryAsync<(string Script, string Digest)>(new CommandDefinition(
            "select script, digest from migrations.applied where service = @service", new { service },
            cancellationToken: ct)))
            .ToDictionary(row => row.Script, row => row.Digest);
        var applied = new List<string>();
        foreach (var (name, sql) in Read(scripts))
        {
            var digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes(sql)).Value;
            if (done.TryGetValue(name, out var known))
            {
                if (known != digest)
                    throw new InvalidOperationException(
                        $"Migration {service}/{name} was applied with other content. "
                        + "Add a new script instead of changing it.");
                continue;
            }
            await ApplyAsync(connection, service, name, sql, digest, role, ct);
            applied.Add(name);
        }
        return applied;
    }

    private const string Journal = """
        create schema if not exists migrations;
        create table if not exists migrations.applied (
            service text not null, script text not null, digest text not null,
            applied_at timestamptz not null default now(), primary key (service, script));
        """;

    private static async Task ApplyAsync(
        NpgsqlConnection connection, string service, string name, string sql, string digest, string role,
        CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var text = sql.Replace("{role}", role, StringComparison.Ordinal);
        await using (var command = new NpgsqlCommand(text, connection, transaction))
            await command.ExecuteNonQueryAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into migrations.applied (service, script, digest) values (@service, @name, @digest)",
            new { service, name, digest }, transaction, cancellationToken: ct));
        await transaction.CommitAsync(ct);
    }

    private static IEnumerable<(string Name, string Sql)> Read(Assembly assembly)
    {
        const string Marker = ".Migrations.";
        foreach (var resource in assembly.GetManifestResourceNames()
            .Where(n => n.Contains(Marker, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(resource.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..],
                reader.ReadToEnd());
        }
    }

    private static async Task CreateDatabaseAsync(string connectionString, CancellationToken ct)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var database = target.Database
            ?? throw new InvalidOperationException("The connection string names no database.");
        await using var maintenance = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString)
                { Database = "postgres", Pooling = false }.ConnectionString);
        await using var connection = await maintenance.OpenConnectionAsync(ct);
        var exists = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists(select from pg_database where datname = @database)", new { database },
            cancellationToken: ct));
        if (exists) return;
        try
        {
            // template0 and "C": text compares by code point on every machine alike.
            await connection.ExecuteAsync(new CommandDefinition(
                $"create database {Quote(database)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'",
                cancellationToken: ct));
        }
        catch (PostgresException exception) when (exception.SqlState is "42P04" or "23505")
        {
            // Another migrator was first.
        }
    }

    private static async Task EnsureRoleAsync(
        NpgsqlConnection connection, string role, string password, CancellationToken ct)
    {
        var literal = password.Replace("'", "''", StringComparison.Ordinal);
        var exists = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists(select from pg_roles where rolname = @role)", new { role }, cancellationToken: ct));
        var verb = exists ? "alter" : "create";
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(
                $"{verb} role {Quote(role)} login nosuperuser nocreatedb nocreaterole nobypassrls noreplication "
                + $"password '{literal}'",
                cancellationToken: ct));
        }
        catch (PostgresException exception) when (exception.SqlState is "42710" or "23505" or "XX000")
        {
            // Roles are the server's, the lock is the database's: a migrator of another database was first.
        }
    }

    private static string Quote(string identifier) =>
        "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
