using Xingchen.Schema.Definitions;

namespace Xingchen.Schema;

/// <summary>A way from an object over references to a field, such as <c>customer.region.name</c>.</summary>
/// <param name="Parents">The reference fields that it goes over; empty for a field of the object itself.</param>
/// <param name="Object">The object that the last name is of.</param>
/// <param name="Field">The field; null where the last name is one of <see cref="FieldPaths.SystemFields"/>.</param>
/// <param name="Name">The last name.</param>
public sealed record FieldPath(IReadOnlyList<SchemaField> Parents, SchemaObject Object, SchemaField? Field,
    string Name);

/// <summary>Finds fields by path.</summary>
public static class FieldPaths
{
    /// <summary>Parents that a path may go over at most.</summary>
    public const int MostParents = 5;

    /// <summary>What every record has by itself: <c>id</c>, <c>object</c>, <c>version</c>, <c>createdAt</c>,
    /// …</summary>
    public static IReadOnlySet<string> SystemFields => DefinitionNames.SystemFields;

    /// <summary>Follows a path.</summary>
    /// <param name="from">The object that it begins at.</param>
    /// <param name="path">Names joined by points.</param>
    /// <param name="wrong">Where there is no such path: why, as one sentence.</param>
    /// <returns>The path, or null.</returns>
    public static FieldPath? FindPath(this Schema schema, SchemaObject from, string path, out string? wrong)
    {
        var names = path.Split('.');
        wrong = names.Length > MostParents + 1 ? $"A path may go over {MostParents} parents at most." : null;
        if (wrong is not null) return null;
        var parents = new List<SchemaField>(names.Length - 1);
        var at = from;
        foreach (var name in names[..^1])
        {
            if (at.Find(name) is not { } step) wrong = Missing(at, name);
            else if (step.References is not { Count: > 0 } targets) wrong = $"\"{name}\" of {at.Name} is no reference.";
            else if (targets.Count > 1)
                wrong = $"\"{name}\" of {at.Name} may refer to {string.Join(", ", targets)}: a path cannot go over it.";
            else if (schema.Find(targets[0]) is not { } target) wrong = Missing(at, name);
            else
            {
                parents.Add(step);
                at = target;
            }
            if (wrong is not null) return null;
        }
        var last = names[^1];
        var field = at.Find(last);
        if (field is not null || SystemFields.Contains(last)) return new FieldPath(parents, at, field, last);
        wrong = Missing(at, last);
        return null;
    }

    private static string Missing(SchemaObject item, string name) =>
        $"{item.Name} has no field \"{LayerReader.Clip(name)}\".";
}
