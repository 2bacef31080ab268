using System.Text.Json;
using Xingchen.Schema.FieldTypes;

namespace Xingchen.Schema.Definitions;

/// <summary>What can be done on a page: a button of it.</summary>
internal static class PageAction
{
    public static ItemShape Shape { get; } = new("action",
        new PropertyShape("name", new NameForm(), Above.Fixed, Required: true),
        [
            new("type", new ChoiceForm("create", "edit", "delete", "set"), Above.Fixed, Required: true),
            new("label", new LabelForm(200), Above.Free),
            new("object", new NameForm(), Above.Fixed),
            new("field", new NameForm(), Above.Fixed),
            new("values", new AnyForm(), Above.Fixed),
            new("visibleIf", new TextForm(4000, 1), Above.Free),
            new("hidden", new FlagForm(), Above.Tighten),
            new("locked", new NameListForm(20, Star: true), Above.Fixed),
        ],
        []);

    public static void Verify(StackCheck stack, ResolvedItem page, ResolvedItem about, ResolvedItem action)
    {
        var type = action.Text("type");
        foreach (var (property, of) in new[] { ("object", "create"), ("field", "create"), ("values", "set") })
            if (type != of && action.Value(property) is not null)
                Find("property-not-of-type", $"An action of type {type} takes no \"{property}\"; leave it out.",
                    property);
        if (type == "create") Related(stack, page, about, action);
        if (type != "set") return;
        if (action.Value("values") is not { ValueKind: JsonValueKind.Object } values
            || !values.EnumerateObject().Any())
        {
            Find("property-missing",
                "An action of type set needs \"values\", such as {\"status\": \"held\"}.", "values");
            return;
        }
        foreach (var value in values.EnumerateObject())
            if (Wrong(about, value) is { } wrong) Find(wrong.Code, wrong.Detail, "values");

        void Find(string code, string detail, string property) =>
            stack.Find(page, code, detail, "actions", action.Key, property);
    }

    private static (string Code, string Detail)? Wrong(ResolvedItem about, JsonProperty value)
    {
        if (about.Item("fields", value.Name) is not { } field
            || FieldTypeRule.OfName(field.Text("type") ?? "") is not { } type)
            return ("reference-missing", $"{about.Key} has no field \"{value.Name}\".");
        if (!type.Written || field.Flag("readOnly"))
            return ("property-not-of-type", $"\"{value.Name}\" of {about.Key} cannot be written.");
        if (value.Value.ValueKind == JsonValueKind.Null)
            return field.Flag("required") ? ("default-invalid", $"\"{value.Name}\" of {about.Key} is required.") : null;
        return type.Expects(value.Value, FieldDefinition.LimitsOf(field, type)) is { } expected
            ? ("default-invalid", $"\"{value.Name}\" must be {expected}.") : null;
    }

    /// <summary>A record of another object is made for the one that is shown: by a reference to it.</summary>
    private static void Related(StackCheck stack, ResolvedItem page, ResolvedItem about, ResolvedItem action)
    {
        var other = action.Text("object") is { } name ? stack.Object(name) : about;
        if (other is null)
        {
            stack.Find(page, "reference-missing", $"There is no object \"{action.Text("object")}\" in the stack.",
                "actions", action.Key, "object");
            return;
        }
        if (action.Text("field") is not { } field) return;
        if (other.Item("fields", field) is not { } known)
            stack.Find(page, "reference-missing", $"{other.Key} has no field \"{field}\".",
                "actions", action.Key, "field");
        else if (!known.Strings("references").Contains(about.Key))
            stack.Find(page, "property-not-of-type", $"\"{field}\" of {other.Key} does not refer to {about.Key}.",
                "actions", action.Key, "field");
    }
}
