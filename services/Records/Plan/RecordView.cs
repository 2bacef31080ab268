using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>A parent that a view reaches.</summary>
/// <param name="Number">From 1: its place among the joined records.</param>
/// <param name="From">The record that refers to it; 0 is the record itself.</param>
/// <param name="Field">The reference.</param>
internal sealed record ViewParent(int Number, int From, SchemaField Field);

/// <summary>A member of the answer.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Ordinals">Of the field, in each layout of the node; empty for what every record has by itself.</param>
/// <param name="Node">What to show of a parent; null for a value.</param>
internal sealed record ViewMember(string Name, int[] Ordinals, ViewNode? Node);

/// <summary>What to show of one record. No members: all of it.</summary>
/// <param name="Number">Its place among the joined records; 0 is the record itself.</param>
/// <param name="Layouts">Of what may stand there: several only behind a reference that may point to several.</param>
internal sealed record ViewNode(int Number, IReadOnlyList<ObjectLayout> Layouts, List<ViewMember> Members)
{
    /// <summary>The only layout, or the first.</summary>
    public ObjectLayout Layout => Layouts[0];

    /// <summary>Ordinals of the computed fields that are shown. Behind a reference to several objects there are
    /// none.</summary>
    public IReadOnlyList<int> Computed => Layouts.Count > 1 || Layout.Computed.Length == 0 ? []
        : Members.Count == 0 ? Layout.Computed
        : [.. Members.SelectMany(member => member.Ordinals).Where(Layout.Computed.Contains)];

    /// <summary>Which of the layouts a record has; -1 where the reference does not lead to its object.</summary>
    public int LayoutOf(long id)
    {
        if (Layouts.Count == 1) return 0;
        var prefix = new RecordId(id).Prefix.Value;
        for (var i = 0; i < Layouts.Count; i++)
            if (Layouts[i].Prefix == prefix) return i;
        return -1;
    }
}

/// <summary>What a caller wants to see of a record: <c>select</c> and <c>expand</c>.</summary>
internal sealed class RecordView
{
    private const int MostPaths = 200;

    private readonly List<ViewParent> parents = [];
    private readonly List<ChildRelation> children = [];
    private readonly Dictionary<string, ObjectLayout> childLayouts = [];

    private RecordView(ObjectLayout layout) => Root = new ViewNode(0, [layout], []);

    public ViewNode Root { get; }

    public IReadOnlyList<ViewParent> Parents => parents;

    /// <summary>Child relationships to show, whole.</summary>
    public IReadOnlyList<ChildRelation> Children => children;

    /// <summary>The objects of the record and of the parents that it reaches.</summary>
    public IEnumerable<ObjectLayout> Layouts => Nodes.SelectMany(node => node.Layouts);

    /// <summary>The record, then the parents that it reaches.</summary>
    public IEnumerable<ViewNode> Nodes => NodesOf(Root);

    /// <summary>Whether it shows a computed field.</summary>
    public bool IsComputed =>
        (parents.Count == 0 ? Root.Computed.Count > 0 : Nodes.Any(node => node.Computed.Count > 0))
        || children.Exists(child => LayoutOf(child).Computed.Length > 0);

    /// <summary>Whether the record's version alone tells what is shown.</summary>
    public bool IsOwn => parents.Count == 0 && children.Count == 0;

    public ObjectLayout LayoutOf(ChildRelation relation) => childLayouts[relation.Name];

    /// <summary>Whose record a parent may be.</summary>
    public IReadOnlyList<SchemaObject> ObjectsOf(ViewParent parent) =>
        [.. Nodes.First(node => node.Number == parent.Number).Layouts.Select(layout => layout.Object)];

    public static RecordView Whole(SchemaObject item) => new(ObjectLayout.Of(item));

    /// <exception cref="ProblemException"><c>request-invalid</c>: names that are none, all of them.</exception>
    public static RecordView Parse(Schema.Schema schema, SchemaObject item, string? select, string? expand)
    {
        var view = new RecordView(ObjectLayout.Of(item));
        var findings = new List<Finding>();
        foreach (var path in Split(select))
        {
            if (FieldPath.Find(schema, item, path, out var wrong) is { } found) view.Add(path, found);
            else findings.Add(wrong! with { Detail = "select: " + wrong.Detail });
        }
        foreach (var name in Split(expand))
        {
            if (item.Children.FirstOrDefault(child => child.Name == name) is { } child)
            {
                view.children.Add(child);
                view.childLayouts[child.Name] = ObjectLayout.Of(schema.Find(child.Object)!);
            }
            else findings.Add(
                new Finding("unknown-relationship", $"expand: {item.Name} has no child records of this name."));
        }
        return findings.Count == 0
            ? view
            : throw new ProblemException(Problems.RequestInvalid, "Mend what errors lists.", findings);
    }

    private static IEnumerable<ViewNode> NodesOf(ViewNode node) =>
        node.Members.Where(member => member.Node is not null).SelectMany(member => NodesOf(member.Node!)).Prepend(node);

    private static string[] Split(string? list)
    {
        if (list is null) return [];
        var parts = list.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length <= MostPaths
            ? [.. parts.Distinct()]
            : throw new ProblemException(Problems.RequestInvalid, $"At most {MostPaths} names in a list.");
    }

    private void Add(string path, FieldPath found)
    {
        var names = path.Split('.');
        var node = Root;
        foreach (var (index, (field, objects)) in found.Parents.Index())
        {
            var at = node.Members.FindIndex(member => member.Name == names[index] && member.Node is not null);
            if (at < 0)
            {
                var parent = new ViewParent(parents.Count + 1, node.Number, field);
                parents.Add(parent);
                var child = new ViewNode(parent.Number, [.. objects.Select(ObjectLayout.Of)], []);
                // A reference that was asked for as well is then the id among its fields.
                var plain = node.Members.FindIndex(member => member.Name == names[index]);
                if (plain >= 0)
                {
                    node.Members.RemoveAt(plain);
                    child.Members.Add(new ViewMember("id", [], null));
                }
                node.Members.Add(new ViewMember(names[index], [], child));
                at = node.Members.Count - 1;
            }
            node = node.Members[at].Node!;
        }
        if (node.Members.Find(member => member.Name == found.Name) is { Node: { } nested })
        {
            if (!nested.Members.Exists(member => member.Name == "id")) nested.Members.Insert(
                0, new ViewMember("id", [], null));
        }
        else if (!node.Members.Exists(member => member.Name == found.Name))
        {
            node.Members.Add(new ViewMember(found.Name, found.Fields is null ? []
                : [.. node.Layouts.Select(layout => layout.Find(found.Name))], null));
        }
    }
}
