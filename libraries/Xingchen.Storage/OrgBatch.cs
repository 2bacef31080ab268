using Npgsql;
using NpgsqlTypes;

namespace Xingchen.Storage;

/// <summary>One round trip on behalf of one org: the org setting, the version check and the statements, in one
/// transaction.</summary>
/// <remarks>
/// <para>The first command shows <b>the verified caller's</b> org to row-level security; for a write it also takes the
/// locks that hold off a publication. The second (<see cref="VersionCheck"/>) refuses versions that are no longer in
/// force (SQLSTATE <c>XC001</c>); it is a statement of its own, for the setting must be made and the locks be held
/// before its snapshot is taken. The statements that follow carry <b>the compiled plan's</b> org as parameters. The two
/// come from independent sources, so that a mistake in either yields nothing.</para>
/// <para>Without an explicit transaction PostgreSQL runs the commands of one batch as one implicit transaction (manual,
/// 55.2.2.1), and the setting, being transaction-local, is gone after it. Not thread-safe; used once; never
/// pooled.</para>
/// </remarks>
public sealed class OrgBatch : IAsyncDisposable
{
    private const string ShowOnly = "select set_config('xingchen.org_id', $1::bigint::text, true)";

    private const string ShowGeneric = "select set_config('xingchen.org_id', $1::bigint::text, true), "
        + "set_config('plan_cache_mode', 'force_generic_plan', true)";

    // The standard release before the account, as a publication takes them: one order, no deadlock.
    private const string ShowAndLock = """
        select set_config('xingchen.org_id', $1::bigint::text, true),
            pg_advisory_xact_lock_shared(metadata.standard_lock()),
            pg_advisory_xact_lock_shared(metadata.account_lock($1::bigint, $2::int))
        """;

    private readonly NpgsqlBatch batch;
    private readonly int entry;
    private NpgsqlBatchCommand? last;

    /// <param name="batch">Empty.</param>
    /// <param name="entry">Commands of the entry, whose results nobody reads.</param>
    private OrgBatch(NpgsqlBatch batch, int entry) => (this.batch, this.entry) = (batch, entry);

    /// <summary>A batch that is a transaction of its own.</summary>
    /// <param name="source">A pool of the serving role.</param>
    /// <param name="caller">Org and account of the verified identity.</param>
    /// <param name="versions">What the statements were compiled for.</param>
    /// <param name="write">Whether it writes: then no publication of metadata can happen before it ends.</param>
    public static OrgBatch Enter(NpgsqlDataSource source, AccountKey caller, StackVersions versions, bool write) =>
        Begin(source.CreateBatch(), caller, versions, write ? ShowAndLock : ShowOnly);

    /// <summary>The first batch of an explicit transaction, which spans several round trips.</summary>
    public static OrgBatch Enter(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AccountKey caller, StackVersions versions,
        bool write) =>
        Begin(new NpgsqlBatch(connection, transaction), caller, versions, write ? ShowAndLock : ShowOnly);

    /// <summary>A batch of which <b>one statement carries the version check itself</b>, by <see cref="VersionCheck"/>:
    /// a statement less for the commonest requests of all.</summary>
    /// <param name="generic">On plans that are made once, whatever the source has: for statements that leave PostgreSQL
    /// nothing to choose by their values.</param>
    /// <inheritdoc cref="Enter(NpgsqlDataSource, AccountKey, StackVersions, bool)"/>
    public static OrgBatch EnterChecking(
        NpgsqlDataSource source, AccountKey caller, bool write, bool generic = false)
    {
        var entered = new OrgBatch(source.CreateBatch(), entry: 1);
        entered.Show(Positive(caller), write ? ShowAndLock : generic ? ShowGeneric : ShowOnly);
        return entered;
    }

    /// <summary>A later batch of a transaction that was entered.</summary>
    public static OrgBatch Continue(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        new(new NpgsqlBatch(connection, transaction), entry: 0);

    private static OrgBatch Begin(NpgsqlBatch batch, AccountKey caller, StackVersions versions, string show)
    {
        var entered = new OrgBatch(batch, entry: 2);
        entered.Show(Positive(caller), show);
        return entered.Add(VersionCheck.Statement(versions), VersionCheck.Parameters(caller, versions));
    }

    private void Show(AccountKey caller, string sql)
    {
        if (sql == ShowAndLock) Add(sql, Parameter(caller.Org.Value), Parameter(caller.Account.Value));
        else Add(sql, Parameter(caller.Org.Value));
    }

    private static AccountKey Positive(AccountKey caller)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(caller.Org.Value);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(caller.Account.Value);
        return caller;
    }

    /// <summary>How many statements the batch has, without its entry.</summary>
    public int Count => batch.BatchCommands.Count - entry;

    /// <summary>Appends a statement. Each is prepared by itself once it was used often enough.</summary>
    public OrgBatch Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
        return this;
    }

    /// <summary>Appends a statement without rows behind all others, once however often it is asked for.</summary>
    /// <param name="sql">The same constant each time.</param>
    public OrgBatch AddLast(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        if (last is not null) return this;
        last = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) last.Parameters.Add(parameter);
        return this;
    }

    /// <summary>Sends the batch; the reader stands before the rows of the first statement after the entry.</summary>
    /// <exception cref="PostgresException"><c>XC001</c>: compile again and retry.</exception>
    public async Task<NpgsqlDataReader> ReadAsync(CancellationToken ct)
    {
        if (last is not null) batch.BatchCommands.Add(last);
        var reader = await batch.ExecuteReaderAsync(ct);
        try
        {
            for (var i = 0; i < entry; i++) await reader.NextResultAsync(ct);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends the batch and reads its rows away.</summary>
    public async Task ExecuteAsync(CancellationToken ct)
    {
        await using var reader = await ReadAsync(ct);
        while (await reader.NextResultAsync(ct)) { }
    }

    /// <summary>Tells PostgreSQL to stop, from another connection: for a reader that is disposed of before its end,
    /// which would read on to it. Does nothing where there is nothing to stop. Only within an explicit
    /// transaction.</summary>
    public void Cancel() => batch.Cancel();

    public ValueTask DisposeAsync() => batch.DisposeAsync();

    /// <summary>The third lock: a row that was read names its org; another than the caller's stops the process's
    /// answer.</summary>
    /// <exception cref="InvalidOperationException">A row of another org came back: both other locks failed.</exception>
    public static void AssertOrg(long read, OrgId expected)
    {
        if (read != expected.Value)
            throw new InvalidOperationException("A row of another org was read. Nothing of it was sent.");
    }

    public static NpgsqlParameter<long> Parameter(long value) => new() { TypedValue = value };

    public static NpgsqlParameter<int> Parameter(int value) => new() { TypedValue = value };

    public static NpgsqlParameter<bool> Parameter(bool value) => new() { TypedValue = value };

    public static NpgsqlParameter<string> Parameter(string value) => new() { TypedValue = value };

    public static NpgsqlParameter<DateTime> Parameter(DateTimeOffset value) =>
        new() { TypedValue = value.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    /// <summary>A parameter of a given PostgreSQL type; null is SQL's NULL.</summary>
    public static NpgsqlParameter Parameter(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
