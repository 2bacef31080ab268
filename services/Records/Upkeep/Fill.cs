using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Upkeep;

/// <summary>The words of <c>records.fills.kind</c>, and of the API.</summary>
internal static class FillKind
{
    public static string Of(FieldIndexes index) => index switch
    {
        FieldIndexes.Slot => "index", FieldIndexes.Unique => "unique", FieldIndexes.Search => "search",
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public static FieldIndexes Parse(string kind) => kind switch
    {
        "index" => FieldIndexes.Slot, "unique" => FieldIndexes.Unique, "search" => FieldIndexes.Search,
        _ => FieldIndexes.None,
    };
}

/// <summary>An index of a field that has to be filled in.</summary>
internal sealed record Fill(ObjectLayout Layout, int Ordinal, FieldIndexes Index)
{
    public SchemaField Field => Layout.Fields[Ordinal].Field;

    public int Round => Field.Place.Rounds.Of(Index);

    public string Kind => FillKind.Of(Index);

    /// <summary>All that a schema has in the making.</summary>
    public static IEnumerable<Fill> AllOf(Schema.Schema schema) =>
        from item in schema.Objects
        where item.Fields.Any(field => field.Place.Building != FieldIndexes.None)
        let layout = ObjectLayout.Of(item)
        from ordinal in Enumerable.Range(0, layout.Fields.Length)
        from index in new[] { FieldIndexes.Slot, FieldIndexes.Unique, FieldIndexes.Search }
        where layout.Fields[ordinal].Field.Place.Building.HasFlag(index)
        select new Fill(layout, ordinal, index);
}

/// <summary>How far a fill is.</summary>
/// <param name="Through">The last record that is in.</param>
/// <param name="Done">Records that were looked at in this pass.</param>
/// <param name="Total">Records there were when the pass began.</param>
/// <param name="Failures">Records that have a value that another one has.</param>
/// <param name="Examples">The first of them, as JSON: value and records.</param>
internal sealed record FillState(
    string Kind, int Round, string State, long Through, long Done, long Total, long Failures, string Examples,
    DateTime ChangedAt);
