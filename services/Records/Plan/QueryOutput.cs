using Xingchen.Records.Request;
using Xingchen.Schema;

namespace Xingchen.Records.Plan;

/// <summary>Builds what a record of the answer looks like from what was selected, in the order in which it was
/// written.</summary>
internal sealed class QueryOutput(QueryFindings findings)
{
    private readonly Node root = new("");
    private int unnamed;

    /// <summary>A value under its alias, or under <c>expr0</c>, <c>expr1</c>, … in order.</summary>
    public void Add(QueryName? alias, QueryValue value, int position) =>
        Add(root, new QueryName(alias?.Text ?? $"expr{unnamed++}", alias?.Position ?? position), value);

    /// <summary>A field, nested as its path is.</summary>
    /// <param name="presence">Per parent of the path the source that tells whether it is there; null where rows are
    /// groups.</param>
    public void Add(IReadOnlyList<QueryName> path, QueryValue value, Func<int, QuerySource?> presence)
    {
        var node = root;
        for (var i = 0; i < path.Count - 1; i++)
        {
            node = node.Members.Find(member => member.Name == path[i].Text) ?? node.Append(path[i].Text);
            node.Presence ??= presence(i + 1);
        }
        Add(node, path[^1], value);
    }

    public void Add(QueryName name, SelectPlan children)
    {
        if (Taken(root, name)) return;
        root.Append(name.Text).Children = children;
    }

    public IReadOnlyList<OutputNode> Build() => [.. root.Members.Select(Build)];

    private void Add(Node parent, QueryName name, QueryValue value)
    {
        // A reference may be selected beside fields of what it refers to: it is then the id among them.
        if (parent.Members.Find(member => member.Name == name.Text) is { Value: null, Children: null } nested
            && value.Kind == ValueKind.Id)
            nested.Value = value;
        else if (!Taken(parent, name))
            parent.Append(name.Text).Value = value;
    }

    private bool Taken(Node parent, QueryName name)
    {
        if (!parent.Members.Exists(member => member.Name == name.Text)) return false;
        findings.Add("name-taken", name.Position, $"{name.Text} is selected twice. Give one of them another name "
            + $"with AS.");
        return true;
    }

    private static OutputNode Build(Node node)
    {
        if (node.Children is { } children) return new OutputChildren(node.Name, children);
        if (node.Members.Count == 0) return new OutputLeaf(node.Name, node.Value!);
        var members = node.Members.Select(Build).ToList();
        if (node.Value is { } id && !members.Exists(member => member.Name == "id")) members.Insert(0,
            new OutputLeaf("id", id));
        return new OutputParent(node.Name, node.Presence, members);
    }

    private sealed class Node(string name)
    {
        public string Name { get; } = name;

        public QueryValue? Value { get; set; }

        public QuerySource? Presence { get; set; }

        public SelectPlan? Children { get; set; }

        public List<Node> Members { get; } = [];

        public Node Append(string member)
        {
            var added = new Node(member);
            Members.Add(added);
            return added;
        }
    }
}
