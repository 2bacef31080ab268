using Xingchen.Schema.Definitions;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema;

/// <summary>Makes of a resolution what requests are compiled against.</summary>
public static class SchemaCompiler
{
    /// <param name="resolution">What is in force.</param>
    /// <param name="standard">The places of the standard layers.</param>
    /// <param name="account">The places of the account.</param>
    /// <param name="address">What the schema is kept under: a hash of its stack and places.</param>
    /// <param name="ready">The index rounds that are filled for the account; null for none.</param>
    /// <remarks>Pure. A field or an object without a place is not in force yet and is left out.</remarks>
    public static Schema Compile(
        Resolution resolution, Places standard, Places account, string address,
        IReadOnlySet<IndexRound>? ready = null)
    {
        var children = Children(resolution.Objects);
        var rules = resolution.All("validation-rule")
            .ToLookup(rule => rule.Text("object")!, ValidationRuleDefinition.Compile);
        var taken = new HashSet<KeyPrefix>();
        var objects = new List<SchemaObject>();
        foreach (var item in resolution.Objects)
            if (PrefixOf(item, account) is { } prefix && taken.Add(prefix))
                objects.Add(Object(
                    children, item, prefix, field => PlaceOf(item, field, prefix, standard, account, ready)) with
                {
                    Rules = [.. rules[item.Key]],
                });
        return new Schema(address, objects,
            [.. resolution.All("permission-set").Select(PermissionSetDefinition.Compile)],
            [.. resolution.All("translation").Select(translation => translation.Text("language")!).Distinct()]);
    }

    /// <summary>What expressions are checked against before there are places: names and types, and no places.</summary>
    internal static Schema Unplaced(IReadOnlyCollection<ResolvedItem> items)
    {
        var children = Children(items);
        return new Schema("", items.Select((item, i) =>
            Object(children, item, new KeyPrefix(i + 1), field => new FieldPlace(field.Key, null))));
    }

    private static Dictionary<string, List<ChildRelation>> Children(IReadOnlyCollection<ResolvedItem> items)
    {
        var children = items.ToDictionary(o => o.Key, _ => new List<ChildRelation>());
        foreach (var item in items)
            foreach (var field in item.List("fields"))
                if (field.Text("children") is { } name)
                    foreach (var parent in field.Strings("references"))
                        if (children.TryGetValue(parent, out var relations)
                            && relations.TrueForAll(r => r.Name != name))
                            relations.Add(new ChildRelation(name, item.Key, field.Key,
                                field.Text("type") == "masterDetail"));
        return children;
    }

    private static KeyPrefix? PrefixOf(ResolvedItem item, Places account)
    {
        if (!Resolution.IsStandard(item.Layer)) return account.Find(item.Key)?.Prefix;
        return KeyPrefix.TryParse(item.Text("keyPrefix"), out var prefix) ? prefix : null;
    }

    private static FieldPlace? PlaceOf(
        ResolvedItem item, ResolvedItem field, KeyPrefix prefix, Places standard, Places account,
        IReadOnlySet<IndexRound>? ready)
    {
        var form = FieldTypeRule.OfName(field.Text("type")!)!.Storage;
        var own = account.Find(item.Key)?.Find(field.Key, form);
        var place = Resolution.IsStandard(field.Layer)
            ? standard.Find(item.Key)?.Find(field.Key, form)?.With(own) : own?.Place;
        if (place is null || place.Rounds == default) return place;
        FieldIndexes Building(FieldIndexes index, bool kept) =>
            !kept || place.Rounds.Of(index) == 0
                || ready?.Contains(new IndexRound(prefix.Value, place.BodyKey, index, place.Rounds.Of(index))) == true
                ? FieldIndexes.None : index;
        return place with
        {
            Building = Building(FieldIndexes.Slot, place.Slot is not null)
                | Building(FieldIndexes.Unique, field.Flag("unique"))
                | Building(FieldIndexes.Search, field.Flag("searchable")),
        };
    }

