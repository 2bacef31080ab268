using Xingchen.Records.Plan;
using Xingchen.Schema;

namespace Xingchen.Records.Execute;

/// <summary>A field of some object that refers to records of another.</summary>
internal sealed record Referrer(ObjectLayout Layout, int Ordinal)
{
    public SchemaField Field => Layout.Fields[Ordinal].Field;
}

/// <summary>What deleting a record takes with it.</summary>
internal sealed class RemovalPlan
{
    /// <summary>Records that go, by id.</summary>
    public Dictionary<long, (StoredRecord Record, ObjectLayout Layout)> Gone { get; } = [];

    /// <summary>Records whose reference is cleared, by id, with the ordinals of the fields.</summary>
    public Dictionary<long, (StoredRecord Record, ObjectLayout Layout, HashSet<int> Ordinals)> Cleared { get; } = [];

    /// <summary>Records that stand in the way unless they go as well.</summary>
    public List<(long Id, Referrer By)> Holding { get; } = [];

    /// <summary>Whether two of the records that go lead to the same one.</summary>
    public bool Meets { get; set; }

    /// <summary>Every field of the schema that may refer to records of an object.</summary>
    public static IReadOnlyList<Referrer> ReferrersTo(Schema.Schema schema, SchemaObject item) =>
    [
        .. from other in schema.Objects
           let layout = ObjectLayout.Of(other)
           from ordinal in Enumerable.Range(0, layout.Fields.Length)
           let field = layout.Fields[ordinal].Field
           where field.Type is FieldType.Reference or FieldType.MasterDetail
               && field.References?.Contains(item.Name) == true
           select new Referrer(layout, ordinal),
    ];

    /// <summary>Refuses where others hold it; says who, as far as the caller sees all of their kind.</summary>
    /// <exception cref="ProblemException"><c>record-in-use</c></exception>
    public void ThrowIfHeld(Schema.Schema schema)
    {
        const int Shown = 20;
        var held = Holding.Where(holding => !Gone.ContainsKey(holding.Id)).ToList();
        if (held.Count == 0) return;
        throw new ProblemException(Problems.RecordInUse, "Other records refer to it. Change or delete them first.",
            [.. held.Where(holding => IsShown(schema, holding.By)).Take(Shown)
                .Select(holding => new Finding("record-in-use", Say(holding.Id, holding.By)))]);
    }

    private static bool IsShown(Schema.Schema schema, Referrer by) => schema.SeesAll(by.Layout.Object)
        && schema.Find(by.Layout.Object.Name)?.Find(by.Field.Name) is not null;

    private static string Say(long id, Referrer by) =>
        $"{by.Layout.Object.Name} {new RecordId(id)} refers to it by {by.Field.Name}.";
}
