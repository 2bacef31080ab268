using System.Text;
using Xingchen.Records.Values;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>A record as it shall be stored: every value checked against the schema.</summary>
/// <param name="layout">Its object.</param>
/// <param name="pointer">Where it stands in the request.</param>
internal sealed class RecordDraft(ObjectLayout layout, string pointer)
{
    public ObjectLayout Layout { get; } = layout;

    /// <summary>What the caller sees of it: its names are looked up here, and only these fields are shown.</summary>
    public ObjectLayout Shown { get; init; } = layout;

    public string Pointer { get; } = pointer;

    /// <summary>By ordinal; null where the record has no value.</summary>
    public StoredValue?[] Values { get; init; } = new StoredValue?[layout.Fields.Length];

    /// <summary>Computed members of its body for an answer, each after a comma; nothing stores them.</summary>
    public string Computed { get; set; } = "";

    /// <summary>0 until it is allotted.</summary>
    public long Id { get; set; }

    /// <summary>The record that it travels in, and its own field that refers to it.</summary>
    public RecordDraft? Master { get; init; }

    public int MasterOrdinal { get; init; } = -1;

    /// <summary>Child records by relationship, in the order of the request.</summary>
    public List<(ChildRelation Relation, List<RecordDraft> Records)> Children { get; } = [];

    /// <summary>This record, then everything in it, masters before their children.</summary>
    public IEnumerable<RecordDraft> WithChildren() =>
        Children.SelectMany(child => child.Records).SelectMany(child => child.WithChildren()).Prepend(this);

    /// <summary>The body as JSON.</summary>
    public string Body()
    {
        var body = new StringBuilder(256).Append('{');
        for (var i = 0; i < Values.Length; i++)
        {
            if (Values[i] is not { } value) continue;
            if (body.Length > 1) body.Append(',');
            body.Append('"').Append(Layout.Fields[i].Field.Place.BodyKey).Append("\":").Append(value.Json);
        }
        return body.Append('}').ToString();
    }

    /// <summary>The references to other records and where they stand; not that to its own master in the same
    /// request.</summary>
    public IEnumerable<(long Id, int Ordinal, string Pointer)> References()
    {
        for (var i = 0; i < Values.Length; i++)
        {
            if (i == MasterOrdinal || Values[i] is not { Sort: long id }) continue;
            if (Layout.Fields[i].Field.Type is FieldType.Reference or FieldType.MasterDetail)
                yield return (id, i, RecordFindings.Step(Pointer, Layout.Fields[i].Field.Name));
        }
    }

    public IEnumerable<UniqueValue> UniqueValues()
    {
        foreach (var ordinal in Layout.Uniques)
            if (Values[ordinal] is { Key: { } key })
                yield return new UniqueValue(Layout.Prefix, Layout.Fields[ordinal].Field.Place.UniqueKey, key, Id, this,
                    ordinal);
    }
}

/// <summary>A value that one record of an object may have.</summary>
internal sealed record UniqueValue(int Prefix, string FieldKey, string Value, long Record, RecordDraft Draft,
    int Ordinal)
{
    /// <summary>Of the field; of the record where the caller does not see the field.</summary>
    public string Pointer => Draft.Layout.Fields[Ordinal].Field.Name is var name && Draft.Shown.Find(name) >= 0
        ? RecordFindings.Step(Draft.Pointer, name) : Draft.Pointer;
}
