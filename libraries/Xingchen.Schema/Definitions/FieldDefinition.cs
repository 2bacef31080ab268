using System.Text.Json;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema.Definitions;

/// <summary>A field of an object.</summary>
internal static class FieldDefinition
{
    /// <summary>Fields that one definition or overlay may bring.</summary>
    public const int MostPerDefinition = 1000;

    /// <summary>What a formula may give.</summary>
    private static readonly string[] Results =
        ["text", "number", "currency", "percent", "boolean", "date", "dateTime"];

    public static ItemShape Shape { get; } = new("field",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("type", new TextForm(40), Above.Fixed, Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("help", new LabelForm(2000), Above.Free),
            new("required", new FlagForm(), Above.Tighten),
            new("unique", new FlagForm(), Above.Tighten),
            new("indexed", new FlagForm(), Above.Tighten),
            new("searchable", new FlagForm(), Above.Tighten),
            new("readOnly", new FlagForm(), Above.Tighten),
            new("hidden", new FlagForm(), Above.Tighten),
            new("deprecated", new FlagForm(), Above.Fixed),
            new("length", new CountForm(1, 100_000), Above.Tighten),
            new("precision", new CountForm(1, 28), Above.Tighten),
            new("scale", new CountForm(0, 12), Above.Tighten),
            new("picklist", new NameForm(), Above.Fixed),
            new("references", new NameListForm(20), Above.Fixed),
            new("children", new NameForm(), Above.Fixed),
            new("onDelete", new ChoiceForm("restrict", "clear", "cascade"), Above.Fixed),
            new("caseSensitive", new FlagForm(), Above.Fixed),
            new("default", new AnyForm(), Above.Free),
            new("requiredIf", new ConditionForm(), Above.Tighten),
            new("readOnlyIf", new ConditionForm(), Above.Tighten),
            new("formula", new TextForm(4000, 1), Above.Fixed),
            new("result", new ChoiceForm([.. Results]), Above.Fixed),
            new("of", new NameForm(), Above.Fixed),
            new("function", new ChoiceForm([.. Rollup.Functions]), Above.Fixed),
            new("each", new TextForm(4000, 1), Above.Fixed),
            new("filter", new TextForm(4000, 1), Above.Fixed),
            new("format", new TextForm(60, 1), Above.Fixed),
            new("locked", new NameListForm(50, Star: true), Above.Fixed),
        ],
        [new("values", PicklistValueDefinition.Shape, 1000, Instead: "picklist")])
    {
        Check = CheckType,
        Default = DefaultOf,
    };

    /// <summary>What a field is limited to, once every layer has spoken.</summary>
    public static FieldLimits LimitsOf(ResolvedItem field, FieldTypeRule type) => new(
        field.Number("length") ?? type.Length?.Default,
        field.Number("precision") ?? type.Precision?.Default,
        field.Number("scale") ?? type.Scale?.Default,
        [.. field.List("values").Where(v => !v.Flag("hidden")).Select(v => v.Key)]);

    /// <summary>How a roll-up summarizes; null for a field that is none.</summary>
    public static Rollup? RollupOf(ResolvedItem field) =>
        field.Text("of") is { } of && Array.IndexOf(Rollup.Functions, field.Text("function")) is >= 0 and var function
            ? new Rollup(of, (Expressions.Summary)function, field.Text("each"), field.Text("filter")) : null;

    public static void Verify(StackCheck stack, ResolvedItem item, ResolvedItem field)
    {
        if (FieldTypeRule.OfName(field.Text("type") ?? "") is not { Available: true } type) return;
        foreach (var (name, setting) in field.Properties)
            if (setting.Value is not null && !type.Takes(name))
                stack.Find(item, "property-not-of-type",
                    $"A field of type {type.Name} takes no \"{name}\"; leave it out.",
                    "fields", field.Key, name);
        if (field.Text("picklist") is { } shared)
        {
            if (stack.Picklist(shared) is null)
                stack.Find(item, "reference-missing", $"There is no picklist \"{shared}\" in the stack.", "fields",
                    field.Key, "picklist");
        }
        else if (type.Takes("values") && !field.List("values").Any(v => !v.Flag("hidden")))
        {
            // Of those who hid values, one above the field's owner is to blame, if there is one.
            var hidden = field.List("values").OrderBy(v => v.Properties["hidden"].Layer == field.Layer)
                .FirstOrDefault();
            stack.Find(item, "picklist-empty", $"\"{field.Key}\" has no value that can be chosen; it needs one.",
                "fields", field.Key, hidden is null ? null : "values", hidden?.Key, "hidden");
        }
        if (field.Value("default") is not { ValueKind: not JsonValueKind.Null } value || !type.Written) return;
        if (type.Type != FieldType.Json && FieldExpressions.DefaultOf(value) is not null) return;
        if (type.Slots == SlotFamily.Reference)
            stack.Find(item, "default-invalid", "A reference has no default: ids differ from account to account.",
                "fields", field.Key, "default");
        else if (type.Expects(value, LimitsOf(field, type)) is { } expected)
            stack.Find(item, "default-invalid", $"The default of \"{field.Key}\" must be {expected}.", "fields",
                field.Key, "default");
    }

