using Xingchen.Schema.Definitions;

namespace Xingchen.Schema.Expressions;

/// <summary>A way from an object over references to a field, such as <c>customer.region.name</c>.</summary>
/// <param name="Parents">The reference fields that it goes over; empty for a field of the object itself.</param>
/// <param name="Object">The object that the last name is of.</param>
/// <param name="Field">The field; null where the last name is one of the fields that every record has.</param>
/// <param name="Name">The last name.</param>
public sealed record ExpressionPath(
    IReadOnlyList<SchemaField> Parents, SchemaObject Object, SchemaField? Field, string Name);

/// <summary>Finds fields by path, and moves expressions to records that refer to those they were checked for.</summary>
internal static class ExpressionPaths
{
    /// <summary>Parents that a path may go over at most.</summary>
    public const int MostParents = 5;

    /// <summary>Follows a path.</summary>
    /// <param name="from">The object that it begins at.</param>
    /// <param name="path">Names joined by points.</param>
    /// <param name="wrong">Where there is no such path: why, as one sentence.</param>
    /// <returns>The path, or null.</returns>
    public static ExpressionPath? FindPath(this Schema schema, SchemaObject from, string path, out string? wrong)
    {
        wrong = null;
        var names = path.Split('.');
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
        if (field is not null || DefinitionNames.SystemFields.Contains(last))
            return new ExpressionPath(parents, at, field, last);
        wrong = Missing(at, last);
        return null;
    }

    /// <summary>The same expression, read from a record that leads over <paramref name="parents"/> to the one that it
    /// is of; null where a path becomes too long.</summary>
    public static Expression? Rebase(Expression expression, IReadOnlyList<SchemaField> parents)
    {
        switch (expression)
        {
            case FieldExpression field:
                var path = field.Path with { Parents = [.. parents, .. field.Path.Parents] };
                return path.Parents.Count > MostParents ? null : field with { Path = path };
            case ChildrenExpression children:
                IReadOnlyList<SchemaField> whole = [.. parents, .. children.Parents];
                return whole.Count > MostParents ? null : new ChildrenExpression(
                    whole, children.Relation, children.Child, children.Summary, children.Value, children.Filter,
                    children.Kind, children.Bound);
            case CallExpression call:
                var arguments = call.Arguments.Select(argument => Rebase(argument, parents)).ToList();
                return arguments.Contains(null) ? null
                    : new CallExpression(call.Function, arguments!, call.Kind, call.Bound);
            default:
                return expression;
        }
    }

    private static string Missing(SchemaObject item, string name) =>
        $"{item.Name} has no field \"{LayerReader.Clip(name)}\".";
}
