using Xingchen.Records.Execute;
using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Batches;

/// <summary>An operation on its way through one try of a batch.</summary>
internal sealed class BatchStep(BatchOperation asked)
{
    /// <summary>Findings told about one operation at most.</summary>
    private const int MostFindings = 100;

    public BatchOperation Asked { get; } = asked;

    /// <summary>Null until it is bound, or where the name is none.</summary>
    public SchemaObject? Item { get; set; }

    /// <summary>The record; 0 until it is known.</summary>
    public long Id { get; set; }

    /// <summary>What an upsert looks for.</summary>
    public UpsertKey? Key { get; set; }

    /// <summary>The record as the operation found it; null where there is none.</summary>
    public StoredRecord? Stored { get; set; }

    /// <summary>Whether the record is there and the caller does not see it: then <see cref="Stored"/> is
    /// null.</summary>
    public bool IsUnseen { get; set; }

    /// <summary>The new record, children and all.</summary>
    public RecordDraft? Created { get; set; }

    /// <summary>The record as it becomes, and how that differs.</summary>
    public RecordDraft? Changed { get; set; }

    public RecordDifference? Difference { get; set; }

    public RecordFindings Findings { get; set; } = new(MostFindings);

    /// <summary>Whether it refers to the record of an operation that failed.</summary>
    public bool IsOrphan { get; set; }

    public ProblemException? Problem { get; set; }

    public bool HasFailed => Problem is not null || Findings.Any;

    /// <summary>Of the answer; 0 until it is written.</summary>
    public int Status { get; set; }

    public long Version { get; set; }

    public IEnumerable<(long Id, int Ordinal, string Pointer)> References =>
        Difference?.References ?? Created?.WithChildren().SelectMany(draft => draft.References()) ?? [];

    public IEnumerable<UniqueValue> Taken =>
        Difference?.Taken ?? Created?.WithChildren().SelectMany(draft => draft.UniqueValues()) ?? [];

    public IEnumerable<UniqueValue> Freed => Difference?.Freed ?? [];

    /// <summary>Forgets what was planned for the record as it was then.</summary>
    public void Restart()
    {
        (Stored, Created, Changed, Difference) = (null, null, null, null);
        (Findings, IsOrphan, IsUnseen) = (new RecordFindings(MostFindings), false, false);
        if (Key is not null) Id = 0;
    }

    /// <summary>Turns what was found into the step's problem.</summary>
    public void Judge()
    {
        if (Problem is not null) return;
        if (Findings.Any)
            Problem = new ProblemException(Problems.RecordInvalid, "Mend what errors lists.", [.. Findings.All]);
        else if (IsOrphan)
            Problem = new ProblemException(
                Problems.FailedDependency, "It refers to the record of an operation that failed.");
    }
}

/// <summary>The names that operations give their records.</summary>
internal sealed class BatchNames(IEnumerable<BatchStep> steps)
{
    private readonly Dictionary<string, BatchStep> named =
        steps.Where(step => step.Asked.As is not null).ToDictionary(step => $"@{step.Asked.As}.id");

    /// <summary>The operation that a text such as <c>@o1.id</c> names; null where none does.</summary>
    public BatchStep? Find(string text) => named.GetValueOrDefault(text);

    /// <summary>What names mean to a step: only operations before it have any.</summary>
    public NamedRecord Before(BatchStep step) => text =>
    {
        if (Find(text) is not { } made || made.Asked.Index >= step.Asked.Index)
            return (null, new Values.Fault("name-unknown", "No operation before this one has this name (@name.id)."));
        if (!made.HasFailed && made.Id != 0) return (new RecordId(made.Id), null);
        step.IsOrphan = true;
        return (null, null);
    };
}