    private static JsonElement? DefaultOf(ResolvedItem field, string property)
    {
        var type = FieldTypeRule.OfName(field.Text("type") ?? "");
        var range = property switch
        {
            "length" => type?.Length, "precision" => type?.Precision, "scale" => type?.Scale, _ => null,
        };
        return range is null ? null : JsonSerializer.SerializeToElement(range.Default);
    }

    /// <summary>What can be said of a field that is written down whole: it has a type, and what goes with that
    /// type.</summary>
    private static void CheckType(JsonElement field, string pointer, Action<string, string, string> find)
    {
        if (!field.TryGetProperty("type", out var named) || named.ValueKind != JsonValueKind.String) return;
        var at = FindingList.Step(pointer, "type");
        if (FieldTypeRule.OfName(named.GetString()!) is not { } type)
        {
            find("field-type-unknown", $"There is no field type \"{LayerReader.Clip(named.GetString()!)}\"; there are "
                + string.Join(", ", FieldTypeRule.All.Where(t => t.Available).Select(t => t.Name)) + ".", at);
            return;
        }
        if (!type.Available)
        {
            find("not-there-yet", $"Fields of type {type.Name} are not there yet; leave the field out for now.", at);
            return;
        }
        foreach (var needed in type.Needs.Where(n => !field.TryGetProperty(n, out _)))
            find("property-missing", $"A field of type {type.Name} needs \"{needed}\".", pointer);
        if (type.Takes("values") && field.TryGetProperty("values", out _) == field.TryGetProperty("picklist", out _))
            find("property-missing", $"A field of type {type.Name} needs \"values\", or \"picklist\" with the name of "
                + "a list that fields share: one of them.", pointer);
        foreach (var member in field.EnumerateObject().Where(m => !type.Takes(m.Name)))
            find("property-not-of-type", $"A field of type {type.Name} takes no \"{member.Name}\"; leave it out.",
                FindingList.Step(pointer, member.Name));
        Limits(field, type, pointer, find);
        References(field, type, pointer, find);
    }

    private static void Limits(
        JsonElement field, FieldTypeRule type, string pointer, Action<string, string, string> find)
    {
        var ranges = new[] { ("length", type.Length), ("precision", type.Precision), ("scale", type.Scale) };
        foreach (var (name, range) in ranges)
            if (range is not null && Number(field, name) is { } number && (number < range.Least || number > range.Most))
                find("property-invalid", $"\"{name}\" of a field of type {type.Name} must be "
                    + $"from {range.Least} to {range.Most}.",
                    FindingList.Step(pointer, name));
        if (type.Scale is not null && (Number(field, "scale") ?? type.Scale.Default)
            > (Number(field, "precision") ?? type.Precision!.Default))
            find("property-invalid", "There cannot be more digits after the point (\"scale\", "
                + $"{type.Scale.Default} unless given) than digits in all "
                    + $"(\"precision\", {type.Precision!.Default} unless given).",
                FindingList.Step(pointer, field.TryGetProperty("scale", out _) ? "scale" : "precision"));
    }

    private static void References(
        JsonElement field, FieldTypeRule type, string pointer, Action<string, string, string> find)
    {
        if (!type.Takes("references") || !field.TryGetProperty("references", out var targets)
            || targets.ValueKind != JsonValueKind.Array) return;
        var at = FindingList.Step(pointer, "references");
        if (targets.GetArrayLength() == 0) find("property-invalid", "\"references\" must name an object.", at);
        if (type.Type == FieldType.MasterDetail && targets.GetArrayLength() > 1)
            find("property-invalid", "A master–detail field has one master; a reference may have several targets.", at);
    }

    private static int? Number(JsonElement field, string name) =>
        field.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out var number)
            ? number : null;
}
