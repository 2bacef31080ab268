using Npgsql;

namespace Xingchen.Records.Upkeep;

/// <summary>Who makes the round through the accounts of the cell.</summary>
internal sealed class UpkeepStore(CellDatabase database)
{
    /// <summary>The key of the advisory lock; those of accounts are hashes.</summary>
    private const long Lock = 7309453075853832198;

    /// <summary>Holds the round until disposed, or until the process is gone: the lock is its connection's.</summary>
    /// <returns>Null where another instance has it.</returns>
    public async Task<IAsyncDisposable?> TryHoldRoundAsync(CancellationToken ct)
    {
        var connection = await database.Records.OpenConnectionAsync(ct);
        try
        {
            if (await AskAsync(connection, "select pg_try_advisory_lock($1)", ct)) return new Held(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = Lock } } };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    private sealed class Held(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await AskAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // the connection is gone, and the lock with it
            }
            await connection.DisposeAsync();
        }
    }
}
