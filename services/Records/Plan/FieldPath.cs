using Xingchen.Records.Request;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>A way from an object over references to a field, such as <c>customer.region.name</c>.</summary>
/// <param name="Parents">The reference fields that it goes over, each with the objects that it leads to; empty for a
/// field of the object itself.</param>
/// <param name="Fields">The field, of each object that the last name is of; null where it is one of the fields that
/// every record has.</param>
/// <param name="Name">The last name.</param>
internal sealed record FieldPath(
    IReadOnlyList<(SchemaField Field, IReadOnlyList<SchemaObject> Objects)> Parents,
    IReadOnlyList<SchemaField>? Fields, string Name)
{
    /// <summary>Follows a path.</summary>
    /// <param name="from">The object that it begins at.</param>
    /// <param name="path">Names joined by points.</param>
    /// <param name="wrong">Where there is no such path: why.</param>
    public static FieldPath? Find(Schema.Schema schema, SchemaObject from, string path, out Finding? wrong)
    {
        var names = path.Split('.');
        wrong = names.Length > QueryLimits.ParentLevels + 1
            ? new Finding("path-too-long", $"A path may go over {QueryLimits.ParentLevels} parents at most.") : null;
        if (wrong is not null) return null;
        var parents = new List<(SchemaField Field, IReadOnlyList<SchemaObject> Objects)>(names.Length - 1);
        IReadOnlyList<SchemaObject> at = [from];
        foreach (var name in names[..^1])
        {
            if (at.Count > 1)
                wrong = new Finding(PolymorphicFields.Code, PolymorphicFields.NotFollowed(parents[^1].Field, at));
            else if (at[0].Find(name) is not { } step) wrong = Missing(at[0], name);
            else if (step.References is not { Count: > 0 } targets)
                wrong = new Finding("not-a-reference", $"{Shown(name)} refers to no record, so nothing can follow it.");
            else if (targets.Select(schema.Find).OfType<SchemaObject>().ToList() is not { Count: > 0 } objects)
                wrong = new Finding("object-unknown", $"No object that {Shown(name)} refers to is there.");
            else
            {
                parents.Add((step, objects));
                at = objects;
            }
            if (wrong is not null) return null;
        }
        var last = names[^1];
        if (QueryScope.IsSystem(last)) return new FieldPath(parents, null, last);
        if (at.Count == 1 && at[0].Find(last) is { } field) return new FieldPath(parents, [field], last);
        if (at.Count == 1) wrong = Missing(at[0], last);
        else if (PolymorphicFields.Find(parents[^1].Field, at, last, out var why) is { } shared)
            return new FieldPath(parents, shared, last);
        else wrong = new Finding(PolymorphicFields.Code, why!);
        return null;
    }

    private static Finding Missing(SchemaObject item, string name) =>
        new("unknown-field", $"{item.Name} has no field \"{Shown(name)}\".");

    private static string Shown(string name) => QueryScope.Shown(name);
}

/// <summary>What is behind a reference to several objects: the fields that each of them has, alike.</summary>
internal static class PolymorphicFields
{
    /// <summary>The finding where there is no such thing.</summary>
    public const string Code = "reference-polymorphic";

    /// <param name="via">The reference.</param>
    /// <param name="objects">What it may refer to.</param>
    /// <param name="name">Of the field.</param>
    /// <param name="wrong">Where they do not share it: why.</param>
    /// <returns>The field of each object, in their order; or null.</returns>
    public static IReadOnlyList<SchemaField>? Find(
        SchemaField via, IReadOnlyList<SchemaObject> objects, string name, out string? wrong)
    {
        wrong = null;
        var fields = objects.Select(target => target.Find(name)).OfType<SchemaField>().ToList();
        if (fields.Count < objects.Count)
        {
            var lacking = objects.First(target => target.Find(name) is null);
            wrong = $"{Of(via, objects)}, and {lacking.Name} has no field {QueryScope.Shown(name)}.";
        }
        else if (fields.Exists(field => ValueKinds.Of(field.Type) != ValueKinds.Of(fields[0].Type)))
        {
            wrong = $"{Of(via, objects)}, whose {name} are not of one type.";
        }
        return wrong is null ? fields : null;
    }

    public static string NotFollowed(SchemaField via, IReadOnlyList<SchemaObject> objects) =>
        $"{Of(via, objects)}: their own fields can be asked, but not followed.";

    private static string Of(SchemaField via, IReadOnlyList<SchemaObject> objects) =>
        $"{via.Name} may refer to records of {string.Join(" or ", objects.Select(found => found.Name))}";
}
