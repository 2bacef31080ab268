using Microsoft.Extensions.Options;
using Npgsql;
using Xingchen.Records.Schemas;
using Xingchen.Storage;

namespace Xingchen.Records.Upkeep;

/// <summary>Fills in the indexes that fields got after their data.</summary>
internal sealed class IndexTask(
    FillStore store, CellDatabase database, IOptions<UpkeepOptions> options, TimeProvider time) : IUpkeepTask
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    private readonly TimeSpan retry = TimeSpan.FromSeconds(options.Value.RetrySeconds);

    public string Due { get; } = FillStore.Unsettled(options.Value.RetrySeconds);

    public async Task<bool> RunAsync(UpkeepVisit visit, CancellationToken ct)
    {
        var current = await visit.Schemas.LoadAsync(visit.Account, ct);
        var began = time.GetTimestamp();
        var ready = false;
        try
        {
            foreach (var fill in Fill.AllOf(current.Schema))
            {
                var pass = new FillPass(database, visit.Account, current, fill, options.Value.BatchRecords);
                string state;
                do
                {
                    if (time.GetElapsedTime(began) > Slice) return true;
                    state = await pass.StepAsync(retry, time.GetUtcNow(), ct);
                }
                while (state == "building");
                ready |= state == "ready";
            }
            await store.SettleAsync(visit.Account, current.Versions, ct);
            return ready; // there may be something to sweep away now
        }
        catch (PostgresException exception) when (exception.SqlState == SqlStates.SchemaStale
            || SqlStates.IsRetriable(exception))
        {
            return true; // another publication, or the victim of a deadlock: again
        }
        finally
        {
            if (ready) await visit.Schemas.LoadAsync(visit.Account, CancellationToken.None);
        }
    }
}
