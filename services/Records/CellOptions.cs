using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records;

/// <summary>How Records uses its database and its memory: section <c>Cell</c>.</summary>
public sealed class CellOptions
{
    public const string Section = "Cell";

    /// <summary>Connections for reading and writing records, per instance.</summary>
    [Range(1, 500)]
    public int RecordConnections { get; init; } = 16;

    /// <summary>Connections for queries, per instance: a flood of queries leaves the record path alone.</summary>
    [Range(1, 500)]
    public int QueryConnections { get; init; } = 8;

    /// <summary>Seconds until a statement of the record path is cancelled.</summary>
    [Range(1, 600)]
    public int StatementTimeoutSeconds { get; init; } = 15;

    /// <summary>Seconds until a query is cancelled.</summary>
    [Range(1, 600)]
    public int QueryTimeoutSeconds { get; init; } = 15;

    /// <summary>Exports at a time, per instance: each holds a connection until its reader has everything.</summary>
    [Range(1, 500)]
    public int ExportConnections { get; init; } = 4;

    /// <summary>Seconds until an export is cut. While it runs, its snapshot keeps PostgreSQL from clearing away what
    /// was changed since.</summary>
    [Range(1, 86_400)]
    public int ExportTimeoutSeconds { get; init; } = 4 * 3_600;

    /// <summary>Seconds to wait for a connection.</summary>
    [Range(1, 60)]
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>Compiled schemas kept in memory; accounts with equal stacks share one. With the standard product one is
    /// about 1 MB.</summary>
    [Range(1, 100_000)]
    public int Schemas { get; init; } = 200;

    /// <summary>Parsed layers of the standard product and of packages kept in memory, from which schemas are
    /// compiled.</summary>
    [Range(8, 100_000)]
    public int Layers { get; init; } = 500;

    /// <summary>Accounts whose stack is remembered between requests; about 200 bytes each.</summary>
    [Range(1, 10_000_000)]
    public int Accounts { get; init; } = 50_000;

    /// <summary>Rows of an import that are written in one transaction.</summary>
    [Range(1, 5_000)]
    public int ImportBatchRows { get; init; } = 500;

    /// <summary>Imports that one instance works on at a time; 0 leaves them to other instances.</summary>
    [Range(0, 64)]
    public int ImportWorkers { get; init; } = 2;
}
