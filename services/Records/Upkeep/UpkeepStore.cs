using Npgsql;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>Who makes the round through the accounts of the cell, and what is due for each.</summary>
internal sealed class UpkeepStore(CellDatabase database)
{
    /// <summary>The key of the advisory lock; those of accounts are hashes.</summary>
    private const long Lock = 7309453075853832198;

    /// <summary>Which of some tasks are due for an account: one round trip.</summary>
    public async Task<bool[]> DueAsync(AccountKey account, IReadOnlyList<IUpkeepTask> tasks, CancellationToken ct)
    {
        await using var batch = database.Records.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select set_config('xingchen.org_id', $1, true)")
        {
            Parameters = { OrgBatch.Parameter(account.Org.ToString()) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select " + string.Join(", ", tasks.Select(task => task.Due)))
        {
            Parameters = { OrgBatch.Parameter(account.Org.Value), OrgBatch.Parameter(account.Account.Value) },
        });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return [.. tasks.Select((_, i) => reader.GetBoolean(i))];
    }

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
