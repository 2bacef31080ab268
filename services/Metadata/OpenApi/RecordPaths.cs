using System.Text.Json.Nodes;
using Xingchen.Schema;

namespace Xingchen.Metadata.OpenApi;

/// <summary>The addresses of an object's records, with what the caller may do there. Pure.</summary>
/// <remarks>Operation ids are a verb and the object's name, then <c>_history</c> or <c>_by_</c> and a field: valid
/// names of methods, and no two alike, for no definition's name has a single underscore.</remarks>
internal sealed class RecordPaths(CallerShape shape, RecordSchemas schemas)
{
    /// <summary>Each address of one object with its operations.</summary>
    public IEnumerable<(string Path, JsonObject Operations)> Of(SchemaObject item)
    {
        var may = shape.RightsOf(item);
        var records = $"/v1/objects/{item.Name}/records";
        yield return (records, Operations([], ("get", List(item)), ("post", may.Create ? Create(item) : null)));
        yield return (records + "/{id}", Operations(["Id"],
            ("get", Get(item)), ("patch", may.Edit ? Update(item) : null),
            ("delete", may.Delete ? Delete(item) : null)));
        yield return (records + "/{id}/history", Operations(["Id"], ("get", Operation(
            item, "get", "_history", "Every version of a record", ["PageLimit", "Cursor"],
            Answer("200", "Versions, the newest first.", RecordSchemas.Ref("Api_Versions")), [404, 410]))));
        if (may.Delete)
            yield return (records + "/{id}/restore", Operations(["Id"], ("post", Operation(
                item, "restore", "", "Restores a record from the recycle bin", [], Whole("200", item), [404, 409]))));
        if (!may.Create || !may.Edit) yield break;
        foreach (var field in RecordSchemas.Fields(item).Where(field => field is { Unique: true, ReadOnly: false }))
            yield return ($"{records}/by/{field.Name}/{{value}}", Operations([], ("put", Upsert(item, field))));
    }

