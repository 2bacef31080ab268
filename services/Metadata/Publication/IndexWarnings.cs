using Xingchen.Schema;

namespace Xingchen.Metadata.Publication;

/// <summary>What a publication does although it does not come to what was asked: an index for which no column is
/// left.</summary>
internal static class IndexWarnings
{
    /// <summary>Fields that ask for an index and got none, without those that had none before.</summary>
    public static IReadOnlyList<Finding> NewIn(Schema.Schema before, Schema.Schema after) =>
    [
        .. from item in after.Objects
           from field in item.Fields
           where Lacks(field) && !(before.Find(item.Name)?.Find(field.Name) is { } known && Lacks(known))
           select new Finding("index-no-column",
               $"{item.Name} has no column left for an index on \"{field.Name}\": queries read its records instead. "
               + "Take the index from a field that needs it less.", Pointer: null),
    ];

    private static bool Lacks(SchemaField field) => field.Indexed && field.Place.Slot is null;
}
