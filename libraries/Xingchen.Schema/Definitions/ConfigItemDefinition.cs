using System.Text.Json;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema.Definitions;

/// <summary>A configuration item: a named setting of a package, which a layer above gives another value.</summary>
/// <remarks>There is no type for secrets: definitions are read by every administrator and stand in packages, layers and
/// histories, none of which ever forgets.</remarks>
internal static class ConfigItemDefinition
{
    private const int DefaultLength = 1000;

    private static readonly ItemShape Shape = new("configuration item",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("type", new ChoiceForm("text", "integer", "number", "boolean", "picklist"), Above.Fixed,
                Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("description", new LabelForm(2000), Above.Free),
            new("default", new AnyForm(), Above.Free),
            new("value", new AnyForm(), Above.Free),
            new("required", new FlagForm(), Above.Tighten),
            new("min", new BoundForm(IsLower: true), Above.Tighten),
            new("max", new BoundForm(IsLower: false), Above.Tighten),
            new("length", new CountForm(1, 3000), Above.Tighten),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        [new("values", PicklistValueDefinition.Shape, 200)])
    {
        Default = static (_, property) =>
            property == "length" ? JsonSerializer.SerializeToElement(DefaultLength) : null,
        Computed = WriteEffective,
    };

    public static DefinitionKind Kind { get; } = new("config-item", "config-items", Shape, Verify);

    /// <summary>What counts: the value, else the default; null where there is neither, or what is there does not fit
    /// (any more).</summary>
    public static JsonElement? Effective(ResolvedItem item) =>
        new[] { Given(item, "value"), Given(item, "default") }
            .FirstOrDefault(value => value is { } given && Expects(item, given) is null);

    private static JsonElement? Given(ResolvedItem item, string property) =>
        item.Value(property) is { ValueKind: not JsonValueKind.Null } value ? value : null;

    private static void WriteEffective(Utf8JsonWriter writer, ResolvedItem item)
    {
        if (Effective(item) is { } value)
        {
            writer.WritePropertyName("effective");
            CanonicalJson.Write(writer, value);
        }
        else if (item.Flag("required")) writer.WriteBoolean("missing", true);
    }

    private static void Verify(StackCheck stack)
    {
        foreach (var item in stack.Items)
        {
            var type = item.Text("type")!;
            foreach (var (property, takes) in new[]
                { ("min", type is "integer" or "number"), ("max", type is "integer" or "number"),
                    ("length", type == "text") })
                if (!takes && item.Value(property) is not null)
                    stack.Find(item, "property-not-of-type",
                        $"A configuration item of type {type} takes no \"{property}\"; leave it out.", property);
            if (type != "picklist" && item.List("values") is [var first, ..])
                stack.Find(item, "property-not-of-type",
                    $"A configuration item of type {type} takes no \"values\"; leave them out.", "values", first.Key);
            if (type == "picklist") PicklistDefinition.HasChoices(stack, item);
            if (BoundForm.Of(item.Value("min")) > BoundForm.Of(item.Value("max")))
                stack.Find(item, "property-invalid", "\"min\" is more than \"max\": no value would fit.", "max");
            else
                foreach (var property in new[] { "default", "value" })
                    if (Given(item, property) is { } given && Expects(item, given) is { } expected)
                        stack.Find(item, property + "-invalid",
                            $"The {property} of \"{item.Key}\" must be {expected}.", property);
        }
    }

    /// <summary>What a value must be, as the end of "It must be …"; null where it is.</summary>
    private static string? Expects(ResolvedItem item, JsonElement value)
    {
        var rule = FieldTypeRule.OfName(item.Text("type")!)!;
        var limits = new FieldLimits(item.Number("length") ?? DefaultLength, rule.Precision?.Most, rule.Scale?.Most,
            [.. item.List("values").Where(choice => !choice.Flag("hidden")).Select(choice => choice.Key)]);
        if (rule.Expects(value, limits) is { } wrong) return wrong;
        if (value.ValueKind != JsonValueKind.Number) return null;
        if (BoundForm.Of(value) < BoundForm.Of(item.Value("min"))) return $"at least {item.Value("min")}";
        return BoundForm.Of(value) > BoundForm.Of(item.Value("max")) ? $"at most {item.Value("max")}" : null;
    }
}
