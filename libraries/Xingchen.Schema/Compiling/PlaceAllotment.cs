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
            var wished = isStandard && !forStandard ? Wished(item, before).ToList() : [];
            if (fields.Count + wished.Count > 0)
            {
                var building = new PlacedObjectBuilder(placed, forStandard);
                foreach (var field in fields) Place(building, isStandard, field);
                foreach (var (field, place) in wished) Index(building, field, place);
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
        var wishes = IndexWishes.Of(field);
        if (building.Bring(field.Key, rule.Storage) is { } known)
        {
            var late = Urgency(field) < 3 && known.Slot is null ? Slot(building, onStandard, rule.Slots) : null;
            building.Change(field.Key, known.For(wishes, late, 1));
            return;
        }
        var key = (forStandard ? "" : "_") + (building.Count + 1);
        var slot = Urgency(field) < 3 ? Slot(building, onStandard, rule.Slots) : null;
        building.Add(field.Key, new PlacedField(key, slot, rule.Storage) { Wishes = wishes });
    }

    /// <summary>The standard fields of which the account, or a package, wants more than the standard layers do, and
    /// those of which it did once.</summary>
    private IEnumerable<(ResolvedItem Field, PlacedField Place)> Wished(ResolvedItem item, PlacedObject? ours) =>
        from field in item.List("fields")
        where Resolution.IsStandard(field.Layer)
        let form = RuleOf(field).Storage
        let theirs = standard.Find(item.Key)?.Find(field.Key, form)
        where theirs is not null && (ours?.Find(field.Key, form) is not null
            || (field.Flag("unique") && !theirs.Wishes.Unique) || (field.Flag("searchable") && !theirs.Wishes.Search)
            || (Urgency(field) < 3 && theirs.Slot is null))
        orderby Urgency(field)
        select (field, theirs);

    /// <summary>Indexes a standard field for the account: the value stays in its standard place.</summary>
    private static void Index(PlacedObjectBuilder building, ResolvedItem field, PlacedField standard)
    {
        var rule = RuleOf(field);
        if (building.Bring(field.Key, rule.Storage) is not { } known)
        {
            known = new PlacedField(standard.Key, null, rule.Storage)
            {
                Wishes = new IndexWishes(false, false, standard.Wishes.IgnoresCase),
            };
            building.Add(field.Key, known);
        }
        var wishes = IndexWishes.Of(field);
        var slot = Urgency(field) < 3 && standard.Slot is null && known.Slot is null
            ? Slot(building, onStandard: true, forStandard: false, rule.Slots) : null;
        building.Change(field.Key, known.For(wishes with
        {
            // What the standard layers keep by themselves is not kept twice; what is kept already goes on.
            Unique = wishes.Unique && (known.Wishes.Unique || !standard.Wishes.Unique),
            Search = wishes.Search && (known.Wishes.Search || !standard.Wishes.Search),
        }, slot, -1));
    }

    private string? Slot(PlacedObjectBuilder building, bool onStandard, SlotFamily family) =>
        Slot(building, onStandard, forStandard, family);

    private static string? Slot(
        PlacedObjectBuilder building, bool onStandard, bool forStandard, SlotFamily family)
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
