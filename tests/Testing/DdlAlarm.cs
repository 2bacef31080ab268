using Npgsql;
using Xingchen.AppModel.Postgres;
using Xunit;

namespace Xingchen.Testing;

/// <summary>Promise 4, no DDL at run time: any DDL by a role other than the owner fails, and fails the whole
/// suite.</summary>
/// <remarks>
/// The event trigger raises an exception where it happens; the server's log keeps it, so that a service that swallows
/// it is found when the suite ends. A test project asks for that with <c>[assembly:
/// AssemblyFixture(typeof(DdlAlarm))]</c>.
/// </remarks>
public sealed class DdlAlarm : IAsyncLifetime
{
    /// <summary>The message of the alarm, in exceptions and in the server's log.</summary>
    public const string Message = "DDL by a serving role";

    /// <summary>The role of the alarm's own test, whose DDL counts for nothing.</summary>
    public const string TestRole = "alarm_test_role";

    private static readonly string Trigger = $"""
        create schema ddl_alarm;
        grant usage on schema ddl_alarm to public;
        create function ddl_alarm.ring() returns event_trigger language plpgsql as $$
        begin
          if session_user <> '{PostgresServer.Owner}' then
            raise exception '{Message}: % by %', tg_tag, session_user;
          end if;
        end $$;
        create event trigger ddl_alarm on ddl_command_start execute function ddl_alarm.ring();
        """;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        var log = await TestPostgres.LogAsync();
        var rung = log.Split('\n').Where(line =>
            line.Contains("ERROR", StringComparison.Ordinal) && line.Contains(Message, StringComparison.Ordinal));
        Assert.Empty(rung.Where(line => !line.Contains(TestRole, StringComparison.Ordinal)));
    }

    internal static async Task SetAsync(string owner, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(owner);
        await using var command = source.CreateCommand(Trigger);
        await command.ExecuteNonQueryAsync(ct);
    }
}
