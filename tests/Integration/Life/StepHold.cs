using Npgsql;

namespace Xingchen.Tests.Integration.Life;

/// <summary>Holds transactions of the services at a step, by a trigger that waits for an advisory lock: they have
/// written, and not committed.</summary>
internal sealed class StepHold : IAsyncDisposable
{
    private const int Class = 4711;

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlConnection connection;
    private readonly int step;

    private StepHold(NpgsqlDataSource source, NpgsqlConnection connection, int step) =>
        (this.source, this.connection, this.step) = (source, connection, step);

    /// <summary>Makes a table's writes wait at steps.</summary>
    /// <param name="owner">The owner's connection string.</param>
    /// <param name="table">With its schema.</param>
    /// <param name="step">SQL over <c>old</c> and <c>new</c> (in an insert <c>old</c> is null) for the number of the
    /// step; null where there is none.</param>
    /// <param name="events">Such as <c>insert or update</c>.</param>
    public static async Task SetAsync(string owner, string table, string events, string step)
    {
        await using var database = NpgsqlDataSource.Create(owner);
        await using var command = database.CreateCommand($"""
            create schema if not exists holds;
            grant usage on schema holds to public;
            create function holds.{table.Replace('.', '_')}() returns trigger language plpgsql as $$
            declare
                step int := {step};
            begin
                if step is not null then perform pg_advisory_xact_lock_shared({Class}, step); end if;
                return null;
            end $$;
            create trigger hold after {events} on {table} for each row
                execute function holds.{table.Replace('.', '_')}();
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>From now on whoever comes to the step waits there, until disposed.</summary>
    public static async Task<StepHold> AtAsync(string owner, int step)
    {
        var database = NpgsqlDataSource.Create(owner);
        var holder = await database.OpenConnectionAsync();
        await using var take = new NpgsqlCommand($"select pg_advisory_lock({Class}, {step})", holder);
        await take.ExecuteNonQueryAsync();
        return new StepHold(database, holder, step);
    }

    /// <summary>How many wait.</summary>
    public async Task<long> WaitingAsync()
    {
        await using var ask = new NpgsqlCommand($"""
            select count(*) from pg_locks where locktype = 'advisory' and classid = {Class} and objid = {step}
                and not granted and database = (select oid from pg_database where datname = current_database())
            """, connection);
        return (long)(await ask.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync(); // the lock is the session's: the pool resets it
        await source.DisposeAsync();
    }
}
