using System.ComponentModel.DataAnnotations;

namespace Xingchen.Records.Upkeep;

/// <summary>How an instance keeps up records in the background: section <c>Upkeep</c>.</summary>
public sealed class UpkeepOptions
{
    public const string Section = "Upkeep";

    /// <summary>Accounts that one instance works for at a time; 0 leaves them to other instances.</summary>
    [Range(0, 16)]
    public int Workers { get; init; } = 1;

    /// <summary>Seconds between the ends of two rounds through all accounts of the cell.</summary>
    [Range(1, 86_400)]
    public int RoundSeconds { get; init; } = 300;

    /// <summary>Records of a transaction that fills an index.</summary>
    [Range(1, 5_000)]
    public int BatchRecords { get; init; } = 500;

    /// <summary>Seconds until an index is tried again that equal values kept from being unique.</summary>
    [Range(1, 86_400)]
    public int RetrySeconds { get; init; } = 30;
}
