using Xingchen.Records.Request;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>The names that one SELECT sees: its object's fields, its parents', its aliases.</summary>
internal sealed class QueryScope
{
    private static readonly Dictionary<string, (SystemField Field, ValueKind Kind)> SystemFields = new()
    {
        ["id"] = (SystemField.Id, ValueKind.Id),
        ["object"] = (SystemField.Object, ValueKind.Text),
        ["version"] = (SystemField.Version, ValueKind.Number),
        ["createdAt"] = (SystemField.CreatedAt, ValueKind.DateTime),
        ["createdBy"] = (SystemField.CreatedBy, ValueKind.Text),
        ["modifiedAt"] = (SystemField.ModifiedAt, ValueKind.DateTime),
        ["modifiedBy"] = (SystemField.ModifiedBy, ValueKind.Text),
    };

    private readonly QueryPlanning planning;
    private readonly List<QuerySource> joins = [];
    private readonly Dictionary<string, QueryValue> aliases = [];
    private readonly Dictionary<(QuerySource, string), PolymorphicValue> shared = [];
    private readonly Dictionary<(QuerySource, SchemaField), QueryValue> computed = [];

    public QueryScope(QueryPlanning planning, SchemaObject root)
    {
        this.planning = planning;
        Root = planning.Source([root], null, null);
    }

    /// <summary>The scope of what is asked of a source of another.</summary>
    public QueryScope(QueryPlanning planning, QuerySource root) => (this.planning, Root) = (planning, root);

    public QuerySource Root { get; }

    /// <summary>The parents that were reached so far, each after the source that leads to it.</summary>
    public IReadOnlyList<QuerySource> Joins => joins;

    /// <summary>The values that have a name of their own in the answer.</summary>
    public IDictionary<string, QueryValue> Aliases => aliases;

    /// <summary>Whether every record has a field of this name by itself.</summary>
    public static bool IsSystem(string name) => SystemFields.ContainsKey(name);

    /// <summary>The value of a path, or null after a finding.</summary>
    public QueryValue? Resolve(PathNode path)
    {
        var names = path.Names;
        // <object>.field, as many are used to write it
        var first = names.Count > 1 && names[0].Text == Root.Object.Name && Root.Object.Find(names[0].Text) is null ? 1
            : 0;
        var source = Root;
        for (var i = first; i < names.Count - 1; i++)
        {
            if (Parent(source, names[i]) is not { } parent) return null;
            source = parent;
        }
        return Field(source, names[^1]);
    }

    /// <summary>The joined sources along a path, as far as it leads; not those of expressions.</summary>
    public QuerySource? Along(PathNode path, int parents)
    {
        var source = Root;
        for (var i = 0; i < parents && source is not null; i++)
        {
            var via = source.Object.Find(path.Names[i].Text);
            source = joins.Find(join => join.Child == source && ReferenceEquals(join.Via, via));
        }
        return source;
    }

    /// <summary>A whole record: what every record has, then its fields in their order.</summary>
    public List<OutputNode> Whole() =>
    [
        .. SystemFields.Select(field => new OutputLeaf(field.Key,
            new SystemValue(Root, field.Value.Field, field.Value.Kind))),
        .. Root.Object.Fields.Select(field => new OutputLeaf(field.Name, Value(Root, field))),
    ];

    /// <summary>A field of a source: what is stored, or what computes it. The same value for the same field.</summary>
    public QueryValue Value(QuerySource source, SchemaField field)
    {
        if (!field.IsComputed) return new FieldValue(source, field, ValueKinds.Of(field.Type));
        if (computed.TryGetValue((source, field), out var known)) return known;
        return computed[(source, field)] = planning.Schema.Computed.Find(source.Object, field) is { } expression
            ? new ExpressionBinder(planning, this).Value(expression, source)
            : new NullValue(field.Result is { } result ? ValueKinds.Of(result) : ValueKind.Number);
    }

    /// <summary>The parent that a reference of a source leads to: one join for all that ask.</summary>
    /// <returns>Null after a finding.</returns>
    public QuerySource? Join(QuerySource source, SchemaField reference, int position = 0)
    {
        // Whose field it is decides what is seen of the parent: an expression's is of the whole schema.
        if (joins.Find(join => join.Child == source && ReferenceEquals(join.Via, reference)) is { } known) return known;
        var seen = planning.Schema.Find(source.Object.Name);
        var visible = ReferenceEquals(seen, source.Object) && ReferenceEquals(seen.Find(reference.Name), reference)
            ? planning.Schema : planning.Schema.Whole;
        var objects = (reference.References ?? []).Select(visible.Find).OfType<SchemaObject>().ToList();
        var name = new QueryName(reference.Name, position);
        if (objects.Count == 0)
        {
            Refuse("object-unknown", name, $"No object that {name.Text} refers to is there.");
            return null;
        }
        if (planning.Sources > QueryLimits.Joins)
        {
            Refuse("query-too-large", name, $"A query reaches at most {QueryLimits.Joins} objects and parents.");
            return null;
        }
        var parent = planning.Source(objects, source, reference);
        joins.Add(parent);
        return parent;
    }

    /// <summary>One of the fields that every record has.</summary>
    public static SystemValue System(QuerySource source, string name) =>
        new(source, SystemFields[name].Field, SystemFields[name].Kind);

    private QueryValue? Field(QuerySource source, QueryName name)
    {
        if (SystemFields.ContainsKey(name.Text)) return System(source, name.Text);
        if (source.Objects.Count > 1) return Shared(source, name);
        if (source.Object.Find(name.Text) is not { } field)
        {
            Unknown(source.Object, name);
            return null;
        }
        return Value(source, field);
    }

    /// <summary>A field behind a reference to several objects: all of them must have it, and alike.</summary>
    private PolymorphicValue? Shared(QuerySource source, QueryName name)
    {
        if (shared.TryGetValue((source, name.Text), out var known)) return known;
        if (PolymorphicFields.Find(source.Via!, source.Objects, name.Text, out var wrong) is not { } fields)
            return Refuse(PolymorphicFields.Code, name, wrong!) as PolymorphicValue;
        if (fields.Any(field => field.IsComputed))
            return Refuse("field-not-queryable", name,
                $"{name.Text} is computed, and can only be asked of one object.") as PolymorphicValue;
        var value = new PolymorphicValue(source, fields, ValueKinds.Of(fields[0].Type));
        return shared[(source, name.Text)] = value;
    }

    private QuerySource? Parent(QuerySource source, QueryName name)
    {
        if (source.Objects.Count > 1)
        {
            Refuse(PolymorphicFields.Code, name, PolymorphicFields.NotFollowed(source.Via!, source.Objects));
            return null;
        }
        if (source.Object.Find(name.Text) is not { } field)
        {
            Unknown(source.Object, name);
            return null;
        }
        if (field.Type is not (FieldType.Reference or FieldType.MasterDetail)
            || field.References is not { Count: > 0 })
        {
            Refuse("not-a-reference", name, $"{name.Text} refers to no record, so nothing can follow it.");
            return null;
        }
        return Join(source, field, name.Position);
    }

    private QueryValue? Refuse(string code, QueryName name, string detail)
    {
        planning.Findings.Add(code, name.Position, detail);
        return null;
    }

    private void Unknown(SchemaObject owner, QueryName name) => planning.Findings.Add("field-unknown", name.Position,
        $"{owner.Name} has no field "
            + Shown(name.Text) + "."
            + QueryNames.Hint(name.Text, owner.Fields.Select(field => field.Name).Concat(SystemFields.Keys)));

    internal static string Shown(string name) => name.Length > 100 ? name[..100] + "…" : name;
}
