using System.Globalization;

namespace Xingchen.Storage;

/// <summary>The versions of metadata that a request was compiled for, and where the rows of its org rest.</summary>
/// <param name="Stack">The account's own; 0 where nothing is installed.</param>
/// <param name="Standard">The cell's standard release.</param>
/// <param name="Partition">The partition of every partitioned table of the cell that holds the org's rows, from 0; null
/// where tables have none or it is not known: then statements name the parents.</param>
public readonly record struct StackVersions(long Stack, long Standard, int? Partition = null)
{
    /// <summary>The table to read for rows of the org: naming its partition spares the planner the others.</summary>
    /// <remarks>No wall: a wrong one shows nothing, for its policies and the predicates still hold.</remarks>
    /// <param name="parent">A table of the cell, partitioned by org as its migrations do it, such as
    /// <c>records.records</c>; with a grant to read its partitions.</param>
    public string Table(string parent) =>
        Partition is { } number ? string.Create(CultureInfo.InvariantCulture, $"{parent}_{number:00}") : parent;
}