    private static JsonObject List(SchemaObject item)
    {
        var page = new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray("records", "next"),
            ["properties"] = new JsonObject
            {
                ["records"] = new JsonObject { ["type"] = "array", ["items"] = RecordSchemas.Ref(item.Name) },
                ["next"] = RecordSchemas.Ref("Api_Next"),
                ["count"] = RecordSchemas.Ref("Api_Count"),
            },
        };
        var list = Operation(
            item, "list", "", "Lists records", ["Filter", "OrderBy", "PageLimit", "Cursor", "Count", "AsOf"],
            Answer("200", "A page of records.", page), [400, 422]);
        ((JsonArray)list["parameters"]!).Insert(0, Select(item));
        return list;
    }

    private JsonObject Get(SchemaObject item)
    {
        var answers = Whole("200", item);
        answers["304"] = new JsonObject { ["description"] = "The caller has this version." };
        var get = Operation(item, "get", "", "Reads a record", ["AsOf", "IfNoneMatch"], answers, [400, 404, 410]);
        var parameters = (JsonArray)get["parameters"]!;
        parameters.Insert(0, Select(item));
        var children = item.Children.Where(child => shape.Find(child.Object) is not null).ToList();
        if (children.Count > 0)
            parameters.Insert(1, Names("expand", "Child records to show, whole.", new JsonObject
            {
                ["type"] = "string",
                ["enum"] = new JsonArray([.. children.Select(child => (JsonNode)JsonValue.Create(child.Name)!)]),
            }));
        return get;
    }

    private static JsonObject Create(SchemaObject item)
    {
        var answers = Whole("201", item);
        answers["201"]!["headers"]!["Location"] = new JsonObject { ["$ref"] = "#/components/headers/Location" };
        return Operation(item, "create", "", "Creates a record, with the children in it", [], answers,
            [400, 409, 413, 415, 422], item.Name + "_New");
    }

    private static JsonObject Update(SchemaObject item) => Operation(
        item, "update", "", "Changes a record; null clears (RFC 7396)", ["IfMatch"], Whole("200", item),
        [400, 404, 409, 412, 413, 415, 422], item.Name + "_Change", "application/merge-patch+json");

    private static JsonObject Delete(SchemaObject item) => Operation(
        item, "delete", "", "Moves a record to the recycle bin", ["IfMatch", "Purge"],
        new JsonObject { ["204"] = new JsonObject { ["description"] = "Done." } }, [404, 409, 412]);

    private JsonObject Upsert(SchemaObject item, SchemaField field)
    {
        var answers = Whole("200", item);
        answers["201"] = Whole("201", item)["201"]!.DeepClone();
        var upsert = Operation(item, "upsert", "_by_" + field.Name,
            "Changes the record that has this value, or creates it", ["IfMatch"], answers,
            [400, 409, 412, 413, 415, 422], item.Name + "_Change");
        ((JsonArray)upsert["parameters"]!).Insert(0, new JsonObject
        {
            ["name"] = "value", ["in"] = "path", ["required"] = true,
            ["schema"] = schemas.Value(item, field, written: true),
        });
        return upsert;
    }

    /// <summary>The names of fields to read; <c>id</c> is always among them, so every record that is read has
    /// it.</summary>
    private static JsonObject Select(SchemaObject item)
    {
        var select = Names("select", "The fields to read: id and others. All where it is left out.",
            RecordSchemas.Ref(item.Name + "_Field"));
        select["schema"]!["contains"] = new JsonObject { ["const"] = "id" };
        return select;
    }

    /// <summary>A list with commas: <c>a,b</c>.</summary>
    private static JsonObject Names(string name, string description, JsonObject items) => new()
    {
        ["name"] = name, ["in"] = "query", ["description"] = description, ["style"] = "form", ["explode"] = false,
        ["schema"] = new JsonObject { ["type"] = "array", ["items"] = items, ["minItems"] = 1 },
    };

    /// <summary>A record with its entity tag.</summary>
    private static JsonObject Whole(string status, SchemaObject item)
    {
        var answer = Answer(status, "The record.", RecordSchemas.Ref(item.Name));
        answer[status]!["headers"] = new JsonObject
        {
            ["ETag"] = new JsonObject { ["$ref"] = "#/components/headers/ETag" },
        };
        return answer;
    }

    private static JsonObject Answer(string status, string description, JsonObject schema) => new()
    {
        [status] = new JsonObject
        {
            ["description"] = description,
            ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } },
        },
    };

    private static JsonObject Operation(
        SchemaObject item, string verb, string suffix, string summary, string[] parameters, JsonObject answers,
        int[] problems, string? body = null, string mediaType = "application/json")
    {
        var operation = new JsonObject
        {
            ["operationId"] = verb + item.Name + suffix,
            ["summary"] = summary,
            ["tags"] = new JsonArray(item.Name),
            ["parameters"] = new JsonArray([.. parameters.Select(Parameter)]),
        };
        if (body is not null)
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = new JsonObject
                {
                    [mediaType] = new JsonObject { ["schema"] = RecordSchemas.Ref(body) },
                },
            };
        foreach (var status in problems.Concat([401, 403, 429, 503]).Order())
            answers[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] =
                new JsonObject { ["$ref"] = $"#/components/responses/{status}" };
        operation["responses"] = answers;
        return operation;
    }

    private static JsonObject Operations(string[] parameters, params (string Method, JsonObject? Operation)[] given)
    {
        var operations = new JsonObject();
        if (parameters.Length > 0) operations["parameters"] = new JsonArray([.. parameters.Select(Parameter)]);
        foreach (var (method, operation) in given)
            if (operation is not null) operations[method] = operation;
        return operations;
    }

    private static JsonNode Parameter(string name) => new JsonObject { ["$ref"] = "#/components/parameters/" + name };
}
