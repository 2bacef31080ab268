using Npgsql;
using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Records.Schemas;
using Xingchen.Records.Sql;
using Xingchen.Storage;

namespace Xingchen.Records.Batches;

/// <summary>A record changed between finding and holding it: roll back and try again.</summary>
internal sealed class BatchContendedException() : Exception("A record changed while the batch waited for it.");

/// <summary>The database found operations that break rules: roll back and do the others.</summary>
internal sealed class BatchRefusedException() : Exception("Operations of the batch break rules.");

/// <summary>One try of a batch, in one transaction.</summary>
/// <remarks>
/// The operations go in order, in stretches: as many as can be read, settled and written together. An operation that
/// fails writes nothing; where all must be done, it ends the writing, and what follows is only looked at, so that
/// everything wrong is said at once. Used once; not thread-safe.
/// </remarks>
internal sealed class BatchRun(
    RecordEngine engine, RecordRemoval removal, AccountKey caller, WriteMark mark, InForce current,
    BatchRequest request, NpgsqlConnection connection, NpgsqlTransaction transaction,
    Dictionary<int, ProblemException> refused)
{
    private readonly List<BatchStep> steps = [.. request.Operations.Select(asked => new BatchStep(asked))];
    private readonly Dictionary<long, (RecordDraft Draft, BatchStep Step)> left = [];
    private BatchNames? names;
    private bool entered;
    private int marks;

    public RecordEngine Engine => engine;

    public AccountKey Caller => caller;

    /// <summary>What the statements name: from the compiled plan.</summary>
    public AccountKey Planned => mark.Account;

    public InForce Current => current;

    public WriteMark Mark => mark;

    public NpgsqlConnection Connection => connection;

    public NpgsqlTransaction Transaction => transaction;

    public BatchNames Names => names ??= new BatchNames(steps);

    /// <summary>What is known to be wrong from tries before, by operation.</summary>
    public Dictionary<int, ProblemException> Refused => refused;

    public IReadOnlyList<BatchStep> Steps => steps;

    /// <summary>Whether nothing of the batch may stay.</summary>
    public bool HasToStop => request.Atomic && steps.Exists(step => step.Problem is not null);

    /// <summary>The next round trip; the first one enters.</summary>
    public OrgBatch Next()
    {
        var batch = entered
            ? OrgBatch.Continue(connection, transaction)
            : OrgBatch.Enter(connection, transaction, caller, current.Versions, write: true);
        entered = true;
        return batch;
    }

    /// <summary>The mark of the next stretch, a microsecond later: versions of one record have different
    /// times.</summary>
    public WriteMark NextMark() => mark with { At = mark.At.AddMicroseconds(marks++) };

    /// <summary>The step before another that makes a record which is not written yet; null where none does.</summary>
    public BatchStep? Maker(long id, BatchStep before) => steps.Take(before.Asked.Index)
        .FirstOrDefault(step => step.Id == id && step.Created is not null && step.Status == 0);

    /// <summary>Whether a step before another is about a record.</summary>
    public bool Makes(long id, BatchStep before) =>
        id != 0 && steps.Take(before.Asked.Index).Any(step => step.Id == id);

    /// <summary>Remembers what a step has written, for rules that are asked of what the batch leaves.</summary>
    public void Wrote(BatchStep step)
    {
        foreach (var draft in step.Created?.WithChildren()
            ?? (step.Difference is { IsNone: false } ? [step.Changed!] : []))
            if (RuleSql.Asks(current.Schema, draft.Layout)) left[draft.Id] = (draft, step);
    }

    /// <exception cref="PostgresException">Another transaction was first: roll back and try again.</exception>
    /// <exception cref="BatchContendedException">The same.</exception>
    /// <exception cref="BatchRefusedException">More is known to be wrong than before: roll back and do the
    /// others.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var (writes, removals) = (new BatchWrites(this, isCheck: false), new BatchRemovals(this, removal));
        var next = 0;
        while (next < steps.Count && !HasToStop)
        {
            var stretch = Stretch(next);
            next += stretch[0].Asked.Verb == BatchVerb.Delete
                ? await removals.RunAsync(stretch, ct)
                : await writes.RunAsync(stretch, ct);
        }
        if (next < steps.Count)
            await new BatchWrites(this, isCheck: true).RunAsync(
                [.. steps.Skip(next)], ct);
        if (!entered)
        {
            // Nothing had to be asked; but whether the schema that refused is in force only the database knows.
            await using var batch = Next();
            await batch.ExecuteAsync(ct);
        }
        if (!HasToStop)
        {
            await AskAsync(ct);
            return;
        }
        foreach (var step in steps)
            step.Problem ??= new ProblemException(
                Problems.FailedDependency, "Not done: the batch is atomic, and another operation of it failed.");
    }

    /// <summary>Asks the rules that read parents, once, of what all operations together leave: it does not matter in
    /// which order a batch writes a record and its parent. To be blamed is who wrote the record last.</summary>
    private async Task AskAsync(CancellationToken ct)
    {
        if (left.Count == 0) return;
        var drafts = left.Values.Select(one => one.Draft).ToList();
        await using var batch = Next();
        batch.AddRules(mark, current, drafts);
        try
        {
            await batch.ExecuteAsync(ct);
        }
        catch (PostgresException exception) when (exception.SqlState == RuleSql.Broken)
        {
            foreach (var group in RuleSql.Read(exception, drafts, current, mark)
                .GroupBy(found => left[found.Key.Id].Step.Asked.Index, found => found.Value))
                refused[group.Key] = new ProblemException(Problems.RecordInvalid,
                    "Mend what errors lists.", [.. group.SelectMany(findings => findings.All)]);
            throw new BatchRefusedException();
        }
    }

    /// <summary>As many of the steps as are of one kind and do not name a record that one of them makes.</summary>
    private List<BatchStep> Stretch(int from)
    {
        var isDelete = steps[from].Asked.Verb == BatchVerb.Delete;
        var ids = new HashSet<string>();
        var stretch = new List<BatchStep>();
        foreach (var step in steps.Skip(from))
        {
            if (step.Asked.Verb == BatchVerb.Delete != isDelete) break;
            if (step.Asked.Id is { } id
                && (!ids.Add(id) || Names.Find(id) is { } made && made.Asked.Index >= from && stretch.Contains(made)))
                break;
            stretch.Add(step);
        }
        return stretch;
    }
}
