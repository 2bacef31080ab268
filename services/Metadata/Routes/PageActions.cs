using System.Text.Json.Nodes;
using Xingchen.Schema;
using Xingchen.Schema.Expressions;

namespace Xingchen.Metadata.Routes;

/// <summary>What a caller can do on a page, each with the request that does it. Pure.</summary>
/// <remarks>Every list has <c>create</c>, every form <c>edit</c> and <c>delete</c>; an action of that name in the
/// definition changes it. What the caller may not do is left out.</remarks>
internal sealed class PageActions(Schema.Schema schema, string language)
{
    private static readonly Dictionary<string, Label> Names = new()
    {
        ["create"] = Named("New", "新建"), ["edit"] = Named("Edit", "编辑"), ["delete"] = Named("Delete", "删除"),
    };

    private static Label Named(string english, string chinese) =>
        new(new Dictionary<string, string> { ["en"] = english, ["zh-CN"] = chinese });

    public IReadOnlyList<ActionDescription> Of(SchemaObject about, string page, IReadOnlyList<ResolvedItem> defined)
    {
        string[] always = page == "list" ? ["create"] : ["edit", "delete"];
        var found = always.Where(name => defined.All(action => action.Key != name))
            .Select(name => Make(about, name, name, Describe.Text(Names[name], language), null))
            .Concat(defined.Where(action => !action.Flag("hidden")).Select(action => Make(about, action.Key,
                action.Text("type")!, Describe.Text(action, language) ?? Name(action), action)));
        return [.. found.OfType<ActionDescription>()];
    }

    /// <summary>Whether the caller sees all that a condition on a record reads: to whom it would tell more than he may
    /// know, what hangs on it is not shown.</summary>
    public static bool IsKnown(Schema.Schema schema, SchemaObject about, string? condition) => condition is null
        || ExpressionChecker.CheckCondition(condition, schema, about, ExpressionPlace.Record, out _) is not null;

    private string Name(ResolvedItem action) => Names.TryGetValue(action.Text("type")!, out var name)
        ? Describe.Text(name, language) : action.Key;

    private ActionDescription? Make(SchemaObject about, string name, string type, string label, ResolvedItem? action)
    {
        var condition = action?.Text("visibleIf");
        if (!IsKnown(schema, about, condition)) return null;
        return type switch
        {
            "create" => Create(about, name, label, condition, action),
            "set" => Set(about, name, label, condition, action!),
            "delete" => !May(about, RecordRight.Delete) ? null
                : new ActionDescription(name, label, type, "DELETE", "/v1/records/{id}", null, condition),
            _ => !May(about, RecordRight.Edit) ? null
                : new ActionDescription(name, label, type, "PATCH", "/v1/records/{id}", null, condition),
        };
    }

    private ActionDescription? Create(
        SchemaObject about, string name, string label, string? condition, ResolvedItem? action)
    {
        var other = action?.Text("object") is { } named ? schema.Find(named) : about;
        if (other is null || !May(other, RecordRight.Create)) return null;
        var field = action?.Text("field");
        if (field is not null && !Edits(other, field)) return null;
        return new ActionDescription(name, label, "create", "POST", $"/v1/objects/{other.Name}/records",
            field is null ? null : new JsonObject { [field] = "{id}" }, condition);
    }

    private ActionDescription? Set(
        SchemaObject about, string name, string label, string? condition, ResolvedItem action)
    {
        return action.Value("values") is { } given && JsonObject.Create(given) is { } values
            && May(about, RecordRight.Edit) && values.All(value => Edits(about, value.Key))
            ? new ActionDescription(name, label, "set", "PATCH", "/v1/records/{id}", values, condition) : null;
    }

    private bool May(SchemaObject item, RecordRight right) => schema.Caller?.View.Of(item.Name).May(right) != false;

    private bool Edits(SchemaObject item, string field) => item.Find(field) is { ReadOnly: false };
}
