using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Metadata.OpenApi;

/// <summary>The JSON Schemas (2020-12) of an object's records, as OpenAPI 3.1 has them. Pure.</summary>
/// <remarks>
/// Of <c>Customer</c>: <c>Customer</c> is what is read, <c>Customer_New</c> what creates one, <c>Customer_Change</c>
/// what changes one, <c>Customer_Field</c> the names that <c>select</c> takes, and of a child that travels in its
/// parent <c>SalesOrderLine_InParent</c>. No definition's name has a single underscore, so none of these is an
/// object's. What is read has no limits: a value may be older than the limit that its field has now.
/// </remarks>
internal sealed class RecordSchemas(CallerShape shape, string language)
{
    public const string Prefix = "#/components/schemas/";

    private static readonly string[] System =
        ["id", "object", "version", "createdAt", "createdBy", "modifiedAt", "modifiedBy"];

    public static JsonObject Ref(string name) => new() { ["$ref"] = Prefix + name };

    /// <summary>Every schema of one object, with its name.</summary>
    public IEnumerable<(string Name, JsonObject Schema)> Of(SchemaObject item)
    {
        var may = shape.RightsOf(item);
        yield return (item.Name, Read(item));
        yield return (item.Name + "_Field", new JsonObject
        {
            ["type"] = "string",
            ["enum"] = Names([.. System, .. Fields(item).Select(field => field.Name)]),
        });
        if (may.Create) yield return (item.Name + "_New", Written(item, isNew: true));
        if (may.Create && item.MasterField is not null)
            yield return (item.Name + "_InParent", Written(item, isNew: true, item.MasterField));
        if (may.Edit) yield return (item.Name + "_Change", Written(item, isNew: false));
    }

    /// <summary>What a value of a field is.</summary>
    /// <param name="item">Whose field it is.</param>
    /// <param name="field">Any.</param>
    /// <param name="written">Whether with what a value may be that is written now.</param>
    public JsonObject Value(SchemaObject item, SchemaField field, bool written)
    {
        // A computed field whose expression is wrong is null whenever it is read.
        var type = field.IsComputed ? shape.TypeOf(item, field) ?? FieldType.Json : field.Type;
        var value = OfType(type, field, written);
        value["title"] = field.Label.For([language]);
        if (field.Help is { } help) value["description"] = help.For([language]);
        return value;
    }

    /// <summary>Fields that are not kept out of sight.</summary>
    public static IEnumerable<SchemaField> Fields(SchemaObject item) => item.Fields.Where(field => !field.Hidden);

    private JsonObject Read(SchemaObject item)
    {
        var properties = new JsonObject
        {
            ["id"] = ReadOnly(IdOf([item.Name], written: true)),
            ["object"] = new JsonObject { ["type"] = "string", ["const"] = item.Name, ["readOnly"] = true },
        };
        foreach (var name in System.Skip(2)) properties[name] = Ref("Api_" + name);
        foreach (var field in Fields(item))
        {
            var value = Nullable(Value(item, field, written: false));
            if (field.Deprecated) value["deprecated"] = true;
            properties[field.Name] = field.ReadOnly ? ReadOnly(value) : value;
        }
        foreach (var child in item.Children.Where(child =>
            !properties.ContainsKey(child.Name) && shape.Find(child.Object) is not null))
            properties[child.Name] = new JsonObject { ["type"] = "array", ["items"] = Ref(child.Object) };
        return Titled(item, new JsonObject
        {
            ["type"] = "object", ["required"] = Names(["id"]), ["properties"] = properties,
        });
    }

    private JsonObject Written(SchemaObject item, bool isNew, string? without = null)
    {
        var (properties, required) = (new JsonObject(), new List<string>());
        foreach (var field in Fields(item).Where(field => !field.ReadOnly && field.Name != without))
        {
            var value = Value(item, field, written: true);
            // What an expression gives is not known before.
            if (isNew && field is { DefaultExpression: null, Default: { } given })
                value["default"] = JsonNode.Parse(given.GetRawText());
            properties[field.Name] = field.Required ? value : Nullable(value);
            if (field.Deprecated) properties[field.Name]!["deprecated"] = true;
            if (isNew && field.Required && field.Default is null) required.Add(field.Name);
        }
        if (isNew)
            foreach (var child in item.Children.Where(child => child.Owned && !properties.ContainsKey(child.Name)
                && shape.Find(child.Object) is { } target && shape.RightsOf(target).Create))
                properties[child.Name] = new JsonObject
                {
                    ["type"] = "array", ["items"] = Ref(child.Object + "_InParent"),
                };
        var schema = new JsonObject { ["type"] = "object" };
        if (required.Count > 0) schema["required"] = Names(required);
        schema["properties"] = properties;
        schema["additionalProperties"] = false;
        return Titled(item, schema);
    }

