using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>Gives places to what has none.</summary>
internal sealed class PlaceAllotment(Places standard, Places account, bool forStandard)
{
    /// <summary>How many columns of each family a record has, and how many of them a standard object's own layers may
    /// take.</summary>
    private static readonly (SlotFamily Family, char Letter, int Columns, int ForStandard)[] Families =
    [
        (SlotFamily.Text, 't', 8, 5),
        (SlotFamily.Number, 'n', 6, 4),
        (SlotFamily.Time, 'd', 4, 3),
        (SlotFamily.Reference, 'r', 8, 5),
    ];

    public Places Allot(Resolution resolution)
    {
        var places = forStandard ? standard : account;
        foreach (var item in resolution.Objects)
        {
            var isStandard = Resolution.IsStandard(item.Layer);
            if (forStandard && !isStandard) continue;
            var before = places.Find(item.Key);
            var next = places.Next;
            var placed = before ?? new PlacedObject(null, PlacedObject.NoFields);
            if (!isStandard && placed.Prefix is null)
            {
                if (next >= KeyPrefix.Count)
                    throw new InvalidOperationException("The account has no key prefix left to allot.");
                placed = placed with { Prefix = new KeyPrefix(next++) };
            }
            var fields = item.List("fields").Where(f => Resolution.IsStandard(f.Layer) == forStandard)
                .OrderBy(Urgency).ToList();
            if (fields.Count > 0)
            {
                var building = new PlacedObjectBuilder(placed);
                foreach (var field in fields) Place(building, isStandard, field);
                placed = building.Finish();
            }
            if (before is null ? placed.Prefix is not null || placed.Fields.Count > 0
                : !ReferenceEquals(before, placed))
                places = places.With(item.Key, placed, next);
        }
        return places;
    }

    /// <remarks>References first, for they want a slot always; then what must be unique; then what is
    /// searched.</remarks>
    private static int Urgency(ResolvedItem field) =>
        RuleOf(field).Slots == SlotFamily.Reference ? 0 : field.Flag("unique") ? 1 : field.Flag("indexed") ? 2 : 3;

    private void Place(PlacedObjectBuilder building, bool onStandard, ResolvedItem field)
    {
        var rule = RuleOf(field);
        if (building.Bring(field.Key, rule.Storage)) return;
        var key = (forStandard ? "" : "_") + (building.Count + 1);
        var slot = Urgency(field) < 3 ? Slot(building, onStandard, rule.Slots) : null;
        building.Add(field.Key, new PlacedField(key, slot, rule.Storage));
    }

    private string? Slot(PlacedObjectBuilder building, bool onStandard, SlotFamily family)
    {
        foreach (var (of, letter, columns, standardColumns) in Families)
        {
            if (of != family) continue;
            var first = onStandard && !forStandard ? standardColumns + 1 : 1;
            var last = onStandard && forStandard ? standardColumns : columns;
            for (var i = first; i <= last; i++)
                if (building.IsFree($"{letter}{i}")) return $"{letter}{i}";
        }
        return null;
    }

    private static FieldTypeRule RuleOf(ResolvedItem field) => FieldTypeRule.OfName(field.Text("type")!)!;
}
