using System.Collections.Immutable;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>Adds places to an object. Where nothing is added, the same object comes out.</summary>
internal sealed class PlacedObjectBuilder(PlacedObject before)
{
    private readonly ImmutableSortedDictionary<string, ImmutableArray<PlacedField>>.Builder fields =
        before.Fields.ToBuilder();

    private readonly HashSet<string> taken =
        [.. before.Fields.Values.SelectMany(places => places).Select(p => p.Slot).OfType<string>()];

    private bool changed;

    /// <summary>Places given so far, those that are not in use among them.</summary>
    public int Count { get; private set; } = before.Fields.Values.Sum(places => places.Length);

    public bool IsFree(string slot) => !taken.Contains(slot);

    /// <summary>Makes the place that the field has for values of that form its present one.</summary>
    /// <returns>Whether it has one.</returns>
    public bool Bring(string field, StorageForm form)
    {
        if (!fields.TryGetValue(field, out var places)) return false;
        if (places.FirstOrDefault(p => p.Form == form) is not { } known) return false;
        if (places[0] != known)
        {
            fields[field] = places.Remove(known).Insert(0, known);
            changed = true;
        }
        return true;
    }

    public void Add(string field, PlacedField place)
    {
        fields[field] = fields.TryGetValue(field, out var places) ? places.Insert(0, place) : [place];
        if (place.Slot is not null) taken.Add(place.Slot);
        Count++;
        changed = true;
    }

    public PlacedObject Finish() => changed ? before with { Fields = fields.ToImmutable() } : before;
}
