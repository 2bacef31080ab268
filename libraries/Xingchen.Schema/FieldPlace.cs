namespace Xingchen.Schema;

/// <summary>What finds records by a field's values.</summary>
[Flags]
public enum FieldIndexes
{
    None = 0,
    /// <summary>The slot and its index.</summary>
    Slot = 1,
    /// <summary>The values that only one record may have.</summary>
    Unique = 2,
    /// <summary>The grams of a searchable text.</summary>
    Search = 4,
}

/// <summary>How often each index of a field was begun anew on data that was there before it.</summary>
/// <remarks>
/// 0 where the index came with the field: nothing has to be filled in. Any other round must have been filled for the
/// account before it may be read; one that is filled stays so, for whatever would spoil it (the field was not unique
/// for a while, its texts compare in another way) begins another round. Negative where the account itself or a
/// package wants the index on a standard field.
/// </remarks>
public readonly record struct IndexRounds(int Slot, int Unique, int Search)
{
    public int Of(FieldIndexes index) => index switch
    {
        FieldIndexes.Slot => Slot, FieldIndexes.Unique => Unique, FieldIndexes.Search => Search,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };
}

/// <summary>Where a field's value rests: stable over upgrade, rollback and uninstall.</summary>
/// <param name="BodyKey">The key in the record's <c>jsonb</c> body: decimal digits for the standard layers, <c>_</c>
/// and digits for packages and the private layer, so that neither can ever take the other's.</param>
/// <param name="Slot">The indexed column, such as <c>t1</c>, <c>n2</c>, <c>d1</c>, <c>r3</c>; null where the field
/// has none. Every write fills it; for reading see <see cref="ReadySlot"/>.</param>
/// <param name="Rounds">Of its indexes.</param>
/// <param name="Building">The indexes that are still being filled for the account: not to be read.</param>
public sealed record FieldPlace(
    string BodyKey, string? Slot, IndexRounds Rounds = default, FieldIndexes Building = FieldIndexes.None)
{
    /// <summary>The slot that holds the value of every record; null where there is none, or not yet.</summary>
    public string? ReadySlot => Building.HasFlag(FieldIndexes.Slot) ? null : Slot;

    /// <summary>What the field's values stand under among the unique ones: another key every round.</summary>
    public string UniqueKey { get; } = KeyOf(BodyKey, Rounds.Unique);

    /// <summary>What its grams stand under: another key every round.</summary>
    public string SearchKey { get; } = KeyOf(BodyKey, Rounds.Search);

    private static string KeyOf(string bodyKey, int round) =>
        round == 0 ? bodyKey : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bodyKey}#{round}");
}

/// <summary>An index of a field on data that was there before it.</summary>
/// <param name="Prefix">Of the object.</param>
public readonly record struct IndexRound(int Prefix, string BodyKey, FieldIndexes Index, int Round);
