namespace Xingchen.Model;

/// <summary>What a caller is granted: the permission sets that say what it may do with records, and what is known of
/// it for their rules.</summary>
/// <param name="Sets">Names of permission sets; one that the account does not have gives nothing.</param>
/// <param name="Attributes">A flat JSON object of texts, numbers and booleans: the <c>:user.region</c> of
/// rules.</param>
/// <remarks>A caller without any grants object is not restricted; one whose sets are empty may do nothing with
/// records.</remarks>
public sealed record Grants(IReadOnlyList<string> Sets, string Attributes = "{}")
{
    /// <summary>Sets that one caller may have at most: they travel in its tokens.</summary>
    public const int MostSets = 20;

    public bool Equals(Grants? other) =>
        other is not null && Attributes == other.Attributes && Sets.SequenceEqual(other.Sets);

    public override int GetHashCode() => HashCode.Combine(Attributes, Sets.Count);
}
