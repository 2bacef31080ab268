using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Exports;

/// <summary>What exports may hold: section <c>Export</c>. Their connections and how long one may take stand in
/// <c>CellOptions</c>.</summary>
public sealed class ExportOptions
{
    public const string Section = "Export";

    /// <summary>Exports of one org at a time, per instance: one org does not take every connection.</summary>
    [Range(1, 500)]
    public int PerOrg { get; init; } = 2;

    /// <summary>Seconds that a reader may take over 64 kB. Who takes longer is cut, so that nobody holds a connection
    /// and its snapshot for nothing.</summary>
    [Range(1, 3_600)]
    public int StallSeconds { get; init; } = 30;
}
