using Xingchen.Records.Schemas;

namespace Xingchen.Records.Upkeep;

/// <summary>Something that is done for every account of the cell in the background, a little at a time.</summary>
/// <remarks>
/// It may be killed between any two lines and is run again; it may run for one account in two instances at once, so
/// what it works on it holds in the database, in transactions that last milliseconds. It is only run where it is due,
/// which one statement tells of all tasks (<see cref="UpkeepStore.DueAsync"/>).
/// </remarks>
internal interface IUpkeepTask
{
    /// <summary>A cheap SQL expression, true where the account needs the task: <c>$1</c> is its org, <c>$2</c> its
    /// account. It is false again once the task has returned false.</summary>
    string Due { get; }

    /// <summary>Does a slice of the work: a second or so.</summary>
    /// <param name="visit">The account that it is done for.</param>
    /// <param name="ct">Ends with the service: stop between two transactions.</param>
    /// <returns>Whether there is more to do right away; other accounts have their turn first.</returns>
    Task<bool> RunAsync(UpkeepVisit visit, CancellationToken ct);
}

/// <summary>A visit of the worker to an account.</summary>
/// <param name="Account">Whose records are kept up; it comes from the directory or from a caller that was
/// verified.</param>
/// <param name="Schemas">For a task that needs the schema: it costs a compilation where nobody has asked for it
/// lately.</param>
internal sealed record UpkeepVisit(AccountKey Account, SchemaCache Schemas);
