using Xingchen.Records.Plan;
using Xingchen.Records.Upkeep;
using Xingchen.Schema;

namespace Xingchen.Records.Removals;

/// <summary>What a package has of one object's data: all of it, or the values of some fields.</summary>
internal sealed class PackagePart
{
    private PackagePart(SchemaObject item, bool isWhole, IReadOnlyList<SchemaField> fields)
    {
        Item = item;
        IsWhole = isWhole;
        Fields = fields;
        Layout = ObjectLayout.Of(item with { Fields = fields });
    }

    public SchemaObject Item { get; }

    /// <summary>Whether the object is the package's own.</summary>
    public bool IsWhole { get; }

    /// <summary>The stored fields that are exported, and go.</summary>
    public IReadOnlyList<SchemaField> Fields { get; }

    /// <summary>The object with those fields alone.</summary>
    public ObjectLayout Layout { get; }

    public string[] BodyKeys => [.. Fields.Select(one => one.Place.BodyKey)];

    /// <summary>What the fields' values may stand under among unique values and grams, of this round and those
    /// before.</summary>
    public string[] IndexKeys =>
    [
        .. Fields.SelectMany(one => (string[])
        [
            .. SweepTask.KeysBefore(one.Place.BodyKey, one.Place.Rounds.Unique), one.Place.UniqueKey,
            .. SweepTask.KeysBefore(one.Place.BodyKey, one.Place.Rounds.Search), one.Place.SearchKey,
        ]).Distinct(),
    ];

    /// <summary>All that a package has in a schema, in the order of key prefixes: the same list every time.</summary>
    /// <param name="schema">The last one in which it was in force.</param>
    public static IReadOnlyList<PackagePart> Of(Schema.Schema schema, string package) =>
    [
        .. from item in schema.Objects
           orderby item.Prefix.Value
           let isWhole = item.Layer == package
           let fields = item.Fields.Where(f => !f.IsComputed && (isWhole || f.Layer == package)).ToList()
           where isWhole || fields.Count > 0
           select new PackagePart(item, isWhole, fields),
    ];

    /// <summary>Whether a schema has it, under whatever name.</summary>
    public bool IsIn(Schema.Schema schema) => schema.Find(Item.Prefix) is { } there
        && (IsWhole || BodyKeys.Any(key => there.FindByKey(key) is not null));
}
