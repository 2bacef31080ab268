using System.Net.Sockets;
using Npgsql;

namespace Xingchen.Storage;

/// <summary>The one table from what PostgreSQL says to what a caller sees.</summary>
/// <remarks>
/// Codes: PostgreSQL manual, appendix A. Null means that it is our bug. Constraint violations are mapped by the store
/// that knows the constraint's meaning before they come here; what is left is a plain conflict.
/// </remarks>
public static class SqlStates
{
    /// <summary>Raised by <see cref="VersionCheck"/>: the request was compiled for versions that are no longer in
    /// force.</summary>
    public const string SchemaStale = "XC001";

    public static ProblemException? ToProblem(Exception exception) => exception switch
    {
        PostgresException { SqlState: "23505" or "23P01" } =>
            new ProblemException(Problems.Conflict, "Another request took the same unique value first."),
        PostgresException { SqlState: "40001" or "40P01" or "55P03" } =>
            new ProblemException(Problems.Unavailable, "Too many requests touched the same data. Try again.")
                { RetryAfterSeconds = 1 },
        PostgresException { SqlState: "57014" } =>
            new ProblemException(
                Problems.Timeout, "The request took longer than it may. Ask for less, or narrow the filter."),
        PostgresException { SqlState: var state } when IsOutage(state) => Outage(),
        PostgresException => null,
        NpgsqlException { InnerException: TimeoutException or SocketException or IOException } => Outage(),
        NpgsqlException { IsTransient: true } => Outage(),
        TimeoutException => Outage(),
        _ => null,
    };

    /// <summary>Whether trying the same transaction again can succeed at once.</summary>
    public static bool IsRetriable(PostgresException exception) => exception.SqlState is "40001" or "40P01";

    private static bool IsOutage(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal)
        || state is "57P01" or "57P02" or "57P03";

    private static ProblemException Outage() =>
        new(Problems.Unavailable, "The database does not answer for the moment. Try again.") { RetryAfterSeconds = 2 };
}
