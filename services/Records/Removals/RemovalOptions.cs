using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Removals;

/// <summary>How data of packages is removed: section <c>Removal</c>.</summary>
internal sealed class RemovalOptions
{
    public const string Section = "Removal";

    /// <summary>Records of one transaction.</summary>
    [Range(1, 5_000)]
    public int BatchRecords { get; init; } = 500;

    /// <summary>Hours for which the export is kept once the data is deleted.</summary>
    [Range(1, 8_760)]
    public int ExportHours { get; init; } = 48;
}
