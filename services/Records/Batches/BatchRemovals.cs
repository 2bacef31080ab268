using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Request;
using Xingchen.Records.Sql;
using Xingchen.Schema;

namespace Xingchen.Records.Batches;

/// <summary>Deletes a stretch of different records: together where none of them is in another's way, else one after
/// the other.</summary>
internal sealed class BatchRemovals(BatchRun run, RecordRemoval removal)
{
    private readonly BatchPlanner planner = new(run.Engine, run.Current, run.Mark, run.Names, isCheck: false);

    /// <returns>How many of the steps, from the first on, are settled.</returns>
    public async Task<int> RunAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        foreach (var step in steps) await planner.BindAsync(step, ct);
        var ids = new HashSet<long>();
        List<BatchStep> stretch = [.. steps.TakeWhile(step => step.Problem is not null || ids.Add(step.Id))];
        if (ids.Count == 0 || await TryTogetherAsync([.. stretch.Where(step => step.Problem is null)], ct))
            return stretch.Count;
        foreach (var (index, step) in stretch.Index())
        {
            if (run.HasToStop) return index;
            if (step.Problem is null) await TryTogetherAsync([step], ct);
        }
        return stretch.Count;
    }

    /// <returns>False where the order matters: then nothing was written.</returns>
    private async Task<bool> TryTogetherAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        await HoldAsync(steps, ct);
        List<BatchStep> there = [.. steps.Where(step => step.Stored is not null)];
        var plan = new RemovalPlan();
        foreach (var step in there) plan.Gone[step.Id] =
            (step.Stored!, ObjectLayout.Of(run.Current.Schema.Whole(step.Item!)));
        try
        {
            foreach (var group in there.GroupBy(step => step.Item!))
                await removal.FollowAsync(run.Connection, run.Transaction, run.Caller, run.Planned, run.Current, plan,
                    group.Key, [.. group.Select(step => step.Id)], ct);
            if (steps.Count > 1 && (plan.Meets || plan.Holding.Count + plan.Cleared.Count > 0)) return false;
            plan.ThrowIfHeld(run.Current.Schema);
        }
        catch (ProblemException problem)
        {
            if (steps.Count > 1) return false;
            there[0].Problem = problem;
        }
        foreach (var step in steps)
            if (step.Stored is null) step.Problem ??= RecordAddress.NotFound();
        there.RemoveAll(step => step.Problem is not null);
        if (there.Count == 0 || run.HasToStop) return true;
        await using var batch = run.Next();
        RecordRemoval.AddRemove(batch, run.NextMark(), run.Current.Versions, plan, isLive: true, purge: false);
        await batch.ExecuteAsync(ct);
        foreach (var step in there) (step.Status, step.Version) = (204, step.Stored!.Version + 1);
        return true;
    }

    /// <summary>Reads the records, held against whoever wants to refer to them.</summary>
    private async Task HoldAsync(IReadOnlyList<BatchStep> steps, CancellationToken ct)
    {
        await using var batch = run.Next();
        batch.AddHoldLive(run.Planned, run.Current.Versions, [.. steps.Select(step => step.Id).Distinct().Order()]);
        var rights = new BatchRights(run, RecordRight.Delete);
        rights.Ask(batch, [.. steps.Select(step => step.Id).Distinct().Order()]);
        await using var reader = await batch.ReadAsync(ct);
        var found = (await RecordReader.ReadAllAsync(reader, run.Caller.Org, ct)).ToDictionary(row => row.Id);
        await rights.ReadAsync(reader, ct);
        foreach (var step in steps)
        {
            step.Stored = rights.Sees(step.Id) ? found.GetValueOrDefault(step.Id) : null;
            if (step.Stored is null || rights.Has(step.Id)) continue;
            step.Stored = null;
            step.Problem = RecordPermissions.NotThis(step.Item!.Name, RecordRight.Delete);
        }
    }
}
