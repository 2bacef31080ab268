using System.Data.Common;
using System.Net.Sockets;
using System.Reflection;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>The command line <c>dotnet &lt;Service&gt;.dll migrate [--citus]</c>: brings the service's database up to
/// date, then ends. With <c>--citus</c> it changes nothing and prints what distributes the database.</summary>
/// <remarks>
/// A service never migrates while it serves: its role may not. This runs as the migration role, before the service
/// starts. Configuration: <c>ConnectionStrings__{database}</c> of the migration role, and
/// <c>XINGCHEN_ROLE_PASSWORD</c>, the password that the serving role <c>xingchen_{service}</c> shall have.
/// </remarks>
public static class MigrationCommand
{
    public const string Word = "migrate";

    private const string Citus = "--citus";

    /// <summary>Runs the command if <paramref name="args"/> ask for it.</summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="service">Such as <c>records</c>: name of the journal, and of the role after
    /// <c>xingchen_</c>.</param>
    /// <param name="database">The connection string's name, such as <c>cell</c>.</param>
    /// <param name="scripts">The assembly that embeds <c>Migrations/*.sql</c>.</param>
    /// <returns>Null where it was not asked for; else the exit code: 0 done, 1 failed (one line on standard
    /// error).</returns>
    public static async Task<int?> TryRunAsync(string[] args, string service, string database, Assembly scripts)
    {
        if (args is not [Word, ..]) return null;
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        try
        {
            if (args is not ([Word] or [Word, Citus]))
                throw new ArgumentException($"Write `{Word}` to migrate, or `{Word} {Citus}` to print the SQL that "
                    + "distributes the migrated database on Citus.");
            var connection = Read("ConnectionStrings__" + database);
            if (args is [_, Citus]) return await PrintAsync(connection, service, stop.Token);
            var password = Read("XINGCHEN_ROLE_PASSWORD");
            var applied =
                await Migrator.RunAsync(connection, service, scripts, "xingchen_" + service, password, stop.Token);
            foreach (var script in applied) await Console.Out.WriteLineAsync($"applied {service}/{script}");
            if (applied.Count == 0) await Console.Out.WriteLineAsync($"{service}: nothing to do");
            return 0;
        }
        catch (Exception exception) when (
            exception is InvalidOperationException or DbException or SocketException or TimeoutException
                or ArgumentException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"migrate {service}: {Explain(exception)}");
            return 1;
        }
    }

    /// <summary>The script on standard output, or every finding on standard error.</summary>
    private static async Task<int> PrintAsync(string connection, string service, CancellationToken ct)
    {
        var layout = await CitusScript.ReadAsync(connection, ct);
        foreach (var finding in layout.Findings)
            await Console.Error.WriteLineAsync($"migrate {service} {Citus}: {finding}");
        await Console.Out.WriteAsync(layout.Sql);
        return layout.Findings.Count == 0 ? 0 : 1;
    }

    private static string Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"Set {variable}.");

    private static string Explain(Exception exception) => exception switch
    {
        PostgresException { Where: { } where } sql =>
            $"{sql.SqlState} {sql.MessageText} (line {sql.Line}; {where.ReplaceLineEndings(" ")})",
        PostgresException sql => $"{sql.SqlState} {sql.MessageText} (position {sql.Position})",
        _ => exception.Message,
    };
}
