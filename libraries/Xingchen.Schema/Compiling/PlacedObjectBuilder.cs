using System.Collections.Immutable;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>Adds places to an object. Where nothing is added, the same object comes out.</summary>
internal sealed class PlacedObjectBuilder(PlacedObject before, bool forStandard)
{
    private readonly ImmutableSortedDictionary<string, ImmutableArray<PlacedField>>.Builder fields =
        before.Fields.ToBuilder();

    private readonly HashSet<string> taken =
        [.. before.Fields.Values.SelectMany(places => places).Select(p => p.Slot).OfType<string>()];

    private bool changed;

    /// <summary>Keys given so far, those that are not in use among them; an account's indexes on standard fields have
    /// none of their own.</summary>
    public int Count { get; private set; } =
        before.Fields.Values.SelectMany(places => places).Count(place => place.IsOfStandard == forStandard);

    public bool IsFree(string slot) => !taken.Contains(slot);

    /// <summary>Makes the place that the field has for values of that form its present one.</summary>
    /// <returns>It; null where it has none.</returns>
    public PlacedField? Bring(string field, StorageForm form)
    {
        if (!fields.TryGetValue(field, out var places)) return null;
        if (places.FirstOrDefault(p => p.Form == form) is not { } known) return null;
        if (places[0] != known)
        {
            fields[field] = places.Remove(known).Insert(0, known);
            changed = true;
        }
        return known;
    }

    /// <summary>Puts another in the stead of a field's present place.</summary>
    public void Change(string field, PlacedField place)
    {
        if (fields[field][0] == place) return;
        fields[field] = fields[field].SetItem(0, place);
        if (place.Slot is not null) taken.Add(place.Slot);
        changed = true;
    }

    public void Add(string field, PlacedField place)
    {
        fields[field] = fields.TryGetValue(field, out var places) ? places.Insert(0, place) : [place];
        if (place.Slot is not null) taken.Add(place.Slot);
        if (place.IsOfStandard == forStandard) Count++;
        changed = true;
    }

    public PlacedObject Finish() => changed ? before with { Fields = fields.ToImmutable() } : before;
}