    private JsonObject Titled(SchemaObject item, JsonObject schema)
    {
        schema["title"] = item.Label.For([language]);
        if ((item.Description ?? item.Help) is { } text) schema["description"] = text.For([language]);
        return schema;
    }

    private JsonObject OfType(FieldType type, SchemaField field, bool written) => type switch
    {
        FieldType.Integer => Number(field, "integer", "int64", written),
        FieldType.Number or FieldType.Currency or FieldType.Percent => Number(field, "number", "decimal", written),
        FieldType.Boolean => new JsonObject { ["type"] = "boolean" },
        FieldType.Date => Text(field, "date", false),
        FieldType.DateTime => Text(field, "date-time", false),
        FieldType.Email => Text(field, "email", written),
        FieldType.Url => Text(field, "uri", written),
        FieldType.Picklist => Choice(field, written),
        FieldType.MultiPicklist => new JsonObject
        {
            ["type"] = "array", ["items"] = Choice(field, written), ["uniqueItems"] = !written,
        },
        FieldType.Reference or FieldType.MasterDetail => IdOf(field.References ?? [], written),
        FieldType.Json or FieldType.File => [],
        _ => Text(field, null, written),
    };

    private static JsonObject Text(SchemaField field, string? format, bool limited)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (format is not null) schema["format"] = format;
        if (limited && field.Length is { } length) schema["maxLength"] = length;
        return schema;
    }

    /// <remarks>Bounds, and not <c>multipleOf</c>: validators reckon that in binary fractions and refuse
    /// 0.07.</remarks>
    private static JsonObject Number(SchemaField field, string type, string format, bool limited)
    {
        var schema = new JsonObject { ["type"] = type, ["format"] = format };
        if (!limited || field.Precision is not { } precision) return schema;
        var whole = precision - (field.Scale ?? 0);
        var bound = decimal.Parse("1" + new string('0', whole), CultureInfo.InvariantCulture);
        schema["exclusiveMinimum"] = -bound;
        schema["exclusiveMaximum"] = bound;
        schema["x-precision"] = precision;
        if (type == "number") schema["x-scale"] = field.Scale ?? 0;
        return schema;
    }

    /// <summary>One of the values of a picklist; hidden ones are read, not written.</summary>
    private static JsonObject Choice(SchemaField field, bool written) => new()
    {
        ["type"] = "string",
        ["enum"] = Names((field.Values ?? []).Where(value => !written || !value.Hidden).Select(value => value.Value)),
    };

    /// <summary>The id of a record of one of some objects.</summary>
    private JsonObject IdOf(IReadOnlyList<string> objects, bool written)
    {
        var prefixes = objects.Select(shape.PrefixOf).ToList();
        var prefix = written && prefixes.Count > 0 && !prefixes.Contains(null)
            ? $"({string.Join('|', prefixes)})" : "[0-9A-Za-z]{3}";
        return new JsonObject
        {
            ["type"] = "string",
            ["pattern"] = $"^{prefix}[0-9A-Za-z]{{12}}[A-Z0-5]{{3}}$",
            ["x-references"] = Names(objects),
        };
    }

    private static JsonObject Nullable(JsonObject schema)
    {
        if (schema["type"] is not JsonValue type) return schema; // any JSON: null as well
        schema["type"] = new JsonArray(type.DeepClone(), "null");
        if (schema["enum"] is JsonArray values) values.Add((JsonNode?)null);
        return schema;
    }

    private static JsonObject ReadOnly(JsonObject schema)
    {
        schema["readOnly"] = true;
        return schema;
    }

    private static JsonArray Names(IEnumerable<string> names) =>
        new([.. names.Select(name => (JsonNode)JsonValue.Create(name)!)]);
}