    private static SchemaObject Object(
        Dictionary<string, List<ChildRelation>> children, ResolvedItem item, KeyPrefix prefix,
        Func<ResolvedItem, FieldPlace?> placeOf)
    {
        var fields = new List<SchemaField>();
        foreach (var field in item.List("fields"))
            if (FieldTypeRule.OfName(field.Text("type")!) is { } rule && placeOf(field) is { } place)
                fields.Add(Field(field, rule, place, Targets(children, field)));
        var label = LabelOf(item, "label") ?? Plain(item.Key);
        return new SchemaObject(
            item.Key, label, LabelOf(item, "pluralLabel") ?? label, prefix, NameFieldOf(item), item.Layer,
            !Resolution.IsStandard(item.Layer), fields,
                [.. children[item.Key].OrderBy(c => c.Name, StringComparer.Ordinal)],
            fields.Find(f => f.Type == FieldType.MasterDetail)?.Name)
        {
            Hidden = item.Flag("hidden"),
            HistoryDays = item.Number("historyDays"),
            RecycleBinDays = item.Number("recycleBinDays"),
            Description = LabelOf(item, "description"),
            Help = LabelOf(item, "help"),
        };
    }

    private static SchemaField Field(
        ResolvedItem field, FieldTypeRule rule, FieldPlace place, IReadOnlyList<string> targets)
    {
        var limits = FieldDefinition.LimitsOf(field, rule);
        var master = rule.Type == FieldType.MasterDetail;
        return new SchemaField(
            field.Key, LabelOf(field, "label") ?? Plain(field.Key), rule.Type, field.Layer, place,
            Required: field.Flag("required") || master,
            Unique: field.Flag("unique"),
            Searchable: field.Flag("searchable"),
            Indexed: field.Flag("indexed") || field.Flag("unique") || rule.Slots == SlotFamily.Reference,
            ReadOnly: field.Flag("readOnly") || !rule.Written,
            Hidden: field.Flag("hidden"),
            Length: limits.Length, Precision: limits.Precision,
            Scale: rule.Type == FieldType.Integer ? 0 : field.Number("scale") ?? limits.Scale,
            Values: [.. field.List("values")
                .Select(v => new PicklistValue(v.Key, LabelOf(v, "label") ?? Plain(v.Key), v.Flag("hidden")))],
            References: targets,
            CaseSensitive: field.Value("caseSensitive")?.ValueKind != System.Text.Json.JsonValueKind.False,
            OnDelete: master ? "cascade" : field.Text("onDelete") ?? "restrict",
            Default: field.Value("default") is { ValueKind: not System.Text.Json.JsonValueKind.Null } value ? value
                : null,
            Formula: field.Text("formula"), Help: LabelOf(field, "help"),
            Format: rule.Type == FieldType.AutoNumber ? field.Text("format") ?? "{000000}" : null)
        {
            Result = field.Text("result") is { } result ? FieldTypeRule.OfName(result)?.Type : null,
            Rollup = FieldDefinition.RollupOf(field),
            DefaultExpression = rule.Type != FieldType.Json && field.Value("default") is { } given
                ? FieldExpressions.DefaultOf(given) : null,
            RequiredIf = field.Text("requiredIf"),
            Deprecated = field.Flag("deprecated"),
            ReadOnlyIf = field.Text("readOnlyIf"),
        };
    }

    /// <remarks>Where the definition does not say: a field called name, else the first that is text, else the
    /// record's id.</remarks>
    private static string NameFieldOf(ResolvedItem item)
    {
        if (item.Text("nameField") is { } named && item.Item("fields", named) is not null) return named;
        if (item.Item("fields", "name") is not null) return "name";
        return item.List("fields").FirstOrDefault(f => f.Text("type") is "text" or "autoNumber"
            && f.Layer == item.Layer)?.Key ?? "id";
    }

    /// <remarks>A target that is gone (and has its finding) is left out: nothing new can refer to it.</remarks>
    private static IReadOnlyList<string> Targets(
        Dictionary<string, List<ChildRelation>> objects, ResolvedItem field) =>
        [.. field.Strings("references").Where(objects.ContainsKey)];

    private static Label? LabelOf(ResolvedItem item, string property) =>
        item.Value(property) is { } value ? new Label(LabelForm.Languages(value)) : null;

    private static Label Plain(string name) => new(new Dictionary<string, string> { ["en"] = name });
}
