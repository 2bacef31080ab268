using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Execute;

/// <summary>What one page of a query may cost: section <c>Query</c>. How long it may take stands in
/// <c>CellOptions</c>.</summary>
public sealed class QueryOptions
{
    public const string Section = "Query";

    /// <summary>Records of one page at most; the rest follows by the cursor.</summary>
    [Range(1, 10_000)]
    public int PageRecords { get; init; } = QueryLimits.PageSize;

    /// <summary>Records that one statement may read, as far as statistics tell before it runs.</summary>
    [Range(1_000, 1_000_000_000)]
    public long MostReads { get; init; } = 5_000_000;

    /// <summary>Bytes after which a page ends early and the rest follows by the cursor.</summary>
    [Range(1_000, 1_000_000_000)]
    public int PageBytes { get; init; } = 8_000_000;
}
