using Dapper;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>A transaction in which row-level security shows one org, or, for the platform, all.</summary>
/// <remarks>
/// The setting is transaction-local (PostgreSQL <c>set_config(…, true)</c>), so that it cannot outlive the transaction
/// in a pooled connection, and is made by the first command. Without it every policy yields no row. Disposing without
/// <see cref="CommitAsync"/> rolls back. Not for the record path, which sends one batch: see <c>OrgBatch</c>.
/// </remarks>
public sealed class OrgTransaction : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private OrgTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        this.connection = connection;
        this.transaction = transaction;
    }

    /// <summary>Sees and writes rows of <paramref name="org"/> only.</summary>
    public static Task<OrgTransaction> BeginAsync(NpgsqlDataSource source, OrgId org, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(org.Value);
        return BeginAsync(source, "select set_config('xingchen.org_id', @value, true)", org.ToString(), ct);
    }

    /// <summary>Sees rows of every org: for the directory and for workers of a service, never on behalf of an
    /// org.</summary>
    public static Task<OrgTransaction> BeginPlatformAsync(NpgsqlDataSource source, CancellationToken ct) =>
        BeginAsync(source, "select set_config('xingchen.platform', @value, true)", "on", ct);

    private static async Task<OrgTransaction> BeginAsync(
        NpgsqlDataSource source, string setting, string value, CancellationToken ct)
    {
        var opened = await source.OpenConnectionAsync(ct);
        try
        {
            var begun = await opened.BeginTransactionAsync(ct);
            await opened.ExecuteAsync(new CommandDefinition(setting, new { value }, begun, cancellationToken: ct));
            return new OrgTransaction(opened, begun);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>The open connection, for COPY and for commands that Dapper does not serve.</summary>
    public NpgsqlConnection Connection => connection;

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        (await connection.QueryAsync<T>(Command(sql, parameters, ct))).AsList();

    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? parameters, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, ct));

    public Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken ct) =>
        connection.ExecuteAsync(Command(sql, parameters, ct));

    public Task CommitAsync(CancellationToken ct) => transaction.CommitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    private CommandDefinition Command(string sql, object? parameters, CancellationToken ct) =>
        new(sql, parameters, transaction, cancellationToken: ct);
}
