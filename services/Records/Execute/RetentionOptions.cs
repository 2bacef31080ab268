using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Execute;

/// <summary>For how long the cell remembers where an object's metadata does not say: section
/// <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>Days for which every version of a record is kept: an object's <c>historyDays</c>. Null is for
    /// good.</summary>
    [Range(3, 36_500)]
    public int? HistoryDays { get; init; }

    /// <summary>Days after which what lies in the recycle bin is purged: an object's <c>recycleBinDays</c>. Null is
    /// never.</summary>
    [Range(1, 36_500)]
    public int? RecycleBinDays { get; init; } = 30;

    /// <summary>Hours between two rounds through an account.</summary>
    [Range(1, 720)]
    public int RoundHours { get; init; } = 24;

    /// <summary>Records of one transaction.</summary>
    [Range(1, 5_000)]
    public int BatchRecords { get; init; } = 200;
}
