using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Batches;

/// <summary>Carries out a batch in one transaction; again where another one was first.</summary>
internal sealed class BatchEngine(CellDatabase database, RecordEngine records, RecordRemoval removal)
{
    /// <returns>The operations as they ended, in order. Where the batch is atomic and one of them failed, nothing was
    /// written.</returns>
    /// <exception cref="ProblemException"><c>unavailable</c>: others were first, time after time.</exception>
    public async Task<IReadOnlyList<BatchStep>> RunAsync(
        AccountKey caller, WriteMark mark, InForce current, BatchRequest request, CancellationToken ct)
    {
        var refused = new Dictionary<int, ProblemException>();
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = await database.Records.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var run = new BatchRun(
                    records, removal, caller, mark, current, request, connection, transaction, refused);
                await run.RunAsync(ct);
                if (run.HasToStop) await transaction.RollbackAsync(ct);
                else await transaction.CommitAsync(ct);
                return run.Steps;
            }
            catch (BatchRefusedException)
            {
                tried--; // each time there are more of them, and no more than operations
            }
            catch (Exception exception) when (IsRace(exception))
            {
                if (tried == RecordEngine.Tries)
                    throw new ProblemException(
                        Problems.Unavailable,
                        "Too many requests touched the same data. Nothing was written: try again.")
                        { RetryAfterSeconds = 1 };
            }
        }
    }

    /// <summary>Whether another transaction changed what this one had looked at, so that looking again helps.</summary>
    private static bool IsRace(Exception exception) => exception is BatchContendedException
        || exception is PostgresException database && (SqlStates.IsRetriable(database)
            || database.SqlState is PostgresErrorCodes.UniqueViolation or WriteConflicts.ReferenceNotFound);
}
