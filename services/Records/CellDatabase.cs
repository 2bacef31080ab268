using Npgsql;

namespace Xingchen.Records;

/// <summary>The pools of a cell's database.</summary>
/// <remarks>
/// Two for requests, because PostgreSQL plans well in two ways (docs/adr/0005-entry-and-plans.md): statements whose
/// shape the schema gives run on generic plans, which <c>auto</c> would not choose on a partitioned parent; filters
/// that a caller makes up run on plans of their own values until PostgreSQL finds that those are no better. Both are
/// bounded: every statement has a timeout, every connection a cap on what it keeps prepared. Exports, which hold a
/// connection for as long as their reader takes, have a pool of their own.
/// </remarks>
public sealed class CellDatabase : IAsyncDisposable
{
    /// <summary>Statements that one connection keeps prepared; beyond it the least used go.</summary>
    public const int MaxPrepared = 400;

    private const int NumberConnections = 2;

    private CellDatabase(
        NpgsqlDataSource records, NpgsqlDataSource queries, NpgsqlDataSource exports, NpgsqlDataSource numbers)
    {
        Records = records;
        Numbers = numbers;
        Queries = queries;
        Exports = exports;
    }

    /// <summary>For statements of the record path: prepared, generic plans.</summary>
    public NpgsqlDataSource Records { get; }

    /// <summary>For callers' filters: prepared; PostgreSQL chooses custom or generic plans.</summary>
    public NpgsqlDataSource Queries { get; }

    /// <summary>For callers' filters over all that they match: custom plans, and slow.</summary>
    public NpgsqlDataSource Exports { get; }

    /// <summary>For numbers of new records. Whoever asks for one may hold a connection of <see cref="Records"/>: of the
    /// same pool, all of them could wait for each other.</summary>
    public NpgsqlDataSource Numbers { get; }

    /// <param name="connectionString">Of the serving role.</param>
    /// <param name="options">Sizes and timeouts.</param>
    public static CellDatabase Open(string connectionString, CellOptions options) => new(
        Build(connectionString, options, "force_generic_plan", options.RecordConnections,
            options.StatementTimeoutSeconds),
        Build(connectionString, options, "auto", options.QueryConnections, options.QueryTimeoutSeconds),
        Build(connectionString, options, "force_custom_plan", options.ExportConnections,
            options.ExportTimeoutSeconds),
        Build(connectionString, options, "force_generic_plan", NumberConnections, options.StatementTimeoutSeconds));

    private static NpgsqlDataSource Build(
        string connectionString, CellOptions options, string planning, int connections, int timeoutSeconds)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = connections,
            MinPoolSize = 0,
            Timeout = options.ConnectTimeoutSeconds,
            CommandTimeout = timeoutSeconds + 5,
            MaxAutoPrepare = MaxPrepared,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true, // every setting we make is transaction-local; a test holds that
            ApplicationName = "xingchen-records",
            Options = $"-c plan_cache_mode={planning} -c statement_timeout={timeoutSeconds * 1000} "
                // The rows of a table are others' as well; and a plan made while it was small would be kept.
                + "-c enable_seqscan=off "
                + "-c jit=off -c enable_parallel_append=off "
                + "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        };
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    public async ValueTask DisposeAsync()
    {
        await Records.DisposeAsync();
        await Queries.DisposeAsync();
        await Exports.DisposeAsync();
        await Numbers.DisposeAsync();
    }
}
